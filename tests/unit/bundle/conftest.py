"""Agents made on the spot, and the way from a folder to a bundle, without anything of this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from holodeck_tui.bundle.bundle import Bundle
from holodeck_tui.bundle.collect import collect
from holodeck_tui.config.resolve import Settings, load_settings
from holodeck_tui.core.context import Context

FIXTURES = Path(__file__).parents[2] / "fixtures" / "agents"

HEAD = """\
name: made-up
model: {provider: openai, name: gpt-4o-mini}
"""

Load = Callable[..., Settings]
Make = Callable[..., Path]
Bundles = Callable[..., Bundle]


@pytest.fixture
def load(tmp_path_factory: pytest.TempPathFactory) -> Load:
    """Settings of an agent file, seen from an empty folder, with an empty home."""
    empty = tmp_path_factory.mktemp("elsewhere")

    def _load(agent: Path, environ: Mapping[str, str] | None = None, **options: Any) -> Settings:
        given = {"cwd": empty, "home": empty, "need_target": False, "missing": "warning", **options}
        return load_settings(agent, environ=environ or {}, **given)

    return _load


@pytest.fixture
def bundle_of(load: Load) -> Bundles:
    """The bundle of an agent file."""

    def _bundle(agent: Path, environ: Mapping[str, str] | None = None, **options: Any) -> Bundle:
        return collect(load(agent, environ, **options), Context())

    return _bundle


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """An agent with these files; its YAML is a head that every agent has and the text given."""

    def _make(
        text: str = "instructions: {inline: Hi.}\n",
        files: Mapping[str, str | bytes] | None = None,
        *,
        head: str = HEAD,
    ) -> Path:
        folder = tmp_path / "agent"
        folder.mkdir(exist_ok=True)
        for name, content in {"agent.yaml": head + text, **(files or {})}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return folder / "agent.yaml"

    return _make


def paths(bundle: Bundle) -> list[str]:
    return [file.path for file in bundle.files]


def vectorstore(source: str) -> str:
    """YAML of an agent with one data folder."""
    tool = f"name: data, description: d, type: vectorstore, source: '{source}'"
    return f"instructions: {{inline: Hi.}}\ntools:\n  - {{{tool}, database: {{provider: in-memory}}}}\n"

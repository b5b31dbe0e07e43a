"""Agents on disk and what becomes of them, for the image's rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from holodeck_tui.bundle.bundle import Bundle, BundleFile, content_hash
from holodeck_tui.config.resolve import Settings, load_settings
from holodeck_tui.image.plan import BaseImage

AGENT = """\
name: {name}
model: {{provider: ollama, name: llama3.2}}
instructions: {{inline: Be kind.}}
{more}"""
DEPLOYMENT = """\
deployment:
  registry: {{url: registry.test, repository: team/agent{registry}}}
  target:
    provider: gcp
    gcp: {{project_id: my-project}}
"""


def bundle_of(**files: bytes) -> Bundle:
    """A bundle of these files, ``__`` for ``/`` and ``_dot_`` for ``.`` in names."""
    made = [
        BundleFile.of(name.replace("__", "/").replace("_dot_", "."), content)
        for name, content in {"agent_dot_yaml": b"name: a\n", **files}.items()
    ]
    made.sort(key=lambda file: file.path)
    return Bundle(tuple(made), content_hash(made))


BASE = BaseImage("base:1", digest=f"sha256:{'a' * 64}")


@pytest.fixture
def settings_of(tmp_path: Path) -> Callable[..., Settings]:
    """Settings of an agent written to disk; ``registry`` is more text inside ``registry:``."""

    def make(
        *,
        name: str = "ticket-routing",
        more: str = "",
        registry: str | None = None,
        target: str | None = None,
        folder: Path = tmp_path,
        overrides: Mapping[str, Any] = {},
    ) -> Settings:
        import json

        text = AGENT.format(name=json.dumps(name), more=more)
        if registry is not None:
            text += DEPLOYMENT.format(registry=f", {registry}" if registry else "")
        path = folder / "agent.yaml"
        path.write_text(text, encoding="utf-8")
        chosen = target or ("local" if registry is None else None)
        return load_settings(
            path, target=chosen, environ={}, cwd=folder, home=folder / "no-home", overrides=overrides
        )

    return make

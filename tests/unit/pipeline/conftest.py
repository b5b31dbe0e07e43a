from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from holodeck_tui.config.resolve import Settings, load_settings
from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.context import Context
from holodeck_tui.core.redact import Redactor
from holodeck_tui.deployers import catalog
from tests.unit.pipeline.thread_deployer import ThreadDeployer, World

AGENT = """\
name: greeter
model: {provider: ollama, name: llama3}
instructions: {file: prompt.md}
"""


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """What the tests' own target has; it stands in the place of ``local``."""
    made = World()
    monkeypatch.setattr(ThreadDeployer, "world", made, raising=False)
    monkeypatch.setitem(catalog.OURS, "local", "tests.unit.pipeline.thread_deployer:ThreadDeployer")
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "agent"
    made.mkdir()
    (made / "agent.yaml").write_text(AGENT)
    (made / "prompt.md").write_text("Be kind.\n")
    (made / "deploy.yaml").write_text("health: {timeout: 0.5}\n")
    return made


@pytest.fixture
def environ() -> dict[str, str]:
    return {"ANTHROPIC_API_KEY": "canary-key-123456", "PATH": os.environ["PATH"]}


@pytest.fixture
def load(folder: Path, environ: dict[str, str], sealed_home: Path) -> Callable[..., Settings]:
    def settings(**given: str) -> Settings:
        given.setdefault("target", "local")
        return load_settings(folder / "agent.yaml", environ=environ, cwd=folder, home=sealed_home, **given)

    return settings


@pytest.fixture
def events() -> list:
    return []


@pytest.fixture
def ctx(events: list, environ: dict[str, str]) -> Context:
    return Context(emit=events.append, cancel=CancelToken(), redactor=Redactor(), environ=environ)

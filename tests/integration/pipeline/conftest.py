from __future__ import annotations

import io
import os
import subprocess
import tarfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from holodeck_tui.config.resolve import Settings, load_settings
from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.context import Context
from holodeck_tui.core.redact import Redactor
from tests.registry import registry_process


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real registry of this session's own; its host and port."""
    with registry_process(tmp_path_factory.mktemp("registry")) as started:
        yield started.host


@pytest.fixture(scope="session")
def small_base(registry: str) -> Iterator[str]:
    """A base of one small file, in the engine and in the registry."""
    name = f"{registry}/base-{uuid.uuid4().hex[:8]}:1"
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        entry = tarfile.TarInfo("etc/marker")
        entry.size = 5
        archive.addfile(entry, io.BytesIO(b"base\n"))
    subprocess.run(["docker", "import", "-", name], input=made.getvalue(), check=True, capture_output=True)
    subprocess.run(["docker", "push", name], check=True, capture_output=True)
    yield name
    subprocess.run(["docker", "rmi", "-f", name], capture_output=True, check=False)


@pytest.fixture
def environ() -> dict[str, str]:
    return {"ANTHROPIC_API_KEY": "canary-key-123456", "PATH": os.environ["PATH"]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "agent"
    made.mkdir()
    (made / "prompt.md").write_text("Be kind.\n")
    return made


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

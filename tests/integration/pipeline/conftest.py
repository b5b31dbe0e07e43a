from __future__ import annotations

import io
import os
import socket
import subprocess
import tarfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from holodeck_tui.config.resolve import Settings, load_settings
from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.context import Context
from holodeck_tui.core.redact import Redactor
from tests.parts import registry_program

REGISTRY = """\
version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {folder}}}, delete: {{enabled: true}}}}
http: {{addr: 127.0.0.1:{port}}}
"""


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real registry of this session's own; its host and port."""
    program = registry_program()
    folder = tmp_path_factory.mktemp("registry")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "config.yml").write_text(REGISTRY.format(folder=folder / "data", port=port))
    process = subprocess.Popen(
        [program, "serve", str(folder / "config.yml")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield f"127.0.0.1:{port}"
    process.terminate()
    process.wait(60)


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

"""Debian's docker-registry, as a process of this machine."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.parts import registry_program
from tests.ports import free_port


@dataclass(frozen=True)
class RegistryProcess:
    """A running docker-registry and where it keeps its files."""

    host: str
    folder: Path

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def requests(self, *methods: str) -> list[str]:
        """The lines of the access log with one of ``methods``."""
        return [line for line in self.log.splitlines() if any(f'"{m} /v2/' in line for m in methods)]


@contextmanager
def registry_process(
    folder: Path, *, login: tuple[str, str] | None = None, config: str = "", data: Path | None = None
) -> Iterator[RegistryProcess]:
    """Run one with deleting allowed; ``login`` is who may enter, ``data`` where another one keeps its blobs."""
    program = registry_program()
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    auth = ""
    if login:
        import bcrypt

        user, password = login
        hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()
        (folder / "htpasswd").write_text(f"{user}:{hashed}\n")
        auth = f"auth: {{htpasswd: {{realm: tests, path: {folder}/htpasswd}}}}\n"
    (folder / "config.yml").write_text(
        "version: 0.1\nlog: {level: warn}\n"
        f"storage: {{filesystem: {{rootdirectory: {data or folder / 'data'}}}, delete: {{enabled: true}}}}\n"
        f"http: {{addr: '127.0.0.1:{port}'}}\n{auth}{config}"
    )
    registry = RegistryProcess(f"127.0.0.1:{port}", folder)
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([program, "serve", str(folder / "config.yml")], stdout=log, stderr=log)
    try:
        _wait(registry, process)
        yield registry
    finally:
        process.terminate()
        process.wait(60)


def _wait(registry: RegistryProcess, process: subprocess.Popen[bytes]) -> None:
    for _ in range(400):
        assert process.poll() is None, registry.log
        with suppress(httpx.TransportError):
            httpx.get(f"http://{registry.host}/v2/", trust_env=False)
            return
        time.sleep(0.05)
    raise AssertionError(f"{registry.host} does not answer: {registry.log}")

"""Where this user's services on this machine are remembered, whatever folder a command runs in."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.redact import sanitize
from holodeck_tui.core.values import ServiceRef
from holodeck_tui.deployers.local_process_files import read_json, write_json


class LocalHome:
    """``<user state>/holodeck-deploy-tui/local``: locks, the fingerprint key, process folders."""

    def __init__(self, root: Path | None = None) -> None:
        self._root = root

    @property
    def root(self) -> Path:
        """The folder; it may not exist yet."""
        if self._root is None:
            from platformdirs import user_state_path

            self._root = user_state_path("holodeck-deploy-tui", appauthor=False) / "local"
        return self._root

    @contextlib.contextmanager
    def locked(self, service: str) -> Iterator[None]:
        """One change of a service at a time, from whatever folder. Raises ``locked``."""
        from filelock import FileLock, Timeout

        folder = self.root / "locks"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock(str(folder / f"{service}.lock"), thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise DeploymentError(
                "locked",
                f"{service} is being changed by another run.",
                reason="its lock is held, perhaps from another folder with an agent of the same name",
                remedy="Wait until it has ended and run the command again.",
            ) from None
        try:
            yield
        finally:
            lock.release()

    def remember(self, ref: ServiceRef, port: int | None) -> None:
        """Note a service that an engine runs, to name it when the engine does not answer."""
        folder = self.root / "docker"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        facts = {"agent": ref.agent, "environment": ref.environment, "port": port}
        path = folder / f"{ref.name}.json"
        if read_json(path) != facts:
            write_json(path, facts)

    def forget(self, service: str) -> None:
        """Take the note away."""
        (self.root / "docker" / f"{service}.json").unlink(missing_ok=True)

    def remembered(self) -> list[tuple[ServiceRef, int | None]]:
        """Services that an engine runs, or ran when it last answered."""
        found = []
        folder = self.root / "docker"
        for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
            facts = read_json(path)
            if facts is None:
                continue
            name = path.stem
            agent = sanitize(str(facts.get("agent", name)))
            ref = ServiceRef("local", name, name, "local", agent, facts.get("environment"))
            found.append((ref, facts.get("port")))
        return found

"""The ``.holodeck`` folder beside agent.yaml: where it is, and its short lock for writers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from holodeck_tui.core.disk import disk_full, is_full
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.files import atomic_write

# A guard is held for one read-modify-write of small files; longer means that the disk hangs.
GUARD_SECONDS = 30.0
# Ours stay out of version control; deployments.json is HoloDeck's and the user's to decide.
_IGNORE = "deploy-tui*\njournal.jsonl\n.gitignore\n"


class StateFolder:
    """``<agent folder>/.holodeck``. Made by the first write; reading never makes it."""

    def __init__(self, agent_dir: Path) -> None:
        self.path = agent_dir / ".holodeck"

    def file(self, name: str) -> Path:
        """A file in it, whether it exists or not."""
        return self.path / name

    def make(self) -> None:
        """Make the folder. Raises ``state-unwritable``."""
        try:
            self.path.mkdir(exist_ok=True)
            ignore = self.path / ".gitignore"
            if not ignore.exists():
                atomic_write(ignore, _IGNORE.encode())
        except OSError as error:
            raise unwritable(self.path, error) from error
        if not os.access(self.path, os.W_OK):
            raise unwritable(self.path, PermissionError("permission denied"))

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Keep other writers of this folder out for one read-modify-write; waits for its turn.

        Raises ``state-unwritable`` where the folder cannot be written, ``locked`` when the turn
        does not come within :data:`GUARD_SECONDS`.
        """
        from filelock import FileLock, Timeout

        self.make()
        lock = FileLock(str(self.file("deploy-tui.guard")), thread_local=False)
        try:
            lock.acquire(timeout=GUARD_SECONDS, poll_interval=0.01)
        except Timeout as error:
            raise DeploymentError(
                "locked",
                f"The state files in {self.path} are busy.",
                reason=f"another process has been writing them for more than {GUARD_SECONDS:g} s",
                remedy="Wait for the other run, or end it, and run the command again.",
            ) from error
        except OSError as error:
            raise unwritable(self.path, error) from error
        try:
            yield
        finally:
            lock.release()


def unwritable(path: Path, error: OSError) -> DeploymentError:
    """``state-unwritable`` for ``path``; ``disk-full`` where there is no space for it."""
    if is_full(error):
        return disk_full(OSError(error.errno, error.strerror, str(path)))
    return DeploymentError(
        "state-unwritable",
        f"{path} cannot be written.",
        reason=(error.strerror or str(error)).lower(),
        remedy=f"Make {path.parent} writable for you and run the command again.",
    )

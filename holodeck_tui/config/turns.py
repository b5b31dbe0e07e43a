"""One writer of configuration files at a time: reading, changing and writing one is one turn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from holodeck_tui.core.errors import DeploymentError

# A turn takes a few milliseconds; longer means that a disk hangs.
_SECONDS = 10.0


@contextmanager
def turn(name: str) -> Iterator[None]:
    """Keep this user's other processes and threads from writing ``name`` meanwhile; waits for its turn.

    One lock for all files, in the user's own state: none is left beside theirs. Taken again within a turn
    it is the same turn. Where that folder cannot be written, and against other users, what is left is that
    a file that was changed since it was read is not replaced. Raises ``locked``.
    """
    from filelock import FileLock, Timeout
    from platformdirs import user_state_path

    folder = user_state_path("holodeck-deploy-tui", appauthor=False)
    lock = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(str(folder / "edits.lock"), is_singleton=True)
        lock.acquire(timeout=_SECONDS, poll_interval=0.01)
    except Timeout:
        raise DeploymentError(
            "locked",
            f"{name} was not written.",
            reason=f"another process has been writing configuration for more than {_SECONDS:g} s",
            remedy="Run the same command again; end the other process if it hangs.",
        ) from None
    except OSError:
        lock = None
    try:
        yield
    finally:
        if lock is not None:
            lock.release()

"""One run at a time per agent, environment and target; the lock names its holder.

The operating system frees the lock of a dead process, so a lock is never stale by itself. What a
killed run leaves behind is the note about its holder: a free lock with a note says that the last run
did not come to its end.
"""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import json
import os
import re
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.files import atomic_write
from holodeck_tui.core.values import rfc3339
from holodeck_tui.state.folder import StateFolder, unwritable

if TYPE_CHECKING:
    from filelock import BaseFileLock

# Seconds that a run may take from its lock to its note, with a disk that is slow to sync.
_NOTE_WITHIN = 1.0


@dataclass(frozen=True)
class Key:
    """What one run is about: ``environment`` None is the unnamed one."""

    agent: str
    environment: str | None
    target: str

    @property
    def slug(self) -> str:
        """A file name for it: readable, and told apart by a hash where characters were replaced."""
        plain = "-".join(filter(None, (self.agent, self.environment, self.target)))
        digest = hashlib.sha256(json.dumps([self.agent, self.environment, self.target]).encode()).hexdigest()
        return f"{re.sub(r'[^A-Za-z0-9._-]', '_', plain)[:80]}-{digest[:8]}"


@dataclass(frozen=True)
class Holder:
    """Who holds (or held) a lock. ``since`` is RFC 3339 in UTC."""

    pid: int
    host: str
    user: str
    command: str
    since: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} ({self.command}), since {self.since}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"  # a container's numeric user without a passwd entry


def _now() -> datetime:
    return datetime.now(timezone.utc)


def command_name(argv: list[str]) -> str:
    """The program and its subcommand: arguments may hold what must not be stored."""
    name = Path(argv[0]).name if argv else "python"
    word = next((part for part in argv[1:] if part.isalpha() and part.islower()), "")
    return f"{name} {word}".strip()


class RunLock:
    """A context manager. Entering raises ``locked`` at once when another run holds the lock."""

    def __init__(
        self,
        folder: StateFolder,
        key: Key,
        *,
        clock: Callable[[], datetime] = _now,
        argv: list[str] | None = None,
    ) -> None:
        self._folder = folder
        self._key = key
        self._clock = clock
        self._argv = sys.argv if argv is None else argv
        self._lock: BaseFileLock | None = None
        self.left_by: Holder | None = None

    @property
    def note(self) -> Path:
        """The file that names the holder."""
        return self._folder.file(f"deploy-tui.{self._key.slug}.holder")

    def __enter__(self) -> RunLock:
        from filelock import FileLock, Timeout

        self._folder.make()
        path = self._folder.file(f"deploy-tui.{self._key.slug}.lock")
        lock = FileLock(str(path), thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise self._locked() from error
        except OSError as error:
            raise unwritable(path, error) from error
        self._lock = lock
        try:
            self.left_by = read_holder(self.note)
            holder = Holder(
                os.getpid(), socket.gethostname(), _user(), command_name(self._argv), rfc3339(self._clock())
            )
            atomic_write(self.note, json.dumps(asdict(holder)).encode())
        except OSError as error:
            lock.release()
            raise unwritable(self.note, error) from error
        except BaseException:
            lock.release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The note goes first: a note beside a free lock means that its holder died.
        with contextlib.suppress(OSError):
            self.note.unlink()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _named_holder(self) -> Holder | None:
        """Who holds the lock now. It writes its note just after it has the lock, so that is waited for."""
        end = time.monotonic() + _NOTE_WITHIN
        while True:
            holder = read_holder(self.note)
            if holder is not None and not _is_gone(holder):
                return holder
            if time.monotonic() >= end:
                return None
            time.sleep(0.02)

    def _locked(self) -> DeploymentError:
        holder = self._named_holder()
        what = f'"{self._key.agent}" for {self._key.target}'
        if self._key.environment:
            what += f" ({self._key.environment})"
        remedy = "Wait until it has ended and run the command again."
        if holder and holder.host == socket.gethostname() and os.name == "posix":
            remedy = f"Wait until it has ended, or stop it with: kill -INT {holder.pid}"
        return DeploymentError(
            "locked",
            f"Another run is working on {what}.",
            reason=f"the lock is held by {holder}" if holder else "its lock is held",
            remedy=remedy,
        )


def _is_gone(holder: Holder) -> bool:
    """Whether the note is one that a killed run left behind."""
    import psutil

    return holder.host == socket.gethostname() and not psutil.pid_exists(holder.pid)


def read_holder(note: Path) -> Holder | None:
    """Who wrote ``note``; None when there is none or it cannot be understood."""
    try:
        data = json.loads(note.read_text(encoding="utf-8"))
        return Holder(
            int(data["pid"]), str(data["host"]), str(data["user"]), str(data["command"]), str(data["since"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None

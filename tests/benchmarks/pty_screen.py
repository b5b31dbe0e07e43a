"""A program on a pty, watched from its start until it shows something."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from pathlib import Path


class Screen:
    """A Python program on a pty; ``until`` says how long something took to appear."""

    def __init__(self, script: str, home: Path) -> None:
        import pty

        environ = {**os.environ, "HOME": str(home), "TERM": "xterm-256color", "PYTHONPATH": str(Path.cwd())}
        environ["DOCKER_HOST"] = f"unix://{home}/no-engine.sock"
        self.begun = time.perf_counter()
        self.pid, self.handle = pty.fork()
        if self.pid == 0:
            os.chdir(home)
            os.execve(sys.executable, [sys.executable, "-c", script], environ)
        self.raw = b""

    def until(self, text: bytes, seconds: float = 60) -> float:
        """Seconds since the start when ``text`` has been written."""
        while text not in self.raw:
            if time.perf_counter() - self.begun > seconds:
                raise SystemExit(f"{text!r} never appeared: {self.raw[-400:]!r}")
            self.read(0.5)
        return time.perf_counter() - self.begun

    def read(self, seconds: float) -> None:
        """Take what is there."""
        if select.select([self.handle], [], [], seconds)[0]:
            with contextlib.suppress(OSError):
                self.raw += os.read(self.handle, 65536)

    def press(self, keys: bytes) -> None:
        """As typed."""
        os.write(self.handle, keys)

    def close(self) -> None:
        """End it, however."""
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.handle)

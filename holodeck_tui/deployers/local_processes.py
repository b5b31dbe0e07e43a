"""Detached processes of ours: started so that they outlive us, found again, ended with their children."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

# How often arguments that cannot be seen yet are looked for.
_LOOKS = 20


def spawn(
    script: str, arguments: Sequence[str], *, folder: Path, log: Path, environ: Mapping[str, str]
) -> int:
    """Start one of our scripts detached, with exactly ``environ``; its process id. Raises OSError."""
    command = [sys.executable, "-I", str(Path(__file__).with_name(script)), *arguments]
    apart: dict[str, Any] = {"start_new_session": True}
    if os.name == "nt":
        # A console of its own that nobody sees: Ctrl-C in ours does not reach it.
        flags = ("CREATE_NO_WINDOW", "CREATE_NEW_PROCESS_GROUP")
        apart = {"creationflags": sum(getattr(subprocess, flag, 0) for flag in flags)}
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            close_fds=True,
            **apart,
        )
    # Nobody else takes its exit code while we live, and without that it would stay as a zombie.
    threading.Thread(target=process.wait, daemon=True, name=f"reap-{process.pid}").start()
    return process.pid


def is_ours(pid: int | None, mark: str) -> bool:
    """Whether ``pid`` runs and has ``mark``, a path that only we use, among its arguments.

    That guards against a process id that was given to something else since; a start time would not
    survive a correction of the clock.
    """
    import psutil

    if not pid:
        return False
    try:
        process = psutil.Process(pid)
        for _ in range(_LOOKS):
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            arguments = process.cmdline()
            if arguments:
                return any(mark in argument for argument in arguments)
            # Linux tells us that a program was started before its arguments can be seen.
            time.sleep(0.01)
    except (psutil.Error, OSError):
        pass
    return False


def end(pid: int | None, mark: str, *, wait: float = 3.0) -> None:
    """End ``pid`` and all below it, if it is ours: asked first, killed after ``wait`` seconds."""
    import psutil

    if pid is None or not is_ours(pid, mark):
        return
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        family = [*process.children(recursive=True), process]
        for one in family:
            with contextlib.suppress(psutil.Error):
                one.terminate()
        _, left = psutil.wait_procs(family, timeout=wait)
        for one in left:
            with contextlib.suppress(psutil.Error):
                one.kill()
        psutil.wait_procs(left, timeout=wait)


def booted_since(moment: float) -> bool:
    """Whether this machine was started after ``moment`` (seconds since the epoch)."""
    import psutil

    return float(psutil.boot_time()) > moment


def until(done: Any, seconds: float, *, look: float = 0.03) -> bool:
    """Ask ``done()`` until it is true or ``seconds`` are over; what it said last."""
    give_up = time.monotonic() + seconds
    while not done():
        if time.monotonic() > give_up:
            return bool(done())
        time.sleep(look)
    return True

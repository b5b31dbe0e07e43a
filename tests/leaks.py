"""What a run of the tests leaves behind: processes that work in its temporary folder, told at its end.

Detached ones too (runners and fronts of the local target), which are nobody's children any more. The
folder is the run's own, so that other runs on the same machine do not matter; under xdist the controller
looks, when its workers have ended.
"""

from __future__ import annotations

from pathlib import Path

import psutil

# What is told to end, or whose folder is gone, takes a moment.
_GRACE = 20.0


def processes_in(folder: Path) -> list[psutil.Process]:
    """Those of this user that name ``folder`` in their command or work in it, still there after a while."""
    found = [process for process in psutil.process_iter() if _is_of(process, folder)]
    _, alive = psutil.wait_procs(found, timeout=_GRACE)
    return alive


def describe(process: psutil.Process) -> str:
    """Its number and its command."""
    try:
        return f"{process.pid}: {' '.join(process.cmdline())[:200]}"
    except psutil.Error:
        return f"{process.pid}: gone meanwhile"


def _is_of(process: psutil.Process, folder: Path) -> bool:
    try:
        words = [*process.cmdline(), process.cwd()]
    except (psutil.Error, OSError):
        return False
    return any(f"{folder}/" in f"{word}/" for word in words)

"""What a run of the tests leaves behind: processes that work in its temporary folder, told at its end.

Detached ones too (runners and fronts of the local target), which are nobody's children any more. The
folder is the run's own, so that other runs on the same machine do not matter; under xdist the controller
looks, when its workers have ended.
"""

from __future__ import annotations

import os
from pathlib import Path

import psutil

# What is told to end, or whose folder is gone, takes a moment.
_GRACE = 20.0


def processes_in(folder: Path) -> list[psutil.Process]:
    """Those of this user that name ``folder`` in their command or work in it, still there after a while."""
    # Not this run itself, which may have been told the folder, nor the shell that told it.
    mine = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    found = [each for each in psutil.process_iter() if each.pid not in mine and _is_of(each, folder)]
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

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from holodeck_tui.deployers.local_processes import end, is_ours, spawn, until

pytestmark = pytest.mark.unit


def start(folder: Path, mark: str) -> int:
    return spawn(
        "local_front_script.py",
        ["127.0.0.1", "0", mark],
        folder=folder,
        log=folder / "log",
        environ={"PATH": os.environ.get("PATH", ""), "SYSTEMROOT": os.environ.get("SYSTEMROOT", "")},
    )


def test_a_process_is_found_from_its_first_moment_and_ended(tmp_path: Path) -> None:
    for number in range(20):
        mark = str(tmp_path / f"pointer-{number}.json")
        pid = start(tmp_path, mark)
        assert is_ours(pid, mark)
        end(pid, mark)
        assert until(lambda pid=pid, mark=mark: not is_ours(pid, mark), 5.0)


def test_another_process_under_the_same_number_is_not_ours(tmp_path: Path) -> None:
    assert not is_ours(os.getpid(), str(tmp_path / "pointer.json"))
    assert not is_ours(None, sys.executable)
    end(os.getpid(), str(tmp_path / "pointer.json"))

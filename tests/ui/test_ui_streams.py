"""The app needs a terminal on all three streams: Textual reads one and draws on another."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.ui,
    pytest.mark.skipif(os.name != "posix", reason="pseudo terminals are POSIX"),
]


@pytest.mark.parametrize("missing", ["stdin", "stdout", "stderr"])
def test_one_stream_that_is_no_terminal_is_enough_to_refuse(
    missing: str, agent: Path, environ: dict[str, str], sealed_home: Path
) -> None:
    import pty

    other, terminal = pty.openpty()
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), terminal)
    streams[missing] = subprocess.DEVNULL if missing == "stdin" else subprocess.PIPE
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "holodeck_tui", str(agent)],
            **streams,
            cwd=agent.parent,
            env={**environ, "HOME": str(sealed_home), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            timeout=30,
            check=False,
        )
        said = ended.stderr if missing == "stderr" else os.read(other, 65536)
    finally:
        os.close(terminal)
        os.close(other)
    assert ended.returncode == 2
    assert b"Use --no-ui" in said
    assert b"\x1b[?1049h" not in said

"""How a test starts a program whose peak of memory it measures."""

from __future__ import annotations

import sys

# Linux lets a program begin with the peak of whoever started it, and a whole suite's is large:
# a small process in between has a small one.
BETWEEN = "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:]))"


def measured(script: str, *arguments: str) -> list[str]:
    """The command that runs ``script``, so that ``getrusage`` in it tells of it alone."""
    return [sys.executable, "-c", BETWEEN, sys.executable, "-c", script, *arguments]

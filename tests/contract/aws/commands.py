"""The whole command in a target's folder, and what it said last."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Protocol


class Target(Protocol):
    """A folder with an agent, and the shell that the command runs in."""

    folder: Path
    environ: dict[str, str]
    agent: str

    def write(self, text: str, *, well: bool = True) -> None:
        """Another version of the agent."""


def run(target: Target, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """To its end."""
    return subprocess.run(
        [sys.executable, "-m", "holodeck_tui", *words],
        cwd=target.folder,
        env={**target.environ, **more},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def started(target: Target, *words: str) -> subprocess.Popen[str]:
    """Under way."""
    return subprocess.Popen(
        [sys.executable, "-m", "holodeck_tui", *words],
        cwd=target.folder,
        env=target.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def result(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Its last line."""
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found

"""Copies of the real samples, and the command run in them; nothing runs where the samples are kept."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Dummies that satisfy every provider of the samples; nothing is ever asked of one.
KEYS = {
    "OPENAI_API_KEY": "sk-none-at-all",
    "ANTHROPIC_API_KEY": "sk-ant-none-at-all",
    "AZURE_OPENAI_API_KEY": "none-at-all",
    "AZURE_OPENAI_ENDPOINT": "https://none.openai.azure.com",
}
_KEPT = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "LANG", "DOCKER_HOST")


@dataclass(frozen=True)
class Ended:
    """How one call of the command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True)
class Copy:
    """One sample in a folder of the test's own, and a sealed environment for the command."""

    folder: Path
    environ: Mapping[str, str]

    def call(self, *words: str, output: str = "json") -> Ended:
        done = subprocess.run(
            [sys.executable, "-m", "holodeck_tui", *words, "--output", output],
            cwd=self.folder,
            env=dict(self.environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )
        assert done.returncode != 1, done.stderr
        assert "Traceback" not in done.stderr, done.stderr
        return Ended(done.returncode, done.stdout, done.stderr)


def copy(sample: Path, to: Path, home: Path, **environ: str) -> Copy:
    """A writable copy of ``sample`` at ``to``."""
    shutil.copytree(sample, to)
    for path in (to, *to.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return Copy(to, {**kept, "HOME": str(home), "USERPROFILE": str(home), **environ})


def folders(samples: Path) -> list[Path]:
    """Every folder with an agent in it."""
    return sorted(path.parent for path in samples.rglob("agent.yaml"))

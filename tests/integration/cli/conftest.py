"""The real command as a subprocess, sealed from the user's own environment."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.integration.cli.cli_calls import Call, Ended

# What a subprocess needs to run at all; nothing of the user's.
_KEPT = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "LANG", "DOCKER_HOST")


@pytest.fixture
def environ(sealed_home: Path) -> dict[str, str]:
    """The environment of the command; tests add to it."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, "HOME": str(sealed_home), "USERPROFILE": str(sealed_home)}


@pytest.fixture
def call(environ: dict[str, str], tmp_path: Path) -> Call:
    """Run ``holodeck-deploy-tui`` with these words in ``cwd`` (default: an empty folder)."""

    def run(
        *words: str, cwd: Path = tmp_path, env: Mapping[str, str] | None = None, stdin: str = ""
    ) -> Ended:
        done = subprocess.run(
            [sys.executable, "-m", "holodeck_tui", *words],
            cwd=cwd,
            env={**environ, **(env or {})},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def agent(tmp_path: Path) -> Path:
    """A small agent of our own, without a deployment: section."""
    (tmp_path / "instructions").mkdir()
    (tmp_path / "instructions" / "prompt.md").write_text("You help.\n")
    path = tmp_path / "agent.yaml"
    path.write_text(
        "# An agent\nname: helper\nmodel:\n  provider: openai\n  name: gpt-4o-mini\n"
        "instructions:\n  file: instructions/prompt.md\n"
    )
    return path

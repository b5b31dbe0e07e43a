"""A disk without space: said in three lines, whichever file it is that does not fit."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.cli.cli_calls import Call

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(os.name != "posix", reason="a limit of file sizes is set the POSIX way"),
]


@pytest.fixture
def full(tmp_path: Path) -> dict[str, str]:
    """An environment in which every write of a file ends as on a full disk."""
    site = tmp_path / "site"
    site.mkdir()
    # Python runs it before us; the error is made at the one place where the kernel would make it.
    (site / "sitecustomize.py").write_text(
        "import errno, os\n"
        "def fsync(descriptor):\n"
        "    raise OSError(errno.ENOSPC, 'No space left on device')\n"
        "os.fsync = fsync\n"
    )
    return {"PYTHONPATH": str(site)}


def test_a_full_disk_is_no_defect(call: Call, agent: Path, full: dict[str, str], tmp_path: Path) -> None:
    program = tmp_path / "bin" / "holodeck"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    (agent.parent / "deploy.yaml").write_text("target: local\nlocal: {runtime: process}\n")
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    ended = call("deploy", env={**full, "PATH": path, "OPENAI_API_KEY": "sk-none-at-all"})
    assert ended.code == 3, ended.err
    assert "no space left" in ended.err.lower()
    assert "Traceback" not in ended.err
    assert "Do:    df -h" in ended.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a file for which there is no space")
@pytest.mark.parametrize("command", ["validate", "schema", "--help"])
def test_output_for_which_there_is_no_space_is_no_success(agent: Path, command: str) -> None:
    with Path("/dev/full").open("w") as out:
        ended = subprocess.run(
            [sys.executable, "-m", "holodeck_tui", command],
            cwd=agent.parent,
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert ended.returncode == 3, ended.stderr
    assert "standard output could not be written: no space left" in ended.stderr


def test_a_word_that_is_nearly_a_command_is_told(call: Call, agent: Path) -> None:
    ended = call("deplyo")
    assert ended.code == 2
    assert '"deplyo" is neither a command nor a file' in ended.err
    assert "Do:    holodeck-deploy-tui deploy" in ended.err
    (agent.parent / "deplyo").write_text(agent.read_text())
    assert "needs a terminal" in call("deplyo").err


def test_a_path_in_a_remedy_can_be_pasted(call: Call, tmp_path: Path) -> None:
    folder = tmp_path / "my agent"
    folder.mkdir()
    (folder / "agent.yaml").write_text(
        "name: a\nmodel: {provider: openai, name: gpt-4o}\ninstructions: {inline: Hi}\n"
    )
    ended = call("deploy", str(folder), "--target", "gcp")
    assert f"init --target gcp '{folder}/agent.yaml'" in ended.err

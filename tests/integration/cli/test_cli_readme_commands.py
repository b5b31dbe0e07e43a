"""The commands that README.md shows do what it says, in order, on the sample agent that ships."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.readme import README, Block, blocks

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(os.name != "posix", reason="the README's blocks are for a POSIX shell"),
]

SAMPLE = README.parent / "holodeck_tui" / "sample"
BLOCKS = [block for block in blocks(README.read_text(encoding="utf-8")) if block.language == "console"]


def run(block: Block, folder: Path, environ: dict[str, str]) -> list[str]:
    """Run the block's commands in a copy of the sample; returns what each printed on stdout."""
    folder = folder / "agent"
    shutil.copytree(SAMPLE, folder)
    overlay = folder.parent / "deploy.yaml"
    if overlay.exists():
        shutil.move(overlay, folder)
    printed = []
    for command in block.commands:
        # Other programs of the machine stay where they are; only the name of the command is ours.
        words = command.replace("holodeck-deploy-tui", f"{sys.executable} -m holodeck_tui")
        done = subprocess.run(
            ["bash", "-c", words], cwd=folder, env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"$ {command}\n{done.stdout}{done.stderr}"
        printed.append(done.stdout)
    return printed


@pytest.mark.parametrize(
    "block", [block for block in BLOCKS if not block.mark], ids=lambda block: f"line {block.line}"
)
def test_commands_that_need_nothing(block: Block, tmp_path: Path, environ: dict[str, str]) -> None:
    # No engine, no credentials, no git: as the README promises.
    environ["DOCKER_HOST"] = f"unix://{tmp_path}/none.sock"
    assert all(run(block, tmp_path, environ))


@pytest.mark.slow
@pytest.mark.parametrize(
    "block", [block for block in BLOCKS if block.mark == "deploy"], ids=lambda block: f"line {block.line}"
)
def test_commands_that_deploy(
    block: Block, tmp_path: Path, environ: dict[str, str], holodeck_bin: str
) -> None:
    port = free_port()
    (tmp_path / "deploy.yaml").write_text(f"local: {{runtime: process, port: {port}}}\n")
    environ["PATH"] = f"{Path(holodeck_bin).parent}{os.pathsep}{environ['PATH']}"
    printed = dict(
        zip((command.split()[1] for command in block.commands), run(block, tmp_path, environ), strict=True)
    )
    assert f"http://127.0.0.1:{port}" in printed["deploy"]
    assert "healthy" in printed["status"]
    assert "hello-holodeck" in printed["list"]
    assert "deleted" in printed["destroy"]

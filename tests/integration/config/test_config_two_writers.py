"""Two processes that set keys of one agent.yaml at the same time: every change stays."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from holodeck_tui.config.document import Document

pytestmark = pytest.mark.integration

TIMES = 60
AGENT = """\
name: two  # writers
model: {provider: ollama, name: llama3.2}
instructions: {inline: be kind}
deployment:
  registry: {url: ghcr.io, repository: team/two}
  target: {provider: gcp, gcp: {project_id: my-project, region: europe-west1}}
"""
# Each waits for the word to begin, and looks after every change whether all of its own are still there.
WRITER = """
import sys
from pathlib import Path
from holodeck_tui.config.document import Document
from holodeck_tui.config.edit import set_values, unset_values

path, mine, times = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
for number in range(times):
    set_values(path, [f"deployment.environment.{mine}_{number}=v{number}"])
    there = Document.read(path).get(("deployment", "environment"))
    wanted = {f"{mine}_{each}": f"v{each}" for each in range(number + 1)}
    assert wanted.items() <= there.items(), (number, sorted(there))
unset_values(path, [f"deployment.environment.{mine}_0"])
"""


def test_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "agent.yaml"
    path.write_text(AGENT)
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), name, str(TIMES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("ONE", "TWO")
    ]
    try:
        for writer in writers:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
        for writer in writers:
            assert writer.stdin is not None
            writer.stdin.write("go\n")
            writer.stdin.flush()
        told = [writer.communicate(timeout=120) for writer in writers]
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
    assert [(writer.returncode, err) for writer, (_, err) in zip(writers, told, strict=True)] == [(0, "")] * 2
    there = Document.read(path).get(("deployment", "environment"))
    wanted = {f"{name}_{n}": f"v{n}" for name in ("ONE", "TWO") for n in range(1, TIMES)}
    assert there == wanted
    assert "name: two  # writers" in path.read_text()
    assert [file.name for file in tmp_path.iterdir()] == ["agent.yaml"], "nothing is left beside it"

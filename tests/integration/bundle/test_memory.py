"""A gigabyte of data costs no more than 150 MB of memory, from the folder to the folder."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.measured import measured

pytestmark = [pytest.mark.integration, pytest.mark.slow]

AGENT = """\
name: big
model: {provider: openai, name: x}
instructions: {inline: Hi.}
tools: [{name: d, description: d, type: vectorstore, source: data, database: {provider: in-memory}}]
"""
MEASURED = """
import resource, sys
from pathlib import Path
from holodeck_tui.bundle.collect import collect
from holodeck_tui.bundle.ship import write_tree
from holodeck_tui.config.resolve import load_settings
from holodeck_tui.core.context import Context

folder = Path(sys.argv[1])
settings = load_settings(folder / "agent.yaml", environ={}, cwd=folder, home=folder, need_target=False)
bundle = collect(settings, Context())
write_tree(bundle, folder / "out", Context())
# Kilobytes on Linux, bytes on macOS.
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)
print(bundle.size, peak // 1024)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no getrusage")
def test_a_gigabyte_streams(tmp_path: Path) -> None:
    (tmp_path / "agent.yaml").write_text(AGENT)
    (tmp_path / "data").mkdir()
    for number in range(4):
        with (tmp_path / "data" / f"{number}.bin").open("wb") as file:
            file.truncate(2**28)  # takes no space on disk, and is read like any other
    (tmp_path / "data" / "many").mkdir()
    for number in range(5000):
        (tmp_path / "data" / "many" / f"{number}.md").write_bytes(b"x" * 20_000)
    command = measured(MEASURED, str(tmp_path))
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    shutil.rmtree(tmp_path / "out")
    size, peak = map(int, done.stdout.split())
    assert size > 2**30
    assert peak < 150

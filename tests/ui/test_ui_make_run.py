"""``make run`` in a terminal: the app, on a copy of the sample agent, with this machine as its target."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.readme import README
from tests.ui.test_ui_terminal import Terminal

pytestmark = [
    pytest.mark.ui,
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="pseudo terminals are POSIX"),
]


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    """A virtual environment that make finds installed already: nothing is fetched."""
    tools = tmp_path / "venv" / "bin"
    tools.mkdir(parents=True)
    (tools / "python").symlink_to(sys.executable)
    program = tools / "holodeck-deploy-tui"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m holodeck_tui "$@"\n')
    program.chmod(0o755)
    (tools.parent / ".local").touch()
    return tools.parent


@pytest.fixture
def make(venv: Path, tmp_path: Path, environ: dict[str, str], sealed_home: Path) -> Callable[[], Terminal]:
    found = shutil.which("make")
    assert found, "make is missing: the README's two commands need it"
    words = [found, "run", f"VENV={venv}", f"SAMPLE={tmp_path / 'sample'}"]
    env = {**environ, "HOME": str(sealed_home), "LANG": "C.UTF-8"}
    return lambda: Terminal(words, env, README.parent)


def test_in_a_terminal_it_opens_the_app_on_the_sample(make: Callable[[], Terminal], tmp_path: Path) -> None:
    terminal = make()
    try:
        terminal.until("Nothing deployed yet")
        assert "1 Deployments" in terminal.text
        assert (tmp_path / "sample" / "agent.yaml").is_file()
        terminal.press(b"2")
        terminal.until("hello-holodeck")
        # The sample says no target: only the command line's word makes it this machine.
        terminal.until("this machine")
        terminal.until("bundle")
        terminal.press(b"\x11")
        assert terminal.ended() == 0
        assert terminal.restored()
    finally:
        terminal.close()

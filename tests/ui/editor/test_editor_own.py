"""The user's own editor, for real: on a pseudo terminal, with the app standing aside."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.ui.own_editor import editor_words
from tests.ui.agents import AgentFolder
from tests.ui.test_ui_terminal import Terminal

pytestmark = [
    pytest.mark.ui,
    pytest.mark.skipif(os.name != "posix", reason="pseudo terminals are POSIX"),
]
# Interrupts its group as a terminal does for Ctrl-C; it lives on, as editors do.
EDITOR = """#!/bin/sh
trap : INT
echo "EDITOR IS HERE"
kill -INT $PPID
[ "$1|$2" = "--wait|two words" ] && sed -i.bak 's/cpu: 4/cpu: 2/' "$3"
sleep 0.3
"""


@pytest.fixture
def terminal(agent: AgentFolder, request: pytest.FixtureRequest) -> Iterator[Terminal]:
    environ = {**agent.environ, "TERM": "xterm-256color", "EDITOR": request.param}
    environ["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    words = [sys.executable, "-m", "holodeck_tui", "--scope", "local", str(agent.agent)]
    folder = agent.folder / "own tools"
    folder.mkdir()
    (folder / "my ed").write_text(EDITOR)
    (folder / "my ed").chmod(0o755)
    made = Terminal(words, environ, agent.folder)
    yield made
    made.close()


def in_config(terminal: Terminal) -> None:
    terminal.until("Nothing deployed yet")
    terminal.press(b"3")
    terminal.until("CPU")
    terminal.raw = b""
    terminal.press(b"\x05")


@pytest.mark.parametrize("terminal", ["'own tools/my ed' --wait 'two words'"], indirect=True)
def test_it_gets_the_terminal_and_what_it_writes_is_shown(terminal: Terminal, agent: AgentFolder) -> None:
    in_config(terminal)
    while b"\x1b[?1049h" not in terminal.raw:
        terminal.read()
    left, came = terminal.raw.index(b"\x1b[?1049l"), terminal.raw.index(b"\x1b[?1049h")
    assert b"EDITOR IS HERE" in terminal.raw[left:came]
    assert "cpu: 2" in agent.agent.read_text()
    terminal.read(1.5)
    terminal.press(b"\x1bOQ")
    terminal.until("cpu: 2")
    assert "modified" not in terminal.text
    os.kill(terminal.pid, signal.SIGINT)
    assert terminal.ended() == 130
    assert terminal.restored()


@pytest.mark.parametrize("terminal", ["no-such-editor --wait"], indirect=True)
def test_one_that_is_missing_is_told_and_what_to_do(terminal: Terminal) -> None:
    in_config(terminal)
    terminal.until("no-such-editor")
    terminal.until("EDITOR=nano")
    assert b"\x1b[?1049l" not in terminal.raw
    terminal.press(b"\x11")
    assert terminal.ended() == 0


@pytest.mark.parametrize("terminal", ["'own tools/my ed'"], indirect=True)
def test_one_that_fails_is_told_and_the_app_comes_back(terminal: Terminal, agent: AgentFolder) -> None:
    (agent.folder / "own tools" / "my ed").write_text("#!/bin/sh\nexit 3\n")
    in_config(terminal)
    while b"\x1b[?1049h" not in terminal.raw:
        terminal.read()
    terminal.until("ended with 3")
    terminal.press(b"\x11")
    assert terminal.ended() == 0
    assert terminal.restored()


def test_words_of_the_setting(tmp_path: Path) -> None:
    tool = tmp_path / "ed"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    path = {"PATH": str(tmp_path)}
    assert editor_words({**path, "EDITOR": "ed -n"}) == (str(tool), "-n")
    assert editor_words({**path, "EDITOR": "other", "VISUAL": " ed "}) == (str(tool),)
    for wrong in ("ed 'open", "''", "missing"):
        with pytest.raises(DeploymentError, match=r"EDITOR|editor"):
            editor_words({**path, "EDITOR": wrong})
    with pytest.raises(DeploymentError):
        editor_words({**path, "EDITOR": "  "})

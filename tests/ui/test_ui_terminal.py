"""On a real pseudo terminal: start, leave, signals, suspension, a crash, and nothing of it left behind."""

from __future__ import annotations

import os
import pty
import re
import signal
import struct
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyte
import pytest

pytestmark = [
    pytest.mark.ui,
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="pseudo terminals are POSIX"),
]
CRASH = """
import sys
from holodeck_tui.ui import fleet
from holodeck_tui.ui.screens.dashboard import DashboardScreen
def broken(self):
    canary = "canary-8d1f-secret"
    raise RuntimeError("broken by " + canary)
DashboardScreen.action_sort = broken
from holodeck_tui.cli import main
main(["--scope", "local"])
"""


class Terminal:
    """A process on a pty of its own, and the screen it draws."""

    def __init__(self, words: list[str], environ: dict[str, str], cwd: Path) -> None:
        self.screen = pyte.Screen(100, 30)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.code: int | None = None
        self.pid, self.handle = pty.fork()
        if self.pid == 0:
            os.chdir(cwd)
            os.execve(words[0], words, environ)
        self.resize(100, 30)

    def resize(self, columns: int, lines: int) -> None:
        import fcntl
        import termios

        fcntl.ioctl(self.handle, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.screen.resize(lines, columns)

    def read(self, seconds: float = 0.1) -> None:
        import select

        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.handle], [], [], left)[0]:
                return
            try:
                data = os.read(self.handle, 65536)
            except OSError:
                return
            if not data:
                return
            self.raw += data
            self.stream.feed(data)

    def until(self, text: str, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while text not in self.text:
            assert time.monotonic() < end, f"no {text!r} in:\n{self.text}"
            self.read()

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    def press(self, keys: bytes) -> None:
        os.write(self.handle, keys)

    def ended(self, seconds: float = 30) -> int:
        end = time.monotonic() + seconds
        while self.code is None:
            assert time.monotonic() < end, f"it goes on:\n{self.text}"
            self.read()
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
        self.read(0.3)
        return self.code

    def restored(self) -> bool:
        """Whether the main screen, the cursor and the mouse are as they were."""
        off = self.raw.rfind(b"\x1b[?1049l") > self.raw.rfind(b"\x1b[?1049h")
        mouse = self.raw.rfind(b"\x1b[?1000l") > self.raw.rfind(b"\x1b[?1000h")
        return off and mouse and self.raw.rfind(b"\x1b[?25h") > self.raw.rfind(b"\x1b[?25l")

    def close(self) -> None:
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.handle)


@pytest.fixture
def start(agent: Path, environ: dict[str, str], sealed_home: Path) -> Iterator:
    made: list[Terminal] = []

    def begin(*words: str, script: str | None = None, **more: str) -> Terminal:
        program = ["-c", script] if script else ["-m", "holodeck_tui"]
        env = {**environ, "HOME": str(sealed_home), "LANG": "C.UTF-8", **more}
        env["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
        made.append(Terminal([sys.executable, *program, *words], env, agent.parent))
        return made[-1]

    yield begin
    for terminal in made:
        terminal.close()


def test_it_starts_resizes_and_leaves_nothing_behind(start) -> None:
    terminal = start()
    terminal.until("Nothing deployed yet")
    assert "this machine" in terminal.text
    terminal.resize(80, 24)
    terminal.read(1.5)
    terminal.until("1 Deployments")
    terminal.press(b"?")
    terminal.until("Leave the app")
    terminal.press(b"\x1b")
    terminal.read(0.5)
    terminal.press(b"\x11")
    assert terminal.ended() == 0
    assert terminal.restored()


def test_ctrl_c_does_not_end_it(start) -> None:
    terminal = start()
    terminal.until("Nothing deployed yet")
    terminal.press(b"\x03")
    terminal.until("quit")
    terminal.press(b"\x11")
    assert terminal.ended() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_it_and_restores_the_terminal(start, number: signal.Signals) -> None:
    terminal = start()
    terminal.until("Nothing deployed yet")
    os.kill(terminal.pid, number)
    assert terminal.ended() == 130
    assert terminal.restored()


def test_a_crash_restores_the_terminal_tells_no_secret_and_exits_1(start, sealed_home: Path) -> None:
    terminal = start(script=CRASH)
    terminal.until("Nothing deployed yet")
    terminal.press(b"s")
    assert terminal.ended() == 1
    assert terminal.restored()
    assert b"canary" not in terminal.raw
    assert b"This is a defect of holodeck-deploy-tui" in terminal.raw
    logs = list(sealed_home.rglob("crash-*.log"))
    assert len(logs) == 1
    assert "canary" not in logs[0].read_text()
    assert "RuntimeError" in logs[0].read_text()
    assert logs[0].stat().st_mode & 0o077 == 0


def test_after_a_rest_keys_come_at_once_a_lone_escape_too_and_bytes_that_are_no_text_do_no_harm(
    start,
) -> None:
    terminal = start()
    terminal.until("Nothing deployed yet")
    terminal.read(3)  # until nothing is looked for any more
    terminal.press(b"/")
    terminal.until("words to filter by")
    terminal.press(b"\x1b[200~caf\xff\xfe\xc3\x1b[201~")
    terminal.until("caf\ufffd")
    terminal.read(3)
    terminal.press(b"\x1b")
    terminal.until("Nothing deployed yet")
    end = time.monotonic() + 5
    while "caf" in terminal.text:
        assert time.monotonic() < end, terminal.text
        terminal.read()
    terminal.read(3)
    begun = time.monotonic()
    os.kill(terminal.pid, signal.SIGTERM)
    assert terminal.ended() == 130
    assert time.monotonic() - begun < 2, "the thread that waits for keys was not woken"


def test_half_a_character_does_not_end_the_keys_and_a_paste_presses_none(start) -> None:
    terminal = start()
    terminal.until("Nothing deployed yet")
    terminal.press(b"/")
    terminal.until("words to filter by")
    terminal.press(b"\xc3")
    terminal.read(0.5)
    terminal.press(b"\xa9t\xc3\xa9")
    terminal.until("\u00e9t\u00e9")
    terminal.press(b"\x1b")
    terminal.until("Nothing deployed yet")
    terminal.press(b"\x1b[200~\x1b[31m?\x1b[0m\x1b[201~")
    terminal.read(1)
    assert "everywhere" not in terminal.text
    terminal.press(b"?")
    terminal.until("everywhere")


def test_ctrl_z_and_fg(start, agent: Path, environ: dict[str, str], sealed_home: Path) -> None:
    """In a real shell with job control."""
    shell = Terminal(
        ["/bin/bash", "--norc", "-i"],
        {**environ, "HOME": str(sealed_home), "LANG": "C.UTF-8", "PS1": "shell> "},
        agent.parent,
    )
    try:
        shell.until("shell>")
        shell.press(f"{sys.executable} -m holodeck_tui\n".encode())
        shell.until("Nothing deployed yet")
        shell.press(b"\x1a")
        shell.until("Stopped")
        shell.raw = b""
        shell.press(b"fg\n")
        while b"\x1b[?1049h" not in shell.raw or b"Nothing deployed yet" not in shell.raw:
            shell.read()
        shell.press(b"\x11")
        while b"\x1b[?1049l" not in shell.raw:
            shell.read()
        shell.read(1)
        shell.press(b"echo code $?\n")
        shell.until("code 0")
    finally:
        shell.close()


def test_read_only_offers_nothing_that_changes(start) -> None:
    terminal = start("--read-only")
    terminal.until("Nothing deployed in these scopes")
    assert "read-only" in terminal.text
    terminal.press(b"d?")
    terminal.until("What can be done here")
    assert "Deploy this agent" not in terminal.text
    assert "Remove it" not in terminal.text


def test_no_color_keeps_states_as_glyph_and_word(start) -> None:
    terminal = start(NO_COLOR="1")
    terminal.until("Nothing deployed yet")
    sgrs = re.findall(rb"\x1b\[([0-9;]*)m", terminal.raw)
    # Neither a colour of ours nor black for the terminal's own, which nobody can read on black.
    assert {code for sgr in sgrs for code in sgr.split(b";")} <= set(b",0,1,2,3,4,7,22,39,49".split(b","))
    terminal.press(b"\x11")
    assert terminal.ended() == 0

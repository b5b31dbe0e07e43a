"""The app on a terminal: first frame, keys under a flood of lines, idling, quitting."""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.benchmarks.pty_screen import Screen
from tests.benchmarks.timing import Row, alternate

# It serves as the real holodeck does.
STANDIN = Path(__file__).parents[1] / "integration" / "local" / "standin.py"
# Seconds: several rounds of every question that the app asks by itself.
_IDLE = 60
AGENT = """
name: idle
model: {provider: ollama, name: llama3.2}
instructions: {inline: be kind}
deployment:
  environment: {STANDIN: lines, STANDIN_NAME: standin}
"""
HELLO = """
from textual.app import App
from textual.widgets import Label
class Hello(App):
    def compose(self):
        yield Label("Hello there")
Hello().run()
"""
OURS = "from holodeck_tui.cli import main; main(['--scope', 'local'])"
FLOOD = """
import gc, threading, time
from textual.app import App
from textual.widgets import Label
from holodeck_tui.ui.logs.inbox import Batch
from holodeck_tui.ui.widgets.log_view import LogView
class Flood(App):
    BINDINGS = [("x", "count", "count")]
    number = 0
    def compose(self):
        yield Label("begin", id="count")
        yield LogView()
    def on_mount(self):
        gc.freeze()  # as the app does
        threading.Thread(target=self.flood, args=(self.query_one(LogView),), daemon=True).start()
    def flood(self, view):
        sent, begun = 0, time.monotonic()
        while True:
            wanted = int((time.monotonic() - begun) * 20000)
            texts = [f"INFO request {n} took {n % 977} ms path=/agent/x/chat" for n in range(sent, wanted)]
            if texts:
                view.write(Batch(0, texts, [-1] * len(texts)))
            sent = wanted
            time.sleep(0.01)
    def action_count(self):
        self.number += 1
        self.query_one("#count", Label).update(f"key<{self.number}>")
Flood().run()
"""
STREAMS = """
import sys, time
from pathlib import Path
from holodeck_tui.core.values import ServiceRef
from holodeck_tui.pipeline import found
from holodeck_tui.ui.app import HolodeckApp
from holodeck_tui.ui.launch import Launch
from holodeck_tui.ui.screens.logs import LogsScreen
def lines(ref, query, ctx):
    time.sleep(6)  # a vendor's client that looks at nothing
    yield
found.log_lines = lines
mounted = HolodeckApp.on_mount
def on_mount(self):
    mounted(self)
    refs = [ServiceRef("local", f"s{n}", f"service{n}", "local", "a") for n in range(12)]
    self.set_timer(1, lambda: self.push_screen(LogsScreen(refs)))
HolodeckApp.on_mount = on_mount
here = Path.cwd()
sys.exit(HolodeckApp(Launch(here / "agent.yaml", here, here, {"DOCKER_HOST": "unix:///nowhere"})).run())
"""


def first_frame(script: str, texts: tuple[bytes, ...], home: Path) -> float:
    """Process start to the first frame: all of ``texts`` are on the screen."""
    screen = Screen(script, home)
    try:
        return max(screen.until(text) for text in texts)
    finally:
        screen.close()


def start_row(home: Path) -> Row:
    """Ours against a Textual hello world."""
    ours, theirs, times = alternate(
        lambda: first_frame(OURS, (b"Deployments", b"quit", b"Asking"), home),
        lambda: first_frame(HELLO, (b"Hello there",), home),
        runs=9,
    )
    return Row(
        "first frame / a Textual hello world",
        f"{times:.2f}x",
        "<= 1.6x",
        f"{ours:.3f} s against {theirs:.3f} s",
    )


def key_row(home: Path) -> Row:
    """A key pressed while 20,000 lines a second arrive, until its effect is on the screen."""
    screen = Screen(FLOOD, home)
    try:
        screen.until(b"begin")
        settle = time.perf_counter() + 3
        while time.perf_counter() < settle:
            screen.read(0.1)
        times = []
        for number in range(1, 101):
            begun = time.perf_counter()
            screen.press(b"x")
            want = b"<%d>" % number
            screen.raw = b""
            # Only what differs is written, so a number alone may be all that comes.
            while want not in screen.raw and str(number).encode() not in screen.raw:
                screen.read(1)
            times.append((time.perf_counter() - begun) * 1000)
            pause = time.perf_counter() + 0.03
            while time.perf_counter() < pause:
                screen.read(0.01)
    finally:
        screen.close()
    times.sort()
    return Row(
        "key while 20,000 lines/s arrive, p95", f"{times[94]:.0f} ms", "<= 60 ms", f"p50 {times[49]:.0f} ms"
    )


def idle_row(home: Path) -> Row:
    """CPU of the app while nothing happens but its own questions about one deployment."""
    with deployed(home):
        used = idle(OURS, home, b"healthy")
    theirs = idle(HELLO, home, b"Hello there")
    behind = f"a Textual hello world, which asks nothing: {theirs:.1f} %"
    return Row("CPU while idle, one deployment polled", f"{used:.1f} %", "<= 1 %", behind)


@contextlib.contextmanager
def deployed(home: Path) -> Iterator[None]:
    """An agent that is a process of this machine, with a stand-in for ``holodeck``."""
    folder = home / "agent"
    folder.mkdir()
    (folder / "agent.yaml").write_text(AGENT)
    (folder / "deploy.yaml").write_text("target: local\nlocal: {runtime: process}\n")
    program = folder / "holodeck"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -u {STANDIN} "$@"\n')
    program.chmod(0o700)
    environ = {
        **os.environ,
        "HOME": str(home),
        "DOCKER_HOST": f"unix://{home}/no-engine.sock",
        "PYTHONPATH": str(Path.cwd()),
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
    }

    def command(*words: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "holodeck_tui", *words],
            cwd=folder,
            env=environ,
            check=True,
            capture_output=True,
            timeout=120,
        )

    try:
        command("deploy")
        yield
    finally:
        command("destroy", "--yes")


def idle(script: str, home: Path, sign: bytes) -> float:
    """Percent of a CPU over some seconds, once ``sign`` is on the screen and all is quiet."""
    screen = Screen(script, home)
    try:
        screen.until(sign)
        process = psutil.Process(screen.pid)
        settle = time.perf_counter() + 4
        while time.perf_counter() < settle:
            screen.read(0.2)
        before = sum(process.cpu_times()[:2])
        end = time.perf_counter() + _IDLE
        while time.perf_counter() < end:
            screen.read(0.5)
        used = (sum(process.cpu_times()[:2]) - before) / _IDLE * 100
    finally:
        screen.close()
    return used


def quit_row(home: Path) -> Row:
    """From the key to the end of the process, with twelve streams in calls that look at nothing."""
    times = []
    for _ in range(3):
        screen = Screen(STREAMS, home)
        try:
            screen.until(b"12 deployments")
            settle = time.perf_counter() + 1
            while time.perf_counter() < settle:
                screen.read(0.1)
            begun = time.perf_counter()
            screen.press(b"\x11")
            while os.waitpid(screen.pid, os.WNOHANG)[0] == 0:
                screen.read(0.01)
            times.append(time.perf_counter() - begun)
        finally:
            screen.close()
    return Row("quit with 12 log streams open", f"{statistics.median(times):.2f} s", "<= 0.5 s")

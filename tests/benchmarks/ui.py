"""The terminal app: first frame, floods of lines, keys under a flood, idling, quitting; through real ptys."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import select
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil

from tests.benchmarks.timing import Row, alternate

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


class Screen:
    """A Python program on a pty; ``until`` says how long something took to appear."""

    def __init__(self, script: str, home: Path) -> None:
        import pty

        environ = {**os.environ, "HOME": str(home), "TERM": "xterm-256color", "PYTHONPATH": str(Path.cwd())}
        environ["DOCKER_HOST"] = f"unix://{home}/no-engine.sock"
        self.begun = time.perf_counter()
        self.pid, self.handle = pty.fork()
        if self.pid == 0:
            os.chdir(home)
            os.execve(sys.executable, [sys.executable, "-c", script], environ)
        self.raw = b""

    def until(self, text: bytes, seconds: float = 60) -> float:
        """Seconds since the start when ``text`` has been written."""
        while text not in self.raw:
            if time.perf_counter() - self.begun > seconds:
                raise SystemExit(f"{text!r} never appeared: {self.raw[-400:]!r}")
            self.read(0.5)
        return time.perf_counter() - self.begun

    def read(self, seconds: float) -> None:
        """Take what is there."""
        if select.select([self.handle], [], [], seconds)[0]:
            with contextlib.suppress(OSError):
                self.raw += os.read(self.handle, 65536)

    def press(self, keys: bytes) -> None:
        """As typed."""
        os.write(self.handle, keys)

    def close(self) -> None:
        """End it, however."""
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.handle)


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
    """CPU of the app while nothing happens, over ten seconds."""
    screen = Screen(OURS, home)
    try:
        screen.until(b"deployed")
        process = psutil.Process(screen.pid)
        settle = time.perf_counter() + 4
        while time.perf_counter() < settle:
            screen.read(0.2)
        before = sum(process.cpu_times()[:2])
        end = time.perf_counter() + 10
        while time.perf_counter() < end:
            screen.read(0.5)
        used = (sum(process.cpu_times()[:2]) - before) / 10 * 100
    finally:
        screen.close()
    return Row("CPU while idle", f"{used:.1f} %", "<= 1 %")


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


def log_lines(count: int) -> list[str]:
    """As an agent writes them."""
    return [
        f"INFO request {n} took {n % 977} ms path=/agent/x/chat status=200 bytes={n * 7}"
        for n in range(count)
    ]


async def log_rows() -> list[Row]:
    """Lines shown, filtered and kept."""
    from textual.app import App, ComposeResult
    from textual.widgets import RichLog

    from holodeck_tui.ui.logs.choose import Choice
    from holodeck_tui.ui.logs.inbox import Batch
    from holodeck_tui.ui.widgets.log_view import LogView

    class Ours(App[None]):
        def compose(self) -> ComposeResult:
            yield LogView()

    class Theirs(App[None]):
        def compose(self) -> ComposeResult:
            yield RichLog(max_lines=10_000)

    lines = log_lines(100_000)
    rows = []
    async with Ours().run_test(size=(120, 40)) as pilot:
        view = pilot.app.query_one(LogView)
        before = psutil.Process().memory_info().rss

        async def add() -> float:
            begun, wanted = time.perf_counter(), view.shown + len(lines)
            for start in range(0, len(lines), 500):
                view.write(Batch(0, lines[start : start + 500], [-1] * 500))
            while view.shown < wanted:
                await asyncio.sleep(0.002)
            await pilot.pause()
            return time.perf_counter() - begun

        ours = await add()
        begun = time.perf_counter()
        view.choose(Choice(re.compile(r"took 9\d\d ms.*status=2")))
        filtered = time.perf_counter() - begun
        view.choose(Choice())
        for _ in range(9):
            await add()
        grown = (psutil.Process().memory_info().rss - before) / 1e6
        whole = psutil.Process().memory_info().rss / 1e6
    async with Theirs().run_test(size=(120, 40)) as pilot:
        log = pilot.app.query_one(RichLog)
        begun = time.perf_counter()
        for line in lines[:2000]:
            log.write(line)
        await pilot.pause()
        theirs = (time.perf_counter() - begun) * len(lines) / 2000
    rows.append(Row("100,000 log lines shown", f"{ours:.2f} s", "<= 0.5 s"))
    rows.append(
        Row(
            "RichLog / ours, 100,000 lines",
            f"{theirs / ours:.0f}x",
            ">= 50x",
            f"RichLog {theirs:.1f} s (of 2,000)",
        )
    )
    rows.append(Row("1,000,000 lines kept", f"{whole:.0f} MB", "<= 120 MB", f"grown by {grown:.0f} MB"))
    rows.append(Row("regex filter over 100,000 lines", f"{filtered * 1000:.0f} ms", "<= 100 ms"))
    return rows


async def table_row() -> Row:
    """A new snapshot of 1,000 deployments, 5 % of them changed: CPU of the UI thread until it is drawn."""
    from dataclasses import replace
    from datetime import datetime, timedelta, timezone

    from textual.app import App, ComposeResult

    from holodeck_tui.core.values import ServiceRef, Status
    from holodeck_tui.ui.rows import Row as Line
    from holodeck_tui.ui.rows import arrange
    from holodeck_tui.ui.theme import Glyphs
    from holodeck_tui.ui.widgets.deployments import DeploymentTable

    class Table(App[None]):
        def compose(self) -> ComposeResult:
            yield DeploymentTable(Glyphs())

    now = datetime.now(timezone.utc)
    made = [
        Line(
            Status(
                ServiceRef("aws", f"id{n}", f"agent-{n}", "aws:eu-west-1", f"agent-{n}"),
                "healthy",
                url=f"https://agent-{n}.example.com",
                image_uri=f"registry/agent:{n:07}",
                revision=str(n),
                created_at=now - timedelta(hours=n),
            )
        )
        for n in range(1000)
    ]

    def ordered(rows: list[Line]) -> list[Line]:
        return arrange(rows, sort="agent", reverse=False, group="", words="")

    async with Table().run_test(size=(160, 45)) as pilot:
        table = pilot.app.query_one(DeploymentTable)
        table.show(ordered(made))
        await pilot.pause(0.5)
        times = []
        for turn in range(7):
            state = "degraded" if turn % 2 == 0 else "healthy"
            changed = [
                replace(row, status=replace(row.status, state=state)) if n % 20 == 0 else row
                for n, row in enumerate(made)
            ]
            begun = time.thread_time()
            table.show(ordered(changed))
            await pilot.pause()
            times.append((time.thread_time() - begun) * 1000)
    return Row("1,000 deployments, 5 % changed", f"{statistics.median(times):.0f} ms", "<= 80 ms")


def rows() -> list[Row]:
    """Every row of the app."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        home = Path(name)
        found = [start_row(home)]
        found.extend(asyncio.run(log_rows()))
        found += [key_row(home), idle_row(home), quit_row(home), asyncio.run(table_row())]
        return found

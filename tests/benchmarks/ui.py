"""The app's parts: lines of a log shown, filtered and kept; a table of deployments refreshed."""

from __future__ import annotations

import asyncio
import multiprocessing
import statistics
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import psutil

from tests.benchmarks import terminal
from tests.benchmarks.timing import Row


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
    from holodeck_tui.ui.logs.expression import Expression
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
        expression = Expression(r"took 9\d\d ms.*status=2")
        begun = time.perf_counter()
        view.choose(Choice(expression))
        assert not view.searching, "the filter went on after it was measured"
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


def _log_rows() -> list[Row]:
    return asyncio.run(log_rows())


def rows() -> list[Row]:
    """Every row of the app."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        home = Path(name)
        found = [terminal.start_row(home)]
        # A process of its own, which has in its memory what the app has, and not the other benchmarks.
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            found.extend(pool.submit(_log_rows).result())
        found += [terminal.key_row(home), terminal.idle_row(home), terminal.quit_row(home)]
        return [*found, asyncio.run(table_row())]

"""Logs before the first answer, at their end, and with names, lines and numbers that are long."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from holodeck_tui.core.context import Context
from holodeck_tui.core.values import ServiceRef
from holodeck_tui.deployers.base import LogLine, LogQuery
from holodeck_tui.ui.logs.streams import Stream
from tests.ui.snapshots.conftest import Picture, Stage
from tests.ui.snapshots.test_logs_snapshots import ONE, OTHER, feed, lines, show
from tests.ui.snapshots.values import GCP, LONG, LONG_ONES, NOW, service

pytestmark = pytest.mark.ui
__all__ = ["feed"]
LOG_LINES = "holodeck_tui.pipeline.found.log_lines"


def test_connecting(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    monkeypatch.setattr(Stream, "start", lambda *_: None)

    async def before(stage: Stage) -> None:
        await show(stage, [ONE], "connecting")

    assert picture(before)


def test_it_has_ended(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    def ends(_ref: ServiceRef, _query: LogQuery, _ctx: Context) -> Iterator[LogLine]:
        yield from lines(5)

    monkeypatch.setattr(LOG_LINES, ends)

    async def before(stage: Stage) -> None:
        await show(stage, [ONE], "ended (R connects again)", "5 lines")

    assert picture(before)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_long_names_and_lines(size: tuple[int, int], feed: Any, picture: Picture) -> None:
    first = threading.Event()

    def says(ref: ServiceRef) -> Iterator[LogLine]:
        if ref is LONG_ONES[1].ref:
            assert first.wait(60), "the first log was not shown"
            yield LogLine(f"日本語の名前を持つ代理人 {LONG * 3}", NOW + timedelta(seconds=9))
        else:
            yield from lines(6)
            yield LogLine(f"WARN   {LONG * 50}", NOW + timedelta(seconds=7))

    feed(says)

    async def before(stage: Stage) -> None:
        await show(stage, [one.ref for one in LONG_ONES[:2]], "2 deployments", "7 lines")
        first.set()
        await stage.until("8 lines")

    assert picture(before, size=size)


def test_one_of_a_long_name(feed: Any, picture: Picture) -> None:
    feed(lambda _: iter(lines(6)))

    async def before(stage: Stage) -> None:
        await show(stage, [LONG_ONES[0].ref], "a-very-long", "following · app · 6 lines")

    assert picture(before)


def test_many_deployments(feed: Any, picture: Picture) -> None:
    refs = [service(f"agent-{number:02}", GCP, env="prod").ref for number in range(12)]
    turn = threading.Event()

    def says(ref: ServiceRef) -> Iterator[LogLine]:
        if ref is refs[0]:
            yield from lines(3)
            turn.set()
        elif ref is refs[11]:
            assert turn.wait(60), "the first log was not read"
            yield from lines(3, 20)

    feed(says)

    async def before(stage: Stage) -> None:
        await show(stage, refs, "12 deployments", "6 lines")

    assert picture(before)


def test_a_hundred_thousand_lines(feed: Any, picture: Picture) -> None:
    feed(lambda _: iter(lines(100_000)))

    async def before(stage: Stage) -> None:
        await show(stage, [ONE], "100,000 lines", "following")
        await stage.press("slash", *"attempt 2", "enter")
        await stage.until("held where you read")

    assert picture(before)


def test_one_after_the_other(feed: Any, picture: Picture) -> None:
    feed(lambda ref: iter(lines(4) if ref is ONE else ()))

    async def before(stage: Stage) -> None:
        await show(stage, [ONE, OTHER], "2 deployments", "4 lines")
        await stage.press("m", "m")
        await stage.until("legal-assistant", "Nothing has been logged yet")

    assert picture(before)


@pytest.mark.parametrize(
    ("key", "wrong"),
    [("h", "is neither a number of lines"), ("slash", "No line has")],
    ids=["history", "search"],
)
def test_what_is_typed_is_wrong(key: str, wrong: str, feed: Any, picture: Picture) -> None:
    feed(lambda _: iter(lines(200)))

    async def before(stage: Stage) -> None:
        await show(stage, [ONE], "200 lines", "following")
        await stage.press(key, *"wat", "enter")
        await stage.until(wrong)

    assert picture(before)

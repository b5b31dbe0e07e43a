"""A reader's place never moves, and nothing is lost without being counted."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace

import pytest
from textual.app import App, ComposeResult

from holodeck_tui.ui.logs.choose import Choice
from holodeck_tui.ui.logs.expression import Expression
from holodeck_tui.ui.logs.inbox import Batch
from holodeck_tui.ui.logs.store import NO_TIME, LogStore
from holodeck_tui.ui.widgets import log_reader, log_view
from holodeck_tui.ui.widgets.log_view import LogView
from tests.ui.conftest import Eventually

pytestmark = pytest.mark.ui


class OneView(App[None]):
    def __init__(self, store: LogStore | None = None) -> None:
        super().__init__()
        self.store = store

    def compose(self) -> ComposeResult:
        yield LogView(store=self.store)

    @property
    def view(self) -> LogView:
        return self.query_one(LogView)

    def lines(self, first: int, stop: int, source: int = 0, stamp: int = NO_TIME) -> None:
        texts = [f"line {number}" for number in range(first, stop)]
        self.view.write(Batch(source, texts, [stamp] * len(texts)))
        self.view.drain()

    def seen(self) -> list[str]:
        return [
            "".join(segment.text for segment in self.view.render_line(y)).strip()
            for y in range(self.view.size.height)
        ]


async def test_it_follows_until_the_reader_scrolls_up_and_then_nothing_moves() -> None:
    app = OneView()
    async with app.run_test(size=(60, 10)) as pilot:
        app.lines(0, 100)
        await pilot.pause()
        assert app.seen()[-1] == "line 99"
        app.view.focus()
        await pilot.press("pageup")
        await pilot.pause()
        before = app.seen()
        assert before[-1] != "line 99"
        app.lines(100, 5000)
        await pilot.pause()
        assert app.seen() == before
        assert app.view.unseen == 4900
        app.view.follow()
        await pilot.pause()
        assert app.seen()[-1] == "line 4999"
        assert app.view.unseen == 0


@pytest.mark.parametrize("wrap", [False, True])
async def test_the_place_stays_when_the_oldest_lines_go(wrap: bool) -> None:
    app = OneView(LogStore(most_bytes=4000, segment_lines=50))
    async with app.run_test(size=(60, 10)) as pilot:
        app.lines(0, 600)
        app.view.wrap = wrap
        app.view.relay()
        await pilot.pause()
        app.view.focus()
        await pilot.press("pageup")
        await pilot.pause()
        before = app.seen()
        app.lines(600, 720)
        await pilot.pause()
        assert app.view.store.first > 0
        assert app.seen() == before


async def test_a_filter_looks_at_the_whole_buffer_and_keeps_the_place() -> None:
    app = OneView()
    async with app.run_test(size=(60, 10)) as pilot:
        app.lines(0, 1000)
        app.view.choose(Choice(Expression(r"line \d*5$")))
        await pilot.pause()
        assert app.view.shown == 100
        assert app.seen()[-1] == "line 995"
        app.lines(1000, 1010)
        await pilot.pause()
        assert app.seen()[-1] == "line 1005"
        app.view.to_number(505)
        app.view.choose(replace(app.view.choice, pattern=None))
        await pilot.pause()
        assert "line 505" in app.seen()


async def test_search_finds_forwards_and_backwards_and_copies_what_is_marked() -> None:
    app = OneView()
    async with app.run_test(size=(60, 10)) as pilot:
        app.lines(0, 1000)
        await pilot.pause()
        assert app.view.find(Expression("line 77$"), back=True)
        assert app.view.cursor == 77
        assert not app.view.find(Expression("line 5$"))
        assert app.view.find(Expression("line 99$"))
        app.view.focus()
        await pilot.press("up")
        app.view.mark()
        await pilot.press("down", "down")
        assert app.view.chosen() == ["line 98", "line 99", "line 100"]


async def test_two_logs_are_merged_by_time_and_can_be_read_apart() -> None:
    app = OneView()
    async with app.run_test(size=(60, 10)) as pilot:
        view = app.view
        view.sources = ["one", "two"]
        view.write(Batch(0, ["first", "third"], [1000, 3000]))
        view.write(Batch(1, ["second"], [2000]))
        view.drain()
        await pilot.pause()
        assert [view.store.line(number).text for number in range(3)] == ["first", "second", "third"]
        view.choose(Choice(sources=frozenset({1})))
        assert view.shown == 1


async def test_a_huge_line_is_drawn_in_part_and_kept_whole() -> None:
    app = OneView()
    async with app.run_test(size=(60, 10)) as pilot:
        view = app.view
        view.write(Batch(0, ["x" * 3_000_000], [NO_TIME]))
        view.drain()
        await pilot.pause()
        assert app.seen()
        view.to_number(0)
        assert len(view.chosen()[0]) == 3_000_000
        view.wrap = True
        view.relay()
        await pilot.pause()
        assert app.seen()


@pytest.mark.parametrize("how", ["filter", "search", "drawing"])
async def test_an_expression_that_would_take_years_is_given_up_and_told(how: str) -> None:
    app = OneView()
    async with app.run_test(size=(80, 10), notifications=True) as pilot:
        view, bad = app.view, Expression("(a+)+$")
        lines = ["first", "a" * 3000 + "!", "last"]
        view.write(Batch(0, lines, [NO_TIME] * 3))
        view.drain()
        await pilot.pause()
        if how == "filter":
            view.choose(Choice(bad))
        elif how == "search":
            assert view.find(bad)
        else:
            view.search = bad
            view._strips.clear()
            view.refresh()
        await pilot.pause()
        await pilot.pause()
        (told,) = app._notifications
        assert told.message.startswith('"(a+)+$" takes too long on a line of this log and was given up.')
        assert (view.choice.everything, view.search, view.searching) == (True, None, False)
        assert app.seen()[0] == "first"


async def test_a_long_search_and_filter_go_on_at_each_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (log_view, log_reader):
        monkeypatch.setattr(module, "FIRST", 0)
    app = OneView()
    async with app.run_test(size=(60, 10), notifications=True) as pilot:
        app.lines(0, 40_000)
        view = app.view
        view.to_number(30_000)
        assert view.find(Expression("line 39999$"))
        assert view.searching
        while view.searching:
            view.drain()
        assert view.cursor == 39_999
        view.to_number(30_005)
        assert view.find(Expression("line 39999$x"))
        while view.searching:
            view.drain()
        await pilot.pause()
        assert [one.message for one in app._notifications] == ["No more of them in this direction."]
        view.to_number(30_005)
        view.choose(Choice(Expression(r"5$")))
        while view.searching:
            view.drain()
        await pilot.pause()
        assert view.unseen == 0
        assert app.seen()[0] == "line 30005"


async def test_a_quiet_view_sleeps_until_lines_come_from_any_thread(eventually: Eventually) -> None:
    class Counting(LogView):
        drained = 0

        def drain(self) -> None:
            self.drained += 1
            super().drain()

    class Counted(App[None]):
        def compose(self) -> ComposeResult:
            yield Counting()

    app = Counted()
    async with app.run_test(size=(60, 12)) as pilot:
        view = app.query_one(Counting)

        async def asleep() -> bool:
            before = view.drained
            await asyncio.sleep(0.3)
            return view.drained == before

        for number in (1, 2):
            batch = Batch(0, ["a line"], [NO_TIME])
            threading.Thread(target=view.write, args=(batch,)).start()
            await eventually(pilot, lambda number=number: view.shown == number)
            for _ in range(20):
                if await asleep():
                    break
            else:
                pytest.fail("it never sleeps")

"""The log of a run: what it tells, what the service says then, how it is searched and wrapped."""

from __future__ import annotations

import os

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Input

from holodeck_tui.ui.widgets.run_log import RunLog
from tests.ui.agents import AgentFolder
from tests.ui.conftest import screen_text
from tests.ui.pipeline.test_pipeline_screen import planned, until

pytestmark = pytest.mark.ui


def lines(log: RunLog) -> list[str]:
    """All that it holds."""
    store = log.view.store
    return [store.line(number).text for number in range(store.first, store.end)]


class Shown(App[None]):
    def compose(self) -> ComposeResult:
        yield RunLog()


async def test_it_is_searched_and_escape_leads_back_to_the_newest_line() -> None:
    app = Shown()
    async with app.run_test(size=(60, 10)) as pilot:
        log = app.query_one(RunLog)
        log.write([f"line {number}" for number in range(100)])
        await until(pilot, lambda: log.view.shown == 100, 60)
        log.search()
        await pilot.press(*"line 1[23]", "enter")
        await until(pilot, lambda: log.view.cursor == 13, 60)
        assert not log.query_one(Input).display
        log.next(back=True)
        await until(pilot, lambda: log.view.cursor == 12, 60)
        log.next()
        await until(pilot, lambda: log.view.cursor == 13, 60)
        await pilot.press("escape")
        await pilot.pause()
        assert log.view.cursor is None
        assert log.view.following
        assert not log.check_action("close", ())


async def test_what_is_not_there_is_told_and_the_field_stays() -> None:
    app = Shown()
    async with app.run_test(size=(60, 10)) as pilot:
        log = app.query_one(RunLog)
        log.write(["one"])
        await until(pilot, lambda: log.view.shown == 1, 60)
        log.next()
        await pilot.press(*"two", "enter")
        told = [one.message for one in app._notifications]
        assert told == ['No line has "two".']
        assert log.query_one(Input).display
        await pilot.press("escape")
        assert not log.query_one(Input).display


async def test_long_lines_are_wrapped_and_not() -> None:
    app = Shown()
    async with app.run_test(size=(60, 10)) as pilot:
        log = app.query_one(RunLog)
        log.write(["x" * 100 + " the end"])
        await until(pilot, lambda: log.view.shown == 1, 60)
        assert "the end" not in screen_text(app)
        log.wrap()
        await until(pilot, lambda: "the end" in screen_text(app), 60)
        log.wrap()
        await until(pilot, lambda: "the end" not in screen_text(app), 60)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="the process runtime is of POSIX")
async def test_a_plan_has_all_the_room_and_a_run_tells_its_steps_and_then_what_the_service_says(
    agent: AgentFolder,
) -> None:
    app = agent.app()
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await planned(pilot)
        log = screen.query_one(RunLog)
        assert not log.display
        assert "/ search" not in screen_text(app)
        await pilot.press("d")
        await until(pilot, lambda: "build: skipped, the agent runs as a process" in screen_text(app))
        await until(pilot, lambda: "to become healthy, at most" in screen_text(app))
        await until(pilot, lambda: not app.keeper.busy)
        says = f"what holodeck-{agent.name} says:"
        await until(pilot, lambda: says in lines(log))
        await until(pilot, lambda: "Uvicorn running" in "".join(lines(log)))
        shown = log.view.shown
        await pilot.press("1")
        await until(pilot, lambda: app.current_mode == "deployments")
        await pilot.press("2", "question_mark", "escape")
        await until(pilot, lambda: app.screen is screen)
        assert log.view.shown >= shown
        assert lines(log).count(says) == 1
        await pilot.press("slash", *"uvicorn running", "enter")
        await until(pilot, lambda: log.view.cursor is not None)
        await pilot.press("escape")
        assert app.current_mode == "pipeline"
        assert log.view.cursor is None
        await pilot.press("p")
        await until(pilot, lambda: screen.can_deploy)
        assert not log.display

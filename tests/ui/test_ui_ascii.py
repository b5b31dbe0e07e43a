"""A terminal that can show no more than ASCII is given no more, whoever draws."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot

from holodeck_tui.core.context import Context
from holodeck_tui.core.events import LogLines, Progress, Result, StepStarted, Waiting
from holodeck_tui.core.values import ServiceRef
from holodeck_tui.deployers.looking import Found, SeenRegistry
from holodeck_tui.deployers.registries import offers
from holodeck_tui.ui.app import HolodeckApp
from holodeck_tui.ui.launch import Launch
from holodeck_tui.ui.preferences import Preferences
from holodeck_tui.ui.questions import wanted
from holodeck_tui.ui.screens.answers import AnswersScreen
from holodeck_tui.ui.screens.choose import ChooseScreen, SeveralScreen
from holodeck_tui.ui.screens.logs import LogsScreen
from tests.ui.conftest import Eventually, screen_text

pytestmark = pytest.mark.ui
REF = ServiceRef("local", "process:x", "holodeck-x", "local", "x")
SIZES = [(80, 24), (120, 40)]


def beyond(app: HolodeckApp) -> set[str]:
    """The characters on the screen that are no ASCII."""
    return {character for character in screen_text(app) if not character.isascii()}


@pytest.mark.parametrize("size", SIZES)
async def test_no_screen_shows_more_than_ascii(
    launch: Launch, eventually: Eventually, size: tuple[int, int]
) -> None:
    app = HolodeckApp(launch, preferences=Preferences(ascii=True))
    async with app.run_test(size=size) as pilot:

        async def shows(words: str) -> None:
            await eventually(pilot, lambda: words in screen_text(app), 15)
            assert beyond(app) == set(), screen_text(app)

        await shows("? help")
        await places(pilot, shows)
        await pilot.press("question_mark")
        await shows("esc closes this")
        await pilot.press("escape", "1", "ctrl+p")
        await shows("Search for commands")
        await pilot.press(*"go")
        await shows("go")
        await pilot.press("escape")
        await app.push_screen(LogsScreen([REF]))
        await shows("- app -")
        await app.push_screen(ChooseScreen("Where?", ["here", "there"], ["a", "b"]))
        await shows("enter chooses")


async def places(pilot: Pilot[Any], shows: Any) -> None:
    await pilot.press("2")
    await shows("nothing is deployed yet")
    await pilot.press("3")
    await shows("YAML")
    await pilot.press("4")
    await shows("chooses a target")


async def test_the_keys_have_names_in_place_of_signs(launch: Launch, eventually: Eventually) -> None:
    bare = replace(launch, environ={**launch.environ, "TERM": "linux"})
    app = HolodeckApp(bare, preferences=Preferences(keymap={"app.pipeline": "shift+up"}))
    async with app.run_test(size=(120, 40)) as pilot:
        await eventually(pilot, lambda: "? help" in screen_text(app))
        await pilot.press("question_mark")
        await eventually(pilot, lambda: "shift+up" in screen_text(app))
        assert beyond(app) == set()


@pytest.mark.parametrize("size", SIZES)
async def test_a_run_under_way_and_stopped(
    quiet: HolodeckApp, eventually: Eventually, size: tuple[int, int]
) -> None:
    app = HolodeckApp(quiet.launch, preferences=Preferences(ascii=True))
    app.fleet.open = lambda: None  # type: ignore[method-assign]

    def work(ctx: Context) -> Result:
        ctx.emit(StepStarted("push"))
        ctx.emit(Waiting("push", "the registry", 60))
        ctx.emit(LogLines("push", tuple(f"line {number} " * 30 for number in range(60))))
        ctx.emit(Progress("push", "total", 40, 100))
        ctx.cancel.sleep(60)
        raise AssertionError("nobody stopped it")

    async with app.run_test(size=size) as pilot:
        run = app.keeper.start("deploy it " * 20, work)
        await eventually(pilot, lambda: "deploy it" in screen_text(app), 15)
        assert beyond(app) == set(), screen_text(app)
        await pilot.press("2")
        await eventually(pilot, lambda: "40%" in screen_text(app), 15)
        assert beyond(app) == set(), screen_text(app)
        app.keeper.cancel()
        assert run.done.wait(10)
        await eventually(pilot, lambda: "Interrupted" in screen_text(app), 15)
        assert beyond(app) == set(), screen_text(app)


async def test_the_questions_of_set_up(quiet: HolodeckApp, eventually: Eventually) -> None:
    app = HolodeckApp(quiet.launch, preferences=Preferences(ascii=True))
    app.fleet.open = lambda: None  # type: ignore[method-assign]
    seen = Found("me", {"location": tuple(f"place-{number}" for number in range(9))}, (SeenRegistry("host"),))
    asked = wanted("azure", offers("azure", seen, "one")[0], seen.choices)
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(AnswersScreen("Azure", "", asked))
        await eventually(pilot, lambda: "Show the change" in screen_text(app), 15)
        assert beyond(app) == set(), screen_text(app)
        app.push_screen(SeveralScreen("Which?", [(one, one, one == "a") for one in "abc"]))
        await eventually(pilot, lambda: "space ticks" in screen_text(app), 15)
        assert beyond(app) == set(), screen_text(app)

"""A terminal that can show no more than ASCII is given no more, whoever draws."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot

from holodeck_tui.core.values import ServiceRef
from holodeck_tui.ui.app import HolodeckApp
from holodeck_tui.ui.launch import Launch
from holodeck_tui.ui.preferences import Preferences
from holodeck_tui.ui.screens.choose import ChooseScreen
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

"""The mouse in a log: what it selects stays, can be read, and is what is copied."""

from __future__ import annotations

from typing import Any

import pytest
from textual.widgets import Static

from holodeck_tui.core.values import ServiceRef
from holodeck_tui.ui.app import HolodeckApp
from holodeck_tui.ui.screens.logs import LogsScreen
from holodeck_tui.ui.widgets.log_view import LogView
from tests.ui.conftest import Eventually, screen_text

pytestmark = [pytest.mark.ui, pytest.mark.usefixtures("hundred_lines")]
LOCAL = ServiceRef("local", "id", "one", "local", "one")


async def drag(pilot: Any, begin: tuple[int, int], end: tuple[int, int]) -> None:
    await pilot.mouse_down(LogView, offset=begin)
    await pilot.hover(LogView, offset=end)
    await pilot.mouse_up(LogView, offset=end)
    await pilot.pause()


@pytest.mark.parametrize("theme", ["holodeck-dark", "holodeck-light", "ansi-dark"])
async def test_what_the_mouse_has_selected_can_be_read_and_is_copied(
    quiet: HolodeckApp, eventually: Eventually, theme: str
) -> None:
    async with quiet.run_test(size=(100, 24)) as pilot:
        quiet.theme = theme
        quiet.push_screen(LogsScreen([LOCAL]))
        await eventually(pilot, lambda: "following · app · 100 lines" in screen_text(quiet))
        await drag(pilot, (9, 5), (15, 7))
        view = quiet.screen.query_one(LogView)
        assert (view.cursor, view.following) == (None, False)
        selected = [segment for segment in view.render_line(6) if "line" in segment.text]
        assert all(one.style and one.style.color != one.style.bgcolor for one in selected)

        await pilot.press("y")
        copied = quiet.clipboard.splitlines()
        assert [line.split()[0] for line in copied] == ["line"] * 3
        await pilot.press("escape")
        assert isinstance(quiet.screen, LogsScreen)
        assert view.text_selection is None


async def test_a_selection_that_began_outside_of_the_log_is_copied_as_far_as_it_is_seen(
    quiet: HolodeckApp, eventually: Eventually
) -> None:
    async with quiet.run_test(size=(100, 24)) as pilot:
        quiet.push_screen(LogsScreen([LOCAL]))
        await eventually(pilot, lambda: "following · app · 100 lines" in screen_text(quiet))
        top = int(quiet.screen.query_one(LogView).scroll_y)
        await pilot.mouse_down(quiet.screen.query_one("#about", Static), offset=(3, 0))
        await pilot.hover(LogView, offset=(60, 1))
        await pilot.mouse_up(LogView, offset=(60, 1))
        await pilot.pause()
        await pilot.press("y")
        assert f"line {top}" in quiet.clipboard
        assert f"line {top + 1}" in quiet.clipboard
        assert f"line {top + 2}" not in quiet.clipboard

"""The logs screen by its keys: what it says of itself stays true."""

from __future__ import annotations

import pytest

from holodeck_tui.core.values import ServiceRef, Status
from holodeck_tui.ui.app import HolodeckApp
from holodeck_tui.ui.screens.dashboard import DashboardScreen
from holodeck_tui.ui.screens.logs import LogsScreen
from holodeck_tui.ui.widgets.log_view import LogView
from tests.ui.conftest import Eventually, screen_text

pytestmark = [pytest.mark.ui, pytest.mark.usefixtures("hundred_lines")]
CLOUD = ServiceRef("gcp", "id", "one", "gcp:p/r", "one")
LOCAL = ServiceRef("local", "id", "one", "local", "one")


async def test_lines_of_the_other_log_were_not_let_go(quiet: HolodeckApp, eventually: Eventually) -> None:
    async with quiet.run_test(size=(100, 24)) as pilot:
        quiet.push_screen(LogsScreen([CLOUD]))
        await eventually(pilot, lambda: "following · app · 100 lines" in screen_text(quiet))
        await pilot.press("a")
        await eventually(pilot, lambda: "following · system · 100 lines" in screen_text(quiet))
        assert "system 99" in screen_text(quiet)
        assert "let go" not in screen_text(quiet)


async def test_this_machine_has_no_log_of_its_own_to_offer(
    quiet: HolodeckApp, eventually: Eventually
) -> None:
    async with quiet.run_test(size=(100, 24)) as pilot:
        quiet.push_screen(LogsScreen([LOCAL]))
        await eventually(pilot, lambda: "100 lines" in screen_text(quiet))
        await pilot.press("a", "w")
        await pilot.pause()
        assert "following · app · 100 lines" in screen_text(quiet)


async def test_end_goes_back_to_the_newest_line_from_a_cursor(
    quiet: HolodeckApp, eventually: Eventually
) -> None:
    async with quiet.run_test(size=(100, 24)) as pilot:
        quiet.push_screen(LogsScreen([CLOUD]))
        await eventually(pilot, lambda: "line 99" in screen_text(quiet))
        await pilot.press("k", "k", "pageup")
        await eventually(pilot, lambda: "line 99" not in screen_text(quiet))
        await pilot.press("k", "end")
        await eventually(pilot, lambda: "following" in screen_text(quiet))
        assert "line 99" in screen_text(quiet)
        assert quiet.screen.query_one(LogView).cursor is None


async def test_the_field_says_what_is_asked_also_when_something_stands_in_it(
    quiet: HolodeckApp, eventually: Eventually
) -> None:
    async with quiet.run_test(size=(100, 24)) as pilot:
        quiet.push_screen(LogsScreen([CLOUD]))
        await eventually(pilot, lambda: "/ search" in screen_text(quiet))
        await pilot.press("f", *"5$", "enter", "f")
        await eventually(pilot, lambda: "show only 5$" in screen_text(quiet))
        assert "10 of 100 lines" in screen_text(quiet)
        await eventually(pilot, lambda: "/ search" not in screen_text(quiet))
        await pilot.press("escape", "slash", "9")
        await eventually(pilot, lambda: "search 9" in screen_text(quiet))


async def test_the_palette_goes_to_a_deployment_from_its_log(
    quiet: HolodeckApp, eventually: Eventually
) -> None:
    async with quiet.run_test(size=(100, 30)) as pilot:
        quiet.fleet.poller.watch(["gcp:p/r"])
        quiet.fleet.poller.due()
        quiet.fleet.poller.answered("gcp:p/r", [Status(CLOUD, "healthy")])
        quiet.fleet._publish()
        quiet.push_screen(LogsScreen([CLOUD]))
        await eventually(pilot, lambda: "line 99" in screen_text(quiet))
        await pilot.press("ctrl+p", *"Go to one")
        await eventually(pilot, lambda: "Go to one (gcp:p/r)" in screen_text(quiet))
        await pilot.press("down", "enter")
        await eventually(pilot, lambda: isinstance(quiet.screen, DashboardScreen))


async def test_the_palette_names_keys_and_finds_by_what_an_action_does(
    quiet: HolodeckApp, eventually: Eventually
) -> None:
    async with quiet.run_test(size=(100, 30)) as pilot:
        quiet.push_screen(LogsScreen([CLOUD]))
        await eventually(pilot, lambda: "line 99" in screen_text(quiet))
        await pilot.press("ctrl+p", *"every line to")
        await eventually(pilot, lambda: "Save  S" in screen_text(quiet))

"""Lists move by vim's keys, wherever there is one."""

from __future__ import annotations

import pytest
from textual.screen import Screen
from textual.widgets import OptionList

from holodeck_tui.core.values import ServiceRef, Status
from holodeck_tui.ui.app import HolodeckApp
from holodeck_tui.ui.rows import Row
from holodeck_tui.ui.screens.choose import ChooseScreen, SeveralScreen
from holodeck_tui.ui.screens.details import DetailScreen
from tests.ui.conftest import Eventually

pytestmark = pytest.mark.ui
STATUS = Status(ServiceRef("gcp", "id", "one", "gcp:p/r", "one"), "healthy")
FIVE = ["a", "b", "c", "d", "e"]


@pytest.mark.parametrize(
    "screen",
    [
        lambda: ChooseScreen("Which?", FIVE, FIVE),
        lambda: SeveralScreen("Which?", [(one, one, False) for one in FIVE]),
        lambda: DetailScreen(Row(STATUS), lambda: None),
        None,
    ],
    ids=["choose", "several", "details", "setup"],
)
async def test_j_k_g_and_capital_g(screen: object, quiet: HolodeckApp, eventually: Eventually) -> None:
    async with quiet.run_test(size=(100, 30)) as pilot:
        if callable(screen):
            made: Screen[object] = screen()
            quiet.push_screen(made)
        else:
            quiet.action_go("setup")
        await eventually(
            pilot, lambda: isinstance(quiet.focused, OptionList) and quiet.focused.option_count > 2
        )
        found = quiet.focused
        assert isinstance(found, OptionList)
        last = found.option_count - 1
        await pilot.press("g")
        assert found.highlighted == 0
        await pilot.press("j", "j", "k")
        assert found.highlighted == 1
        await pilot.press("G")
        assert found.highlighted == last

"""Colours that mean something tell apart, in the terminal's own as well."""

from __future__ import annotations

import pytest
from textual.color import Color

from holodeck_tui.ui.app import HolodeckApp
from holodeck_tui.ui.theme import ANSI, ANSI_LIGHT
from tests.ui.conftest import Eventually

pytestmark = pytest.mark.ui


@pytest.mark.parametrize("theme", [ANSI, ANSI_LIGHT])
async def test_a_warning_is_no_shade_of_an_error_in_the_terminals_own_colours(
    quiet: HolodeckApp, theme: str
) -> None:
    quiet.theme = theme
    async with quiet.run_test():
        hues = {
            quiet.theme_variables[name].replace("bright_", "") for name in ("success", "warning", "error")
        }
        assert len(hues) == 3
        assert all(hue.startswith("ansi_") for hue in hues)


@pytest.mark.parametrize("theme", [ANSI, ANSI_LIGHT])
@pytest.mark.parametrize(
    ("place", "part"), [("1", "datatable--cursor"), ("4", "option-list--option-highlighted")]
)
async def test_the_chosen_line_is_the_terminals_own_two_colours(
    quiet: HolodeckApp, eventually: Eventually, theme: str, place: str, part: str
) -> None:
    quiet.theme = theme
    async with quiet.run_test() as pilot:
        await pilot.press(place)
        chosen = await eventually(pilot, lambda: quiet.focused)
        styles = chosen.get_component_styles(part)
        # Reversed: a colour behind would become that of the words, on the ground of the other ones.
        assert styles.text_style.reverse
        assert (styles.color, styles.background) == (Color.parse("ansi_default"),) * 2

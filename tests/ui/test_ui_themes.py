"""Colours that mean something tell apart, in the terminal's own as well."""

from __future__ import annotations

import pytest

from holodeck_tui.ui.app import HolodeckApp
from holodeck_tui.ui.theme import ANSI, ANSI_LIGHT

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

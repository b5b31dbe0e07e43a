"""The line of the configuration's tabs in little room."""

from __future__ import annotations

import pytest

from holodeck_tui.config.sources import Problem
from holodeck_tui.ui.editing import AGENT, OVERLAY, Part
from holodeck_tui.ui.editor_words import Tabs, title_words
from holodeck_tui.ui.theme import Glyphs

pytestmark = [pytest.mark.unit, pytest.mark.ui]
PARTS = (Part(AGENT), Part(OVERLAY), *(Part(OVERLAY, f"environment-{number}") for number in range(12)))
WRONG = (Problem("agent.yaml", 1, 1, "name", "is wrong"),)


@pytest.mark.parametrize("here", range(len(PARTS)))
@pytest.mark.parametrize("room", [58, 78, 118, 158])
def test_the_shown_tab_and_how_its_file_stands_are_always_read(here: int, room: int) -> None:
    tabs = Tabs(PARTS, PARTS[here], "agent.yaml")
    shown = title_words(tabs, WRONG, Glyphs(), room, modified=True).plain
    assert f" {PARTS[here].environment or ('agent.yaml', 'deploy.yaml')[here % 2]} " in shown
    assert shown.endswith("modified   ✖ 1 problem")
    assert len(shown) <= room
    assert ("agent.yaml" not in shown) == shown.startswith("…")


def test_all_tabs_are_shown_where_they_fit() -> None:
    shown = title_words(Tabs(PARTS, PARTS[1], "agent.yaml"), (), Glyphs(), 300, modified=False).plain
    assert all(f" {part.environment} " in shown for part in PARTS[2:])
    assert "…" not in shown

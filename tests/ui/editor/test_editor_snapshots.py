"""The editor as it looks, narrow and wide."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from holodeck_tui.ui.screens.editor import EditorScreen
from holodeck_tui.ui.widgets.form import Entry
from holodeck_tui.ui.widgets.yaml_pane import YamlPane
from tests.ui.agents import AgentFolder
from tests.ui.conftest import screen_text, wait_for
from tests.ui.editor.test_editor_screen import OVERLAY, TEXT

pytestmark = pytest.mark.ui


@pytest.mark.parametrize("size", [(80, 24), (160, 45)], ids=["narrow", "wide"])
def test_a_problem_is_shown_at_its_field_and_its_line(
    size: tuple[int, int], tmp_path: Path, sealed_home: Path, snap_compare: Any
) -> None:
    made = AgentFolder(tmp_path, sealed_home)
    made.agent.write_text(TEXT.replace("memory: 2Gi", "memory: 256Mi"))
    made.overlay.write_text(OVERLAY)
    app = made.app()

    async def before(pilot: Pilot[Any]) -> None:
        await pilot.press("3")
        while not (isinstance(app.screen, EditorScreen) and app.screen.query(Entry)):
            await pilot.pause(0.05)
        # Where the cursor is in its blinking is a matter of time.
        app.screen.query_one(YamlPane).cursor_blink = False
        while any(one.answered is None and one.error is None for one in app.fleet.snapshot.scopes):
            await pilot.pause(0.05)
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=before)


@pytest.mark.parametrize("theme", ["holodeck-light", "ansi-dark", "holodeck-colour-blind"])
def test_a_problem_in_every_theme(theme: str, tmp_path: Path, sealed_home: Path, snap_compare: Any) -> None:
    made = AgentFolder(tmp_path, sealed_home)
    made.agent.write_text(TEXT.replace("memory: 2Gi", "memory: 256Mi"))
    made.overlay.write_text(OVERLAY)
    app = made.app()
    app.theme = theme

    async def before(pilot: Pilot[Any]) -> None:
        await pilot.press("3")
        await wait_for(pilot, lambda: isinstance(app.screen, EditorScreen) and app.screen.query(Entry))
        await wait_for(pilot, lambda: app.focused is not None)
        app.screen.query_one(YamlPane).cursor_blink = False
        await pilot.press("f8")
        await wait_for(pilot, lambda: "must be 2Gi to 16Gi" in screen_text(app))
        await wait_for(pilot, lambda: all(one.answered or one.error for one in app.fleet.snapshot.scopes))

    assert snap_compare(app, terminal_size=(120, 40), run_before=before)

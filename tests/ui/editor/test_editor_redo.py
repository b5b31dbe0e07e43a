"""Redo after something else was typed: what was typed stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from holodeck_tui.ui.widgets.yaml_pane import YamlPane
from tests.ui.agents import AgentFolder
from tests.ui.editor.test_editor_screen import entry, opened, type_into, until

pytestmark = pytest.mark.ui


@pytest.fixture
def agent(tmp_path: Path, sealed_home: Path) -> AgentFolder:
    return AgentFolder(tmp_path, sealed_home)


async def test_what_was_typed_since_an_undo_is_not_replaced(agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(160, 45)) as pilot:
        screen = await opened(pilot)
        pane = screen.query_one(YamlPane)
        before = pane.text
        await type_into(pilot, entry(screen, "deployment", "port"), "8081")
        await pilot.press("enter")
        await until(pilot, lambda: "port: 8081" in pane.text)
        await pilot.press("ctrl+z")
        await until(pilot, lambda: pane.text == before)
        pane.focus()
        await pilot.pause()
        await pilot.press("#", "m", "e")
        assert "#me" in pane.text
        await pilot.press("ctrl+y")
        await pilot.pause(0.5)
        assert "#me" in pane.text
        assert "8081" not in pane.text
        await pilot.press("ctrl+z")
        await until(pilot, lambda: pane.text == before)

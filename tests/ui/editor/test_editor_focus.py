"""Where the keys go when the form becomes another one, and what a choice offers."""

from __future__ import annotations

import pytest
from textual.widgets import OptionList, Select

from holodeck_tui.ui.widgets.yaml_pane import YamlPane
from tests.ui.agents import AgentFolder
from tests.ui.editor.test_editor_screen import OVERLAY, entry, opened, until

pytestmark = pytest.mark.ui


async def test_another_tabs_form_has_the_focus_that_the_form_had(agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(160, 45)) as pilot:
        screen = await opened(pilot)
        await pilot.press("f3")
        await until(pilot, lambda: entry(screen, "target") and screen.query_one(YamlPane).text == OVERLAY)
        await until(pilot, lambda: entry(screen, "target").has_focus_within)
        await pilot.press("4")
        await until(pilot, lambda: app.current_mode == "setup")
        assert screen.query_one(YamlPane).text == OVERLAY


async def test_a_choice_names_each_value_once_and_can_be_taken_out_of_the_file(agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(160, 45)) as pilot:
        screen = await opened(pilot)
        choice = entry(screen, "deployment", "protocol").query_one(Select)
        choice.value = "rest"
        await until(pilot, lambda: "protocol: rest" in screen.file.text)
        choice.focus()
        await pilot.press("enter")
        await until(pilot, lambda: choice.expanded)
        shown = [str(one.prompt) for one in choice.query_one(OptionList).options]
        assert shown[0] == "(not written)"
        assert len(set(shown)) == len(shown)
        await pilot.press("home", "enter")
        await until(pilot, lambda: "protocol" not in screen.file.text)

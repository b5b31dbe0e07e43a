"""Where the keys go when the form becomes another one, and what a choice offers."""

from __future__ import annotations

import pytest
from textual.widgets import OptionList, Select

from holodeck_tui.ui.widgets.form import Entry
from holodeck_tui.ui.widgets.yaml_pane import YamlPane
from tests.ui.agents import AgentFolder
from tests.ui.conftest import screen_text
from tests.ui.editor.test_editor_screen import OVERLAY, TEXT, entry, opened, until

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


async def test_the_other_pane_is_entered_at_the_same_key(agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        pane = screen.query_one(YamlPane)
        memory = entry(screen, "deployment", "target", "gcp", "memory")
        memory.query("Input").first().focus()
        await until(pilot, lambda: memory.has_focus_within)
        await pilot.press("f2")
        await until(pilot, lambda: screen.focused is pane)
        assert TEXT.splitlines()[pane.cursor_location[0]][pane.cursor_location[1] :].startswith("2Gi")
        await pilot.press("up", "up", "up", "home", "f2")
        await until(pilot, lambda: entry(screen, "deployment", "registry", "repository").has_focus_within)


async def test_a_form_waits_while_the_yaml_is_not_valid_and_takes_nothing_that_would_be_lost(
    agent: AgentFolder,
) -> None:
    app = agent.app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        pane = screen.query_one(YamlPane)
        await pilot.press("f2")
        await until(pilot, lambda: screen.focused is pane)
        pane.load_text(TEXT + "  [: broken\n")
        await pilot.press("f2")
        await until(pilot, lambda: "the fields wait for that. f8 goes to the line" in screen_text(app))
        assert all(one.disabled for one in screen.query(Entry))
        assert screen.focused is None
        await pilot.press("ctrl+z")
        await until(pilot, lambda: "the fields wait" not in screen_text(app))
        assert not any(one.disabled for one in screen.query(Entry))
        assert screen.file.text == TEXT

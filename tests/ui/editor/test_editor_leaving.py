"""Leaving the app with edits that are not saved: nothing is lost without an answer."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from holodeck_tui.ui.screens.choose import ChooseScreen
from holodeck_tui.ui.screens.diff import DiffScreen
from holodeck_tui.ui.screens.editor import EditorScreen
from holodeck_tui.ui.screens.unsaved import UnsavedScreen
from tests.ui.agents import AgentFolder
from tests.ui.conftest import screen_text
from tests.ui.editor.test_editor_screen import OVERLAY, TEXT, ask_of_disk, entry, opened, type_into, until

pytestmark = pytest.mark.ui


async def left_with(pilot: Pilot[Any], port: str) -> EditorScreen:
    """The port is typed and not handed over yet; another place is shown; then quit."""
    screen = await opened(pilot)
    await type_into(pilot, entry(screen, "deployment", "port"), port)
    pilot.app.action_go("deployments")  # type: ignore[attr-defined]
    await pilot.pause()
    await pilot.press("ctrl+q")
    await until(pilot, lambda: isinstance(pilot.app.screen, UnsavedScreen))
    return screen


@pytest.mark.parametrize(
    ("size", "keys", "written"),
    [
        ((80, 24), ("right", "enter"), True),
        ((160, 45), ("right", "right", "enter"), False),
    ],
    ids=["save", "discard"],
)
async def test_edits_are_saved_or_discarded_when_the_app_is_left(
    agent: AgentFolder, size: tuple[int, int], keys: tuple[str, ...], written: bool
) -> None:
    app = agent.app()
    async with app.run_test(size=size) as pilot:
        await left_with(pilot, "8081")
        seen = screen_text(app)
        assert "Not saved: agent.yaml." in seen
        assert "+  port: 8081" in seen
        assert "Discard and quit" in seen
        await pilot.press(*keys)
        await until(pilot, lambda: app.return_code is not None)
    assert app.return_code == 0
    assert ("port: 8081" in agent.agent.read_text()) is written
    assert agent.overlay.read_text() == OVERLAY


@pytest.mark.parametrize("key", ["enter", "escape"])
async def test_staying_keeps_the_edits(agent: AgentFolder, key: str) -> None:
    app = agent.app()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await left_with(pilot, "8081")
        await pilot.press("ctrl+q")  # asked once
        await pilot.press(key)
        await until(pilot, lambda: not isinstance(app.screen, UnsavedScreen))
        assert app.return_code is None
        assert "port: 8081" in screen.file.text
        assert agent.agent.read_text() == TEXT


async def test_edits_that_cannot_be_saved_keep_the_app_and_say_why(agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await left_with(pilot, "99999")
        await pilot.press("right", "enter")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        assert "Not written while this is so" in screen_text(app)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        assert app.return_code is None
        assert agent.agent.read_text() == TEXT


async def test_without_edits_nothing_is_asked(agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("ctrl+q")
        await until(pilot, lambda: app.return_code is not None)
    assert app.return_code == 0


async def test_the_difference_to_the_disk_is_shown_and_the_question_stays(agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        await type_into(pilot, entry(screen, "deployment", "port"), "8081")
        await pilot.press("enter")
        await until(pilot, lambda: "port: 8081" in screen.file.text)
        mine = screen.file.text
        theirs = TEXT.replace("plain-and-secret", "canary-on-the-disk") + "# theirs\n"
        agent.agent.write_text(theirs)
        await ask_of_disk(pilot, screen)
        await pilot.press("down", "down", "enter")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        shown = app.screen.query_one("#diff-lines Static", Static)
        lines = str(shown.content).splitlines()
        assert "-# theirs" in lines
        assert "+  port: 8081" in lines
        assert "-    WEBHOOK_TOKEN: ***" in lines
        assert "canary-on-the-disk" not in str(shown.content)
        assert "Write (y)" not in screen_text(app)
        await pilot.press("y")
        assert isinstance(app.screen, DiffScreen)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
        assert (screen.file.text, agent.agent.read_text()) == (mine, theirs)
        await pilot.press("enter")
        await until(pilot, lambda: screen.file.text == theirs)

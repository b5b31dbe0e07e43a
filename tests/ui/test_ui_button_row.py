"""The answers of a dialog by the arrow keys."""

from __future__ import annotations

import pytest
from textual.app import App
from textual.widgets import Button

from holodeck_tui.ui.screens.choose import AskScreen

pytestmark = pytest.mark.ui


async def test_the_arrows_go_from_answer_to_answer_and_stay_at_the_ends() -> None:
    app: App[None] = App()
    answers: list[bool | None] = []
    async with app.run_test() as pilot:
        app.push_screen(AskScreen("Deploy?", "It goes on.", "Deploy"), answers.append)
        await pilot.pause()
        for key, focused in (("left", "no"), ("right", "yes"), ("right", "yes"), ("left", "no")):
            await pilot.press(key)
            assert isinstance(app.focused, Button)
            assert app.focused.id == focused
        await pilot.press("right", "enter")
    assert answers == [True]

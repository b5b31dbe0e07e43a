"""The dialog before a destroy: the name can be typed at once, and enter alone destroys nothing."""

from __future__ import annotations

import pytest
from textual.events import Paste
from textual.widgets import Button, Input

from holodeck_tui.core.values import ServiceRef
from holodeck_tui.deployers.base import Destruction
from holodeck_tui.pipeline import found
from holodeck_tui.ui.app import HolodeckApp
from holodeck_tui.ui.screens.destroy import DestroyScreen
from tests.ui.conftest import Eventually, screen_text

pytestmark = pytest.mark.ui
ONE = ServiceRef("local", "id", "one 4", "local", "one")


@pytest.mark.parametrize("pastes", [False, True])
async def test_a_name_is_typed_wherever_the_focus_is(
    quiet: HolodeckApp, eventually: Eventually, monkeypatch: pytest.MonkeyPatch, pastes: bool
) -> None:
    monkeypatch.setattr(found, "plan_destroy", lambda *_: Destruction(ONE, goes=("the container",)))
    answers: list[bool | None] = []
    async with quiet.run_test(size=(80, 24)) as pilot:
        quiet.push_screen(DestroyScreen([ONE]), answers.append)
        await eventually(pilot, lambda: "the container" in screen_text(quiet))
        assert quiet.focused is quiet.screen.query_one("#no", Button)
        if pastes:
            quiet.post_message(Paste("one 4\n"))
        else:
            await pilot.press(*"one", "space", "4")
        field = quiet.screen.query_one(Input)
        await eventually(pilot, lambda: field.value == "one 4")
        await pilot.press("enter")
        assert not answers
        await pilot.press("enter")
        await eventually(pilot, lambda: answers == [True])

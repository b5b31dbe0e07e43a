"""The dialog before a destroy: the name can be typed at once, and enter alone destroys nothing."""

from __future__ import annotations

import pytest
from textual.events import Paste
from textual.widgets import Button, Input

from holodeck_tui.core.errors import DeploymentError
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


async def test_what_is_folded_goes_on_below_its_beginning(
    quiet: HolodeckApp, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = Destruction(
        ONE, goes=("the service " + "with-a-very-long-name " * 6,), stays=("image " + "x" * 90,)
    )
    monkeypatch.setattr(found, "plan_destroy", lambda *_: gone)
    async with quiet.run_test(size=(80, 24)) as pilot:
        quiet.push_screen(DestroyScreen([ONE]))
        await eventually(pilot, lambda: "xxxx" in screen_text(quiet))
        lines = screen_text(quiet).splitlines()
        goes, stays = (next(line for line in lines if f" {word} " in line) for word in ("goes", "stays"))
        assert goes.index("the service") == stays.index("image ")
        at = goes.index("the service")
        folded = lines[lines.index(goes) + 1 : lines.index(goes) + 3]
        assert all(line[at - 5 : at].isspace() and not line[at].isspace() for line in folded)
        below = lines[lines.index(stays) + 1]
        assert below[at - 5 : at].isspace()
        assert below[at] == "x"


async def test_why_nobody_knows_what_would_go_is_folded_below_its_beginning(
    quiet: HolodeckApp, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> Destruction:
        raise DeploymentError("network", "It does not answer.", reason="no " * 40, remedy="curl -I it")

    monkeypatch.setattr(found, "plan_destroy", refused)
    async with quiet.run_test(size=(80, 24)) as pilot:
        quiet.push_screen(DestroyScreen([ONE]))
        await eventually(pilot, lambda: "curl -I it" in screen_text(quiet))
        lines = screen_text(quiet).splitlines()
        first = next(line for line in lines if "what would go is not known" in line)
        at = first.index("what would")
        assert lines[lines.index(first) + 1][at - 1 : at + 2] == " no"

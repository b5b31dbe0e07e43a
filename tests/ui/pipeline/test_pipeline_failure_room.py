"""What failed, why and what to do can be read in a small terminal, however much the container said last."""

from __future__ import annotations

from typing import ClassVar

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Footer, Header, Static

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.ui.actions import bindings
from holodeck_tui.ui.screens.pipeline_actions import ACTIONS
from holodeck_tui.ui.widgets.failure import Failure
from tests.ui.conftest import screen_text, wait_for

pytestmark = pytest.mark.ui
ERROR = DeploymentError(
    "unhealthy",
    "r2 of ticket-routing did not become healthy.",
    reason="it ended with exit code 3",
    remedy="Correct what its last lines say, then: holodeck-deploy-tui deploy --target local",
    details=tuple(f"last words {number}" for number in range(30)),
)
LONG = DeploymentError(
    "build-failed",
    "The image could not be built.",
    reason=" ".join(["a very long reason"] * 18),
    remedy="Use a base image that has it, as image.base: holodeck-deploy-tui base --extras … --push REF",
    details=ERROR.details,
)


class Shown(App[None]):
    BINDINGS: ClassVar = bindings(ACTIONS)  # one of their keys is told

    def compose(self) -> ComposeResult:
        yield Header()
        yield Static("steps")
        yield Failure()
        yield Footer()


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_many_last_lines_leave_room_for_the_remedy(size: tuple[int, int]) -> None:
    app = Shown()
    async with app.run_test(size=size) as pilot:
        app.query_one(Failure).show(ERROR, str)
        await wait_for(pilot, lambda: "last words 29" in screen_text(app), 10)
        # As it is read: lines that were folded go on in the next one.
        told = " ".join(screen_text(app).split())
        assert "did not become healthy" in told
        assert "Why: it ended with exit code 3" in told
        assert "deploy --target local" in told


@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
async def test_a_long_reason_leaves_room_for_the_remedy(size: tuple[int, int]) -> None:
    app = Shown()
    async with app.run_test(size=(120, 40)) as pilot:
        app.query_one(Failure).show(LONG, str)
        await wait_for(pilot, lambda: "last words 29" in screen_text(app), 10)
        await pilot.resize_terminal(*size)
        await wait_for(pilot, lambda: "--push REF" in " ".join(screen_text(app).split()), 10)
        await wait_for(pilot, lambda: "last words 29" in screen_text(app), 10)

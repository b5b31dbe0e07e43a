"""What "retry" goes on with: the deploy that failed, whoever started it, and nothing else."""

from __future__ import annotations

import threading

import pytest

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.events import Result, StepFailed, StepStarted
from holodeck_tui.core.values import STEPS, Step
from holodeck_tui.ui.app import HolodeckApp
from holodeck_tui.ui.run_keeper import Work
from holodeck_tui.ui.screens.pipeline import PipelineScreen
from tests.ui.conftest import Eventually, screen_text

pytestmark = pytest.mark.ui


def failing(ctx: Context) -> Result:
    error = DeploymentError("network", "The way there is broken.")
    ctx.emit(StepStarted("push"))
    ctx.emit(StepFailed("push", error))
    raise error


async def test_a_destroy_that_failed_is_not_gone_on_with_as_a_deploy(
    quiet: HolodeckApp, eventually: Eventually
) -> None:
    app = quiet
    async with app.run_test(size=(100, 30)) as pilot:
        run = app.keeper.start("destroy it", failing)
        assert run.done.wait(60)
        await pilot.press("2")
        await eventually(pilot, lambda: "The way there is broken" in screen_text(app))
        assert "retry" not in screen_text(app)
        await pilot.press("r")
        await pilot.pause(0.2)
        assert app.keeper.run is run


async def test_a_deploy_is_gone_on_with_to_where_it_went(quiet: HolodeckApp, eventually: Eventually) -> None:
    app = quiet
    asked: list[tuple[Step, ...]] = []
    ended = threading.Event()

    def again(steps: tuple[Step, ...]) -> Work:
        def work(_ctx: Context) -> Result:
            asked.append(steps)
            ended.set()
            return Result(True, 0, "it")

        return work

    async with app.run_test(size=(100, 30)) as pilot:
        run = app.keeper.start("deploy it to the other side", failing, again)
        assert run.done.wait(60)
        await pilot.press("2")
        await eventually(pilot, lambda: "retry" in screen_text(app))
        assert isinstance(app.screen, PipelineScreen)
        await pilot.press("r")
        await eventually(pilot, ended.is_set)
        assert asked == [("bundle", *STEPS[STEPS.index("push") :])]
        assert app.keeper.run is not None
        assert app.keeper.run.title == "deploy it to the other side"

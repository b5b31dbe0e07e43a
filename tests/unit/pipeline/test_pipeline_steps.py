from __future__ import annotations

import pytest

from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.core.events import StepFailed, StepFinished, StepStarted
from holodeck_tui.core.redact import Redactor
from holodeck_tui.pipeline.steps import Steps
from holodeck_tui.pipeline.telemetry import Telemetry

pytestmark = pytest.mark.unit


@pytest.fixture
def events() -> list:
    return []


@pytest.fixture
def ctx(events) -> Context:
    return Context(emit=events.append, cancel=CancelToken(), redactor=Redactor(["hunter2hunter2"]))


@pytest.fixture
def steps(ctx) -> Steps:
    ticks = iter(range(100))
    return Steps(ctx, Telemetry(None), agent="a", provider="local", clock=lambda: float(next(ticks)))


def stop_in(steps: Steps, ctx: Context, raised: BaseException | None) -> None:
    with steps.open("run"):
        ctx.cancel.cancel()
        if raised is not None:
            raise raised


def test_a_step_starts_and_finishes_with_its_time_and_a_cleaned_detail(steps, events):
    with steps.open("build") as step:
        step.skip("is there\x1b[2J already hunter2hunter2")
    assert events == [StepStarted("build"), StepFinished("build", 1.0, True, "is there already ***")]


def test_an_error_fails_the_step_once(steps, events):
    error = DeploymentError("timeout", "Gave up.")
    with pytest.raises(DeploymentError), steps.open("push"):
        raise error
    assert events == [StepStarted("push"), StepFailed("push", error)]


@pytest.mark.parametrize(
    "raised", [DeploymentError("network", "Reset by peer."), OSError("closed"), KeyboardInterrupt(), None]
)
def test_whatever_comes_after_a_stop_is_the_stop(steps, events, ctx, raised):
    with pytest.raises(Cancelled):
        stop_in(steps, ctx, raised)
    assert isinstance(events[-1], StepFailed)
    assert events[-1].error.exit_code == 130


def test_what_goes_on_elsewhere_stays_named(steps, ctx, events):
    with pytest.raises(Cancelled):
        stop_in(steps, ctx, Cancelled(("service x is still being updated",)))
    assert events[-1].error.details == ("service x is still being updated",)


def test_no_step_starts_after_a_stop(steps, ctx, events):
    ctx.cancel.cancel()
    with pytest.raises(Cancelled), steps.open("build"):
        pass
    assert events == []


def test_a_defect_is_no_failed_step(steps, events):
    with pytest.raises(ZeroDivisionError), steps.open("build"):
        raise ZeroDivisionError
    assert events == [StepStarted("build")]

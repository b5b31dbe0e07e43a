from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.core.events import Progress, StepFailed, StepFinished, StepStarted, Waiting
from holodeck_tui.core.values import STEPS
from holodeck_tui.ui.pipeline_view import PipelineView
from holodeck_tui.ui.transfer import Transfer, clock, span

pytestmark = pytest.mark.unit


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(1, 10**9), st.floats(0, 10))))
def test_a_share_never_goes_back_and_never_passes_the_whole(reports: list[tuple[int, int, float]]) -> None:
    transfer, now, shown = Transfer(), 0.0, [0.0]
    for current, total, later in reports:
        now += later
        transfer.take("total", current, total, now)
        shown.append(transfer.share)
    assert shown == sorted(shown)
    assert all(0 <= share <= 1 for share in shown)


def test_a_growing_total_holds_the_share_until_it_is_passed() -> None:
    transfer = Transfer()
    transfer.take("total", 50, 100, 0.0)
    transfer.take("total", 60, 400, 1.0)
    assert transfer.share == 0.5
    transfer.take("total", 300, 400, 2.0)
    assert transfer.share == 0.75


def test_rate_and_time_left_are_those_of_the_last_seconds() -> None:
    transfer = Transfer()
    transfer.take("total", 0, 10_000, 0.0)
    assert transfer.rate(0.5) is None
    assert transfer.left(0.5) is None
    for second in range(1, 11):
        transfer.take("total", 1000 if second < 5 else second * 500, 10_000, float(second))
    assert transfer.rate(10.0) == pytest.approx(500, rel=0.2)
    assert transfer.left(10.0) == pytest.approx(10, rel=0.2)


def test_parts_under_way_are_neither_those_to_come_nor_those_done() -> None:
    transfer = Transfer()
    transfer.take("a", 0, 10, 0)
    transfer.take("b", 5, 10, 0)
    transfer.take("c", 10, 10, 0)
    assert transfer.active == (("b", 5, 10),)


def test_a_deadline_counts_from_when_it_was_told() -> None:
    view = PipelineView.of_run(STEPS)
    view.take(StepStarted("verify"), 100.0)
    view.take(Waiting("verify", "http://x/health", 90), 110.0)
    assert view.current is view.steps["verify"]
    assert view.steps["verify"].due == 200.0
    view.take(StepFinished("verify", 12.5, detail="it is healthy"), 113.0)
    assert (view.steps["verify"].state, view.steps["verify"].due) == ("done", None)


@pytest.mark.parametrize(
    ("failed", "again"),
    [
        ("bundle", STEPS),
        ("build", STEPS),
        ("push", ("bundle", "push", "run", "verify")),
        ("run", ("bundle", "run", "verify")),
        ("verify", ("bundle", "run", "verify")),
    ],
)
def test_a_retry_begins_with_the_step_that_failed(failed: str, again: tuple[str, ...]) -> None:
    view = PipelineView.of_run(STEPS)
    view.take(StepStarted(failed), 0.0)  # type: ignore[arg-type]
    view.take(StepFailed(failed, DeploymentError("network", "It broke.")), 3.0)  # type: ignore[arg-type]
    assert view.retried == again
    assert view.steps[failed].seconds == 3.0  # type: ignore[index]


def test_a_cancelled_step_is_stopped_and_not_an_error_code() -> None:
    view = PipelineView.of_run(STEPS)
    view.take(StepStarted("push"), 0.0)
    view.take(Progress("push", "total", 1, 2), 1.0)
    view.take(StepFailed("push", Cancelled()), 2.0)
    assert view.steps["push"].detail == "stopped"


def test_times_are_short() -> None:
    assert [span(n) for n in (0.4, 8, 60, 125, 3700)] == ["0 s", "8 s", "1 min", "2 min 5 s", "1 h 1 min"]
    assert clock(42.9) == "00:42"


def test_what_a_rollback_passes_over_is_not_to_come() -> None:
    view = PipelineView.of_run(STEPS)
    view.take(StepStarted("run"), 1.0)
    states = [step.state for step in view.steps.values()]
    assert states == ["earlier", "earlier", "earlier", "running", "next"]

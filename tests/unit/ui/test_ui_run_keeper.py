"""A run that goes on by itself: its events, its end, its defects, and that there is one at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.events import Result
from holodeck_tui.ui.backend import Backend
from holodeck_tui.ui.launch import Launch
from holodeck_tui.ui.run_keeper import Run, RunKeeper

pytestmark = pytest.mark.unit


@pytest.fixture
def keeper(tmp_path: Path) -> RunKeeper:
    launch = Launch(tmp_path / "agent.yaml", tmp_path, tmp_path, {"CANARY_TOKEN": "canary-7777"})
    made = RunKeeper(Backend(launch), lambda run: made.heard())
    return made


def ended(keeper: RunKeeper, work: Callable[[Context], Result]) -> Run:
    run = keeper.start("a run", work)
    assert run.done.wait(60)
    return run


def test_events_come_in_order_and_the_result_last_and_once(keeper: RunKeeper) -> None:
    def work(ctx: Context) -> Result:
        ctx.log("build", ["one", "two canary-7777"])
        result = Result(True, 0, "greeter")
        ctx.emit(result)
        return result

    run = ended(keeper, work)
    assert [type(event).__name__ for event in run.events] == ["LogLines", "Result"]
    assert "canary" not in repr(run.events)
    assert not run.running


def test_what_is_waited_for_stands_until_something_else_is_done(keeper: RunKeeper) -> None:
    seen: list[str] = []

    def work(ctx: Context) -> Result:
        ctx.wait_for("run", "the new revision", 60)
        assert keeper.run is not None
        ctx.log("run", ["probe: nothing listens there"], detail=True)
        seen.append(keeper.run.doing)
        ctx.log("run", ["it starts"])
        seen.append(keeper.run.doing)
        return Result(True, 0, "greeter")

    ended(keeper, work)
    assert seen == ["waits for the new revision", "it starts"]


def test_an_error_and_a_defect_are_results(keeper: RunKeeper, sealed_home: Path) -> None:
    def fails(ctx: Context) -> Result:
        raise DeploymentError("build-failed", "It failed.")

    def breaks(ctx: Context) -> Result:
        raise RuntimeError("cannot use canary-7777")

    failed = ended(keeper, fails).result
    assert failed is not None
    assert failed.exit_code == 3
    broken = ended(keeper, breaks).result
    assert broken is not None
    assert broken.exit_code == 1
    assert broken.error is not None
    assert "canary" not in str(broken.error) + broken.error.remedy
    logs = list(sealed_home.rglob("crash-*.log"))
    assert len(logs) == 1
    assert "canary" not in logs[0].read_text()
    assert logs[0].stat().st_mode & 0o077 == 0


def test_one_at_a_time_and_cancel_ends_it(keeper: RunKeeper) -> None:
    begun = threading.Event()

    def waits(ctx: Context) -> Result:
        begun.set()
        ctx.cancel.sleep(60)
        raise AssertionError

    run = keeper.start("the first", waits)
    assert begun.wait(60)
    with pytest.raises(DeploymentError, match="the first goes on"):
        keeper.start("the second", waits)
    keeper.cancel()
    assert run.done.wait(60)
    assert run.result is not None
    assert run.result.exit_code == 130

"""What is told of a run between the lines that its steps print."""

from __future__ import annotations

from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.core.events import LogLines, StepFailed, StepFinished, StepStarted, Waiting
from holodeck_tui.ui.narrating import Narrator


def test_each_end_of_a_step_is_told() -> None:
    narrator = Narrator()
    assert narrator.lines(StepStarted("bundle")) == ()
    assert narrator.lines(StepFinished("bundle", 0.1, detail="2 files")) == ("bundle: 2 files",)
    assert narrator.lines(StepFinished("build", 0, skipped=True)) == ("build: skipped",)
    assert narrator.lines(StepFinished("push", 0, skipped=True, detail="no registry")) == (
        "push: skipped, no registry",
    )
    assert narrator.lines(StepFinished("run", 1)) == ("run: done",)
    error = DeploymentError("unhealthy", "It did not become healthy.")
    assert narrator.lines(StepFailed("verify", error)) == ("verify: It did not become healthy.",)
    assert narrator.lines(StepFailed("verify", Cancelled())) == ("verify: stopped",)
    assert narrator.lines(LogLines("build", ("a",))) == ()


def test_a_wait_is_told_once_however_often_it_is_looked_at() -> None:
    narrator = Narrator()
    assert narrator.lines(Waiting("run", "r1 to become healthy", 90)) == (
        "run: waits for r1 to become healthy, at most 1 min 30 s",
    )
    assert narrator.lines(Waiting("run", "r1 to become healthy", 80)) == ()
    assert narrator.lines(Waiting("run", "the port", 10)) == ("run: waits for the port, at most 10 s",)

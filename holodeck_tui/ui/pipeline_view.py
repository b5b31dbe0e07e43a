"""A run (or the plan of one) as the pipeline screen shows it: made of events alone, without a widget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.events import (
    Event,
    LogLines,
    Notice,
    Progress,
    Result,
    StepFailed,
    StepFinished,
    StepStarted,
    Waiting,
)
from holodeck_tui.core.values import STEPS, Step
from holodeck_tui.pipeline.types import Plan
from holodeck_tui.ui.transfer import Transfer

StepState = Literal["unknown", "run", "skip", "earlier", "next", "running", "done", "skipped", "failed"]


@dataclass
class StepView:
    """One step. ``run`` and ``skip`` are a plan's words; ``earlier``: done by a run before this one.

    ``seconds`` it took, ``started`` and ``due`` (the deadline of what it waits for) on the keeper's clock.
    """

    step: Step
    state: StepState = "unknown"
    detail: str = ""
    seconds: float | None = None
    started: float | None = None
    waits: str = ""
    due: float | None = None
    transfer: Transfer = field(default_factory=Transfer)


@dataclass
class PipelineView:
    """All steps, the lines to show, and the end."""

    steps: dict[Step, StepView] = field(default_factory=lambda: {step: StepView(step) for step in STEPS})
    result: Result | None = None
    failed: Step | None = None

    @classmethod
    def of_plan(cls, plan: Plan) -> PipelineView:
        """What a plan says of each step."""
        view = cls()
        for planned in plan.steps:
            view.steps[planned.step].state = planned.action
            view.steps[planned.step].detail = planned.reason
        return view

    @classmethod
    def of_run(cls, steps: Sequence[Step]) -> PipelineView:
        """Before the first event of a run of ``steps``."""
        view = cls()
        for step in STEPS:
            view.steps[step].state = "next" if step in steps else "earlier"
        return view

    def take(self, event: Event, now: float) -> tuple[str, ...]:
        """One event, and the lines of text that it brings. ``now``: when it came."""
        if isinstance(event, StepStarted):
            self._started(event.step, now)
        elif isinstance(event, LogLines):
            return event.lines
        elif isinstance(event, Waiting):
            view = self.steps[event.step]
            view.waits, view.due = event.what, now + event.deadline
        elif isinstance(event, Progress):
            self.steps[event.step].transfer.take(event.id, event.current, event.total, now)
        elif isinstance(event, StepFinished):
            self._finished(event)
        elif isinstance(event, StepFailed):
            self._failed(event.step, event.error, now)
        elif isinstance(event, Notice):
            return (event.text if event.level == "info" else f"! {event.text}",)
        elif isinstance(event, Result):
            self.result = event
        return ()

    @property
    def current(self) -> StepView | None:
        """The step that runs."""
        return next((view for view in self.steps.values() if view.state == "running"), None)

    @property
    def retried(self) -> tuple[Step, ...]:
        """The steps of a run that goes on from the failed one; all of them where none had failed.

        The bundle is made in every run: it is what the image and the service are judged by.
        """
        if self.failed in {None, "bundle", "build"}:
            return STEPS
        assert self.failed is not None
        return ("bundle", *STEPS[STEPS.index(self.failed if self.failed != "verify" else "run") :])

    def _started(self, step: Step, now: float) -> None:
        for before in STEPS[: STEPS.index(step)]:
            # What a rollback passes over does not come any more.
            if self.steps[before].state == "next":
                self.steps[before].state = "earlier"
        view = self.steps[step]
        view.state, view.started, view.detail = "running", now, ""

    def _finished(self, event: StepFinished) -> None:
        view = self.steps[event.step]
        view.state = "skipped" if event.skipped else "done"
        view.seconds, view.detail, view.waits, view.due = event.seconds, event.detail, "", None

    def _failed(self, step: Step, error: DeploymentError, now: float) -> None:
        view = self.steps[step]
        view.state, view.waits, view.due = "failed", "", None
        view.detail = "stopped" if error.code == "interrupted" else error.code
        view.seconds = None if view.started is None else now - view.started
        self.failed = step

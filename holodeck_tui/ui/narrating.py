"""A run as lines of a log: what each step waits for and what came of it, between what the steps print."""

from __future__ import annotations

from holodeck_tui.core.events import Event, StepFailed, StepFinished, Waiting
from holodeck_tui.core.values import Step
from holodeck_tui.ui.transfer import span


class Narrator:
    """Fed with each event of one run."""

    def __init__(self) -> None:
        self._waits: tuple[Step, str] | None = None

    def lines(self, event: Event) -> tuple[str, ...]:
        """What is told of it; a wait that is told again, as with each probe, is told once."""
        if isinstance(event, Waiting):
            told, self._waits = self._waits, (event.step, event.what)
            if told == self._waits:
                return ()
            return (f"{event.step}: waits for {event.what}, at most {span(event.deadline)}",)
        if isinstance(event, StepFinished):
            what = ", ".join(part for part in ("skipped" if event.skipped else "", event.detail) if part)
            return (f"{event.step}: {what or 'done'}",)
        if isinstance(event, StepFailed):
            stopped = event.error.code == "interrupted"
            return (f"{event.step}: {'stopped' if stopped else event.error.message}",)
        return ()

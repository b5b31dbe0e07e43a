"""Events as NDJSON on stdout: one object a line, ``result`` last and once."""

from __future__ import annotations

from typing import Any

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.events import (
    Event,
    LogLines,
    Notice,
    Progress,
    Result,
    ServiceLog,
    StepFailed,
    StepFinished,
    StepStarted,
    Waiting,
)
from holodeck_tui.core.values import rfc3339
from holodeck_tui.headless.report import event_line, result_line
from holodeck_tui.headless.streams import Streams


class JsonLines:
    """Writes each event as it comes. Warnings go to stderr: they are no part of the contract's events."""

    def __init__(self, streams: Streams, *, verbose: bool, quiet: bool) -> None:
        self._streams = streams
        self._verbose = verbose
        self._quiet = quiet

    def __call__(self, event: Event) -> None:
        """Render one event; a ``Result`` is left to :meth:`result`, which is called once at the end."""
        if isinstance(event, Notice):
            if not self._quiet:
                self._streams.tell(f"{event.level}: {event.text}")
            return
        if self._quiet and not isinstance(event, ServiceLog):
            return
        if isinstance(event, LogLines) and event.detail and not self._verbose:
            return
        for name, fields in _fields(event):
            self._streams.data(event_line(name, fields))

    def result(self, result: Result) -> None:
        """The last line."""
        self._streams.data(
            result_line(
                exit_code=result.exit_code,
                agent=result.agent,
                image=None if result.image is None else result.image.as_json(),
                deployment=None if result.deployment is None else result.deployment.as_json(),
                error=result.error,
            )
        )

    def tick(self) -> None:
        """Nothing moves in a file."""

    def close(self) -> None:
        """Nothing is left open."""


def _fields(event: Event) -> list[tuple[str, dict[str, Any]]]:
    if isinstance(event, StepStarted):
        return [("step.started", {"step": event.step})]
    if isinstance(event, LogLines):
        return [("step.log", {"step": event.step, "line": line}) for line in event.lines]
    if isinstance(event, Waiting):
        return [("step.log", {"step": event.step, "line": waiting(event)})]
    if isinstance(event, Progress):
        return [
            (
                "step.progress",
                {"step": event.step, "id": event.id, "current": event.current, "total": event.total},
            )
        ]
    if isinstance(event, StepFinished):
        return [
            (
                "step.finished",
                {
                    "step": event.step,
                    "seconds": round(event.seconds, 3),
                    "skipped": event.skipped,
                    "detail": event.detail,
                },
            )
        ]
    if isinstance(event, StepFailed):
        return [("step.failed", {"step": event.step, "error": _error(event.error)})]
    if isinstance(event, ServiceLog):
        stamp = None if event.timestamp is None else rfc3339(event.timestamp)
        return [("log", {"service": event.service, "line": event.line, "timestamp": stamp})]
    return []


def _error(error: DeploymentError) -> dict[str, str]:
    return error.as_json()


def waiting(event: Waiting) -> str:
    """What is waited for, and the deadline."""
    return f"waiting for {event.what} (at most {event.deadline:g} s)"

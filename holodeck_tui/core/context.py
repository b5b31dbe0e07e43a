"""What a running step is handed: where events go, who may stop it, what must be masked, what is noted."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.events import Event, LogLines, Notice, Sink, Waiting
from holodeck_tui.core.redact import Redactor
from holodeck_tui.core.values import Step


class Journal(Protocol):
    """Remembers what is about to be changed outside, and how it went, across a crash."""

    def intent(self, action: str, **facts: Any) -> str:
        """Note that ``action`` is about to happen; returns an id. Durable when it returns."""

    def outcome(self, intent_id: str, result: str, **facts: Any) -> None:
        """Note how it went: ``done``, ``failed`` or ``cancelled``."""


class NoJournal:
    """For calls that change nothing outside, and for tests."""

    def intent(self, action: str, **facts: Any) -> str:
        """Forget it."""
        return ""

    def outcome(self, intent_id: str, result: str, **facts: Any) -> None:
        """Forget it."""


def _drop(_event: Event) -> None:
    return None


@dataclass(frozen=True)
class Context:
    """Side effects of a run, as arguments. ``environ`` is the deploying shell's environment."""

    emit: Sink = _drop
    cancel: CancelToken = field(default_factory=CancelToken)
    redactor: Redactor = field(default_factory=Redactor)
    journal: Journal = field(default_factory=NoJournal)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def log(self, step: Step, lines: Iterable[str], *, detail: bool = False) -> None:
        """Clean raw lines from outside and emit them as one batch."""
        cleaned = tuple(self.redactor.clean(line) for line in lines)
        if cleaned:
            self.emit(LogLines(step, cleaned, detail))

    def wait_for(self, step: Step, what: str, seconds: float) -> None:
        """Tell that ``step`` now waits for ``what``, at most ``seconds``."""
        self.emit(Waiting(step, self.redactor.clean(what), seconds))

    def warn(self, text: str) -> None:
        """Emit a warning, cleaned."""
        self.emit(Notice(self.redactor.clean(text), "warning"))

    def info(self, text: str) -> None:
        """Emit a remark, cleaned."""
        self.emit(Notice(self.redactor.clean(text), "info"))

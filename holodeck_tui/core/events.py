"""What happens during a run, as frozen values. The engine emits them; front ends render them.

Text in an event is redacted and safe for a terminal already: it was cleaned where it entered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import Deployment, ImageRef, Step


@dataclass(frozen=True)
class StepStarted:
    """A step begins."""

    step: Step


@dataclass(frozen=True)
class LogLines:
    """A batch of lines a step printed; ``detail`` lines are shown with -v only."""

    step: Step
    lines: tuple[str, ...]
    detail: bool = False


@dataclass(frozen=True)
class Progress:
    """``current`` of ``total`` bytes (or units) of ``id``; id ``total`` is the sum over all parts.

    The sum never goes back.
    """

    step: Step
    id: str
    current: int
    total: int


@dataclass(frozen=True)
class Waiting:
    """A step waits for ``what``, at most until ``deadline`` seconds from when it is emitted."""

    step: Step
    what: str
    deadline: float


@dataclass(frozen=True)
class StepFinished:
    """A step ended well. ``skipped`` says that its work was already done; ``detail`` says what or why."""

    step: Step
    seconds: float
    skipped: bool = False
    detail: str = ""


@dataclass(frozen=True)
class StepFailed:
    """A step ended with an error; the run ends."""

    step: Step
    error: DeploymentError


@dataclass(frozen=True)
class ServiceLog:
    """One line of a running service's own log; ``timestamp`` as the target reports it."""

    service: str
    line: str
    timestamp: datetime | None = None


@dataclass(frozen=True)
class Notice:
    """Something the user should know that belongs to no step. Rendered on stderr."""

    text: str
    level: Literal["info", "warning"] = "info"


@dataclass(frozen=True)
class Result:
    """The last event of every run, once."""

    ok: bool
    exit_code: int
    agent: str | None
    image: ImageRef | None = None
    deployment: Deployment | None = None
    error: DeploymentError | None = None


Event = StepStarted | LogLines | Progress | Waiting | StepFinished | StepFailed | ServiceLog | Notice | Result
Sink = Callable[[Event], None]

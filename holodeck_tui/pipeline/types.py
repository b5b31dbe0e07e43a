"""What front ends hand in and get back: options of a run, a plan, a listing, a reply. All frozen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from holodeck_tui.bundle.needs import Variable
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import Change, Status, Step

Builder = Literal["auto", "docker", "layers"]

BUILD: tuple[Step, ...] = ("bundle", "build")
PUSH: tuple[Step, ...] = ("push",)
RUN: tuple[Step, ...] = ("bundle", "run", "verify")
DEPLOY: tuple[Step, ...] = ("bundle", "build", "push", "run", "verify")


@dataclass(frozen=True)
class RunOptions:
    """What the command line adds to the settings of one run.

    ``builder`` None leaves it to deploy.yaml; ``output_layout`` writes an OCI layout there instead of
    an image in an engine or registry; ``create`` makes a missing registry repository.
    """

    tag: str | None = None
    builder: Builder | None = None
    no_cache: bool = False
    create: bool = False
    dry_run: bool = False
    output_layout: Path | None = None


@dataclass(frozen=True)
class PlannedStep:
    """What a deploy would do with one step, and why in a few words."""

    step: Step
    action: Literal["run", "skip"]
    reason: str

    def as_json(self) -> dict[str, str]:
        """``{step, action, reason}``."""
        return {"step": self.step, "action": self.action, "reason": self.reason}


@dataclass(frozen=True)
class Plan:
    """What a deploy would do. ``source`` says what it was compared with.

    ``live``: the running service was asked. ``record``: it could not be asked (or nothing is there
    to ask), so the last record of this agent, environment and target was read. ``variables`` is all
    the container needs and where each value comes from; ``warnings`` are for stderr.
    """

    agent: str
    source: Literal["live", "record"]
    steps: tuple[PlannedStep, ...]
    changes: tuple[Change, ...] = ()
    variables: tuple[Variable, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def up_to_date(self) -> bool:
        """Whether a deploy would change nothing."""
        return not self.changes and all(
            step.action == "skip" for step in self.steps if step.step in {"build", "push", "run"}
        )

    def as_json(self) -> dict[str, Any]:
        """The document of ``plan``."""
        return {
            "agent": self.agent,
            "source": self.source,
            "up_to_date": self.up_to_date,
            "steps": [step.as_json() for step in self.steps],
            "changes": [change.as_json() for change in self.changes],
        }


@dataclass(frozen=True)
class ScopeFailure:
    """A scope that could not be listed."""

    scope: str
    error: DeploymentError

    def as_json(self) -> dict[str, str]:
        """``{scope, message, remedy}``."""
        return {"scope": self.scope, "message": str(self.error), "remedy": self.error.remedy}


@dataclass(frozen=True)
class Listing:
    """Every deployment of ours in the scopes that were asked, and the scopes that did not answer."""

    deployments: tuple[Status, ...]
    failures: tuple[ScopeFailure, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The document of ``list``."""
        return {
            "deployments": [status.as_json() for status in self.deployments],
            "errors": [failure.as_json() for failure in self.failures],
        }


@dataclass(frozen=True)
class LogOptions:
    """Which log lines: ``tail`` last ones, none before ``since`` (aware), only those ``grep`` finds.

    ``system``: the target's own log of the service instead of the agent's.
    """

    follow: bool = False
    tail: int | None = None
    since: datetime | None = None
    grep: str | None = None
    system: bool = False


@dataclass(frozen=True)
class ChatReply:
    """What the agent answered; already cleaned for terminals."""

    text: str

    def as_json(self) -> dict[str, str]:
        """``{reply}``."""
        return {"reply": self.text}

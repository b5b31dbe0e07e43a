"""One run of one command: its options, its streams, and the context the engine gets."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.events import Event, Notice, Result, StepFailed, StepFinished, StepStarted
from holodeck_tui.core.redact import Redactor
from holodeck_tui.headless.grammar import Spec
from holodeck_tui.headless.ndjson import JsonLines
from holodeck_tui.headless.report import cleaned
from holodeck_tui.headless.streams import Streams
from holodeck_tui.headless.text import Narration

if TYPE_CHECKING:
    from holodeck_tui.config.resolve import Settings

Ask = Callable[[str], bool]


@dataclass
class Session:
    """What a command works with. ``given`` are click's values; ``ask`` puts a yes/no question.

    ``ask`` is None where nobody could answer. What stands after ``redactor`` is filled in on
    the way, so that an error can still name the agent and a dry run can sum itself up.
    """

    spec: Spec
    given: Mapping[str, Any]
    environ: Mapping[str, str]
    cwd: Path
    home: Path
    streams: Streams
    show: JsonLines | Narration
    ask: Ask | None = None
    cancel: CancelToken = field(default_factory=CancelToken)
    redactor: Redactor = field(default_factory=Redactor)
    agent_name: str | None = None
    result: Result | None = None
    finished: list[StepFinished] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ctx = Context(emit=self._emit, cancel=self.cancel, redactor=self.redactor, environ=self.environ)

    @property
    def json(self) -> bool:
        """Whether stdout is for a script."""
        return bool(self.given.get("output") == "json")

    @property
    def verbose(self) -> bool:
        """Whether causes and vendor detail are wanted."""
        return bool(self.given.get("verbose"))

    @property
    def quiet(self) -> bool:
        """Whether only the essential is wanted."""
        return bool(self.given.get("quiet"))

    @property
    def agent_path(self) -> Path:
        """The agent file, absolute; a folder stands for the agent.yaml in it."""
        path = self.cwd / (self.given.get("agent") or "agent.yaml")
        return path / "agent.yaml" if path.is_dir() else path

    @property
    def named_agent(self) -> bool:
        """Whether the agent file was named, not just assumed."""
        return bool(self.given.get("agent"))

    def settings(self, *, rehearsal: bool = False) -> Settings:
        """All sources of settings merged; their warnings are told.

        A ``rehearsal`` (a dry run, ``plan``, ``bundle``) goes on where a variable has no value.
        """
        settings = self.settings_for(self.given.get("target"), self.given.get("env"), rehearsal=rehearsal)
        self.agent_name = settings.agent_name
        for warning in settings.warnings:
            self.ctx.warn(str(warning))
        return settings

    def settings_for(
        self, target: str | None, environment: str | None, *, rehearsal: bool = False
    ) -> Settings:
        """The settings for another target and environment than the command line's; told nothing of."""
        from holodeck_tui.config.masking import masked_values
        from holodeck_tui.config.resolve import load_settings

        settings = load_settings(
            self.agent_path,
            target=target,
            environment=environment,
            environ=self.environ,
            cwd=self.cwd,
            home=self.home,
            need_target=self.spec.name != "bundle",
            missing="warning" if rehearsal or self.given.get("dry_run") else "error",
        )
        self.redactor.add(*masked_values(settings))
        return settings

    def optional_settings(self) -> Settings | None:
        """The settings where there is a usable agent; None without one, unless it was named."""
        if not self.named_agent and not self.agent_path.exists():
            return None
        try:
            return self.settings()
        except DeploymentError as error:
            if self.named_agent:
                raise
            if error.code != "deployment-missing":
                self.ctx.emit(Notice(f"{self.agent_path.name} is left out: {error}", "warning"))
            return None

    def learn_secrets(self) -> None:
        """Have values masked whose names look secret, in a crash too; :meth:`settings` adds more."""
        from holodeck_tui.config.variables import Variables

        agent_dir = self.agent_path.parent
        variables = Variables(self.environ, cwd=self.cwd, agent_dir=agent_dir, home=self.home)
        # A .env that cannot be read is told by who needs it.
        with contextlib.suppress(DeploymentError):
            self.redactor.add(*variables.secrets())

    def _emit(self, event: Event) -> None:
        # The result is written by whoever ends the run: last and once, also after a crash.
        if isinstance(event, Result):
            self.result = event
            return
        if isinstance(event, StepFinished):
            self.finished.append(event)
        if self.given.get("dry_run") and not self.json:
            # What would be done is the result there, and no progress.
            if isinstance(event, (StepStarted, StepFinished)):
                return
            if isinstance(event, Notice) and event.level == "info":
                self.remarks.append(event.text)
                return
        if isinstance(event, StepFailed):
            event = StepFailed(event.step, cleaned(event.error, self.redactor.clean))
        self.show(event)

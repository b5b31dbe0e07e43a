"""Everything wrong with an agent's configuration, at once: settings, files that ship, variables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holodeck_tui.bundle.collect import collect
from holodeck_tui.bundle.needs import Variable, missing_variables
from holodeck_tui.config.problems import Problem, find_problems
from holodeck_tui.config.resolve import load_settings
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError

if TYPE_CHECKING:
    from holodeck_tui.bundle.bundle import Bundle
    from holodeck_tui.config.resolve import Settings

# What the bundle says of a file: "agent.yaml:12  tools[0].file: data/x: reason".
_PLACE = re.compile(r"(?P<file>[^:]+):(?P<line>\d+)  (?P<path>[^:]*): (?P<message>.*)", re.DOTALL)


@dataclass(frozen=True)
class Report:
    """All problems, by file and line.

    ``settings`` are there where the configuration holds, ``bundle`` where the files can ship.
    """

    problems: tuple[Problem, ...]
    settings: Settings | None = None
    bundle: Bundle | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing but warnings was found."""
        return not self.errors

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that stop a deploy."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    def as_json(self) -> dict[str, Any]:
        """The document of ``validate``."""
        return {"ok": self.ok, "problems": [problem.as_json() for problem in self.problems]}


def validate(
    agent: Path,
    *,
    target: str | None,
    environment: str | None,
    cwd: Path,
    home: Path,
    ctx: Context,
) -> Report:
    """Look at everything and collect. Missing variables are warnings here: they are the deploying shell's.

    An agent without a ``deployment:`` section is judged for this machine. Raises ``agent-not-found``,
    ``agent-unreadable`` and ``environment-unknown``: then there is nothing to look at.
    """
    problems = find_problems(
        agent,
        target=target,
        environment=environment,
        environ=ctx.environ,
        cwd=cwd,
        home=home,
        missing="warning",
    )
    if any(problem.severity == "error" for problem in problems):
        return Report(_sorted(problems))
    settings = load_settings(
        agent,
        target=target,
        environment=environment,
        environ=ctx.environ,
        cwd=cwd,
        home=home,
        need_target=False,
        missing="warning",
    )
    bundle = None
    try:
        bundle = collect(settings, ctx)
    except DeploymentError as error:
        problems += _file_problems(error, agent.name)
    else:
        problems += [_variable_problem(need, settings) for need in missing_variables(bundle)]
        problems += [Problem(agent.name, 1, 1, "", text, "warning") for text in bundle.warnings]
    return Report(_sorted(problems), settings, bundle)


def _file_problems(error: DeploymentError, file: str) -> list[Problem]:
    """The bundle's list of files as problems with places."""
    found = [_PLACE.fullmatch(detail) for detail in error.details]
    if not error.details or not all(found):
        return [Problem(file, 1, 1, "", str(error), "error")]
    return [
        Problem(match["file"], int(match["line"]), 1, match["path"], match["message"], "error")
        for match in found
        if match
    ]


def _variable_problem(need: Variable, settings: Settings) -> Problem:
    file, _, line = need.used_at.rpartition(":")
    what = "the container needs it" if need.required else f"{need.used_at} usually needs it"
    message = f"{need.name} is not set; {what}: export {need.name}=…, or write it into .env"
    if file and line.isdigit():
        return Problem(file, int(line), 1, "", message, "warning")
    row, column = settings.agent_document.position(("model", "provider"))
    return Problem(settings.agent_path.name, row, column, "model.provider", message, "warning")


def _sorted(problems: list[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(dict.fromkeys(problems), key=lambda one: (one.file, one.line, one.column, one.path)))

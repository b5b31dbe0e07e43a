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
    from holodeck_tui.config.resolve import Settings

# What the bundle says of a file: "agent.yaml:12  tools[0].file: data/x: reason".
_PLACE = re.compile(r"(?P<file>[^:]+):(?P<line>\d+)  (?P<path>[^:]*): (?P<message>.*)", re.DOTALL)


@dataclass(frozen=True)
class Report:
    """All problems, by file and line; ``settings`` where they could be made all the same."""

    problems: tuple[Problem, ...]
    settings: Settings | None = None

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
    sources = {"environ": ctx.environ, "cwd": cwd, "home": home}
    problems = list(find_problems(agent, target=target, environment=environment, **sources))
    if any(problem.severity == "error" for problem in problems):
        return Report(_sorted(problems))
    try:
        settings = load_settings(agent, target=target, environment=environment, **sources)
    except DeploymentError as error:
        if error.code != "deployment-missing":
            raise
        settings = load_settings(agent, target="local", environment=environment, **sources)
    try:
        bundle = collect(settings, ctx)
    except DeploymentError as error:
        problems += _file_problems(error, agent.name)
    else:
        problems += [_variable_problem(need, agent.name) for need in missing_variables(bundle)]
        problems += [Problem(agent.name, 1, 1, "", text, "warning") for text in bundle.warnings]
    return Report(_sorted(problems), settings)


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


def _variable_problem(need: Variable, file: str) -> Problem:
    place, _, line = need.used_at.rpartition(":")
    known = bool(place) and line.isdigit()
    what = "the container needs it" if need.required else f"{need.used_at} usually needs it"
    message = f"{need.name} is not set; {what}: export {need.name}=…, or write it into .env"
    return Problem(place if known else file, int(line) if known else 1, 1, "", message, "warning")


def _sorted(problems: list[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(dict.fromkeys(problems), key=lambda one: (one.file, one.line, one.column, one.path)))

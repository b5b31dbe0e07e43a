"""What the editor shows of its files: rows, values with their sources, problems. Blocking; no widget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holodeck_tui.config.document import Document, dotted
from holodeck_tui.config.edited import Surroundings, edited_problems
from holodeck_tui.config.inherited import Held, held_values
from holodeck_tui.config.keys import typed
from holodeck_tui.config.problems import find_problems
from holodeck_tui.config.sources import OVERLAY_FILE, Problem, read_sources
from holodeck_tui.config.spelling import as_holodeck
from holodeck_tui.config.variables import Variables
from holodeck_tui.core.redact import sanitize
from holodeck_tui.models.base import is_reference
from holodeck_tui.ui.edited_file import EditedFile
from holodeck_tui.ui.form_fields import (
    FormField,
    Keys,
    Row,
    Shown,
    agent_rows,
    environment_rows,
    overlay_rows,
    spelled,
)

if TYPE_CHECKING:
    from holodeck_tui.ui.launch import Launch

AGENT, OVERLAY = "agent", "overlay"


@dataclass(frozen=True)
class Part:
    """A tab: agent.yaml's section, deploy.yaml, or one environment of it."""

    kind: str
    environment: str | None = None

    @property
    def is_agent(self) -> bool:
        """Whether it is in agent.yaml."""
        return self.kind == AGENT

    @property
    def prefix(self) -> Keys:
        """Where the part's keys stand in its file."""
        return () if self.environment is None else ("environments", self.environment)


@dataclass(frozen=True)
class Look:
    """Everything to show of a part, for one state of its file.

    ``unread`` are the problems of other files that hide what they say.
    """

    rows: tuple[Row, ...]
    values: Mapping[Keys, Shown]
    problems: tuple[Problem, ...]
    unread: tuple[Problem, ...]


def look(launch: Launch, part: Part, document: Document) -> Look:
    """Evaluate ``document`` in the place of its file. Raises what reading the other files raises."""
    sources = read_sources(launch.agent, launch.home, document)
    variables = Variables(launch.environ, cwd=launch.cwd, agent_dir=launch.agent.parent, home=launch.home)
    problems = tuple(
        find_problems(
            launch.agent,
            environ=launch.environ,
            cwd=launch.cwd,
            home=launch.home,
            missing="warning",
            edited=document,
        )
    )
    held = held_values(sources, part.environment, variables)
    section = _tree({path[1:]: one.value for path, one in held.items() if path[0] == "deployment"})
    rest = _tree({path: one.value for path, one in held.items() if path[0] != "deployment"})
    target = rest.get("target") or section.get("target", {}).get("provider")
    provider = target if isinstance(target, str) else None
    if part.is_agent:
        rows = agent_rows(section)
    elif part.environment is None:
        rows = overlay_rows(rest, provider)
    else:
        rows = environment_rows(rest, section, provider)
    name = document.path.name if document.path else ""
    wrong = {
        one.path: one.message for one in reversed(problems) if one.file == name and one.severity == "error"
    }
    seen = _Seen(part, document, held, variables, wrong)
    values = {row.path: seen.shown(row) for row in rows if isinstance(row, FormField)}
    unread = tuple(one for one in sources.problems if one.severity == "error" and one.file != name)
    return Look(rows, values, problems, unread)


@dataclass(frozen=True)
class _Seen:
    part: Part
    document: Document
    held: Mapping[Keys, Held]
    variables: Variables
    wrong: Mapping[str, str]

    def shown(self, row: FormField) -> Shown:
        """What is written, else what is inherited, else the default."""
        path = (*self.part.prefix, *row.path)
        message = self.wrong.get(sanitize(dotted(path)), "")
        own = self.document.get(path)
        if own is not None:
            text = sanitize(spelled(own))
            return Shown(text, "", _reference(text, self.variables), message)
        inherited = self.held.get(row.path)
        if inherited is not None:
            value = "***" if row.secret else sanitize(spelled(inherited.value))
            return Shown("", value, f"from {inherited.place}", message)
        return Shown(wrong=message)


def _reference(text: str, variables: Variables) -> str:
    if not is_reference(text):
        return ""
    return ", ".join(f"{name}: {_source(variables, name)}" for name in variables.references(text))


def _source(variables: Variables, name: str) -> str:
    source = variables.source(name)
    return f"set in {source}" if source is not None else "not set"


def _tree(values: Mapping[Keys, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for path, value in values.items():
        holder = made
        for name in path[:-1]:
            holder = holder.setdefault(name, {})
        if path:
            holder[path[-1]] = value
    return made


def entered(field: FormField, text: str) -> Any:
    """The value that ``text`` means in ``field``, in holodeck-ai's spelling; None takes the key away."""
    if not text.strip():
        return None
    value = typed(field.path, text.strip(), field.annotation)
    return as_holodeck(field.path, value) if field.path[0] == "deployment" else value


def refusals(launch: Launch, file: EditedFile) -> list[str]:
    """Why a file may not be written as it is: what ``set`` would refuse as well. Blocks."""
    if file.error is not None:
        return [f"line {file.error.line}: not valid YAML: {sanitize(file.error.message)}"]
    around = Surroundings(launch.environ, launch.cwd, launch.home)
    document = file.copy()
    if document.path == launch.agent:
        return [str(one) for one in edited_problems(document, file.saved, around)]
    found = find_problems(
        launch.agent,
        environ=launch.environ,
        cwd=launch.cwd,
        home=launch.home,
        missing="warning",
        edited=document,
    )
    return [str(one) for one in found if one.severity == "error" and one.file == OVERLAY_FILE]


def overlay_path(launch: Launch) -> Path:
    """deploy.yaml beside the agent."""
    return launch.agent.parent / OVERLAY_FILE

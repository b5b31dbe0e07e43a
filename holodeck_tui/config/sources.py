"""The files a configuration is made of, each read once: what they mean and where each key stands."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from holodeck_tui.config.document import Document, YamlError, dotted
from holodeck_tui.config.nearby import agent_near
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.redact import sanitize

Severity = Literal["error", "warning"]
Kind = Literal["agent", "overlay", "project", "user"]

OVERLAY_FILE = "deploy.yaml"
CONFIG_FILES = ("config.yml", "config.yaml")


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong with a file: where (1-based, dotted ``path``) and what to write instead."""

    file: str
    line: int
    column: int
    path: str
    message: str
    severity: Severity = "error"

    def as_json(self) -> dict[str, Any]:
        """One entry of ``validate``."""
        return {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "path": self.path,
            "message": self.message,
            "severity": self.severity,
        }

    def __str__(self) -> str:
        subject = f"{self.path}: " if self.path else ""
        return f"{self.file}:{self.line}:{self.column}: {subject}{self.message}"


@dataclass(frozen=True)
class Source:
    """One file. ``label`` is what people call it: ``agent.yaml``, ``~/.holodeck/config.yaml``."""

    kind: Kind
    label: str
    path: Path
    document: Document

    @property
    def data(self) -> Mapping[str, Any]:
        """Its keys; empty where the file is empty."""
        return self.document.data if isinstance(self.document.data, Mapping) else {}

    def problem(
        self, path: Sequence[str | int], message: str, severity: Severity = "error", *, key: bool = False
    ) -> Problem:
        """A problem at ``path``, or at its nearest ancestor that is written."""
        line, column = self.document.position(path, key=key)
        return Problem(self.label, line, column, sanitize(dotted(path)), sanitize(message), severity)

    def place(self, path: Sequence[str | int]) -> str:
        """``agent.yaml:12``."""
        return f"{self.label}:{self.document.position(path, key=True)[0]}"


@dataclass(frozen=True)
class Sources:
    """All files of an agent, and what is wrong with reading them."""

    agent: Source | None
    overlay: Source | None
    project: Source | None
    user: Source | None
    problems: tuple[Problem, ...]

    @property
    def all(self) -> tuple[Source, ...]:
        """Those that exist and are YAML, agent.yaml first."""
        every = (self.agent, self.overlay, self.project, self.user)
        return tuple(source for source in every if source is not None)

    @property
    def environments(self) -> tuple[str, ...]:
        """The named environments of deploy.yaml."""
        return environment_names(self.overlay.data) if self.overlay is not None else ()


def environment_names(data: Any) -> tuple[str, ...]:
    """The named environments of what a deploy.yaml means."""
    names = data.get("environments") if isinstance(data, Mapping) else None
    return tuple(str(name) for name in names) if isinstance(names, Mapping) else ()


def agent_file(agent: Path) -> Path:
    """The absolute path of the agent file. Raises ``agent-not-found``, ``agent-unreadable``."""
    path = agent.absolute()
    name = sanitize(str(agent))
    if path.is_dir():
        inside = path / "agent.yaml"
        named = f"Name the file: {sanitize(str(agent / 'agent.yaml'))}"
        remedy = named if inside.is_file() else _name_one(agent)
        raise DeploymentError(
            "agent-not-found", f"{name} is a folder.", reason="an agent is a file", remedy=remedy
        )
    if not path.exists():
        raise DeploymentError(
            "agent-not-found",
            f"{name} does not exist.",
            reason="there is no such file",
            remedy=_name_one(agent.parent),
        )
    return path


def _name_one(folder: Path) -> str:
    near = agent_near(folder)
    example = "path/to/agent.yaml" if near is None else shlex.quote(sanitize(str(folder / near)))
    return f"Name the agent file as the last word: holodeck-deploy-tui … {example}"


def read_sources(agent: Path, home: Path, edited: Document | None = None) -> Sources:
    """Read agent.yaml, deploy.yaml and the config files beside it and in ``home``.

    ``edited`` stands for the file it is of, the agent or deploy.yaml, as it would be. Raises
    ``agent-not-found`` and ``agent-unreadable``; YAML errors become problems.
    """
    path = agent_file(agent)
    problems: list[Problem] = []
    found: dict[Kind, Source | None] = {}
    overlay = path.parent / OVERLAY_FILE
    is_overlay = edited is not None and edited.path == overlay
    if edited is None or is_overlay:
        found["agent"] = _read("agent", path.name, path, problems)
    else:
        found["agent"] = _checked("agent", path.name, path, edited, problems)
    if edited is not None and is_overlay:
        found["overlay"] = _checked("overlay", OVERLAY_FILE, overlay, edited, problems)
    else:
        found["overlay"] = _read("overlay", OVERLAY_FILE, overlay, problems) if overlay.exists() else None
    for kind, folder, shown in (
        ("project", path.parent, ""),
        ("user", home / ".holodeck", "~/.holodeck/"),
    ):
        there = [name for name in CONFIG_FILES if (folder / name).is_file()]
        found[kind] = None  # type: ignore[index]
        if there:
            source = _read(kind, shown + there[0], folder / there[0], problems)  # type: ignore[arg-type]
            found[kind] = source  # type: ignore[index]
        if len(there) > 1:
            text = f"is not read: {shown}{there[0]} stands beside it and wins"
            problems.append(Problem(shown + there[1], 1, 1, "", text, "warning"))
    return Sources(found["agent"], found["overlay"], found["project"], found["user"], tuple(problems))


def _read(kind: Kind, label: str, path: Path, problems: list[Problem]) -> Source | None:
    try:
        document = Document.read(path)
    except YamlError as error:
        problems.append(
            Problem(label, error.line, error.column, "", f"not valid YAML: {sanitize(error.message)}")
        )
        return None
    except OSError as error:
        raise DeploymentError(
            "agent-unreadable" if kind == "agent" else "file-unreadable",
            f"{sanitize(str(path))} cannot be read.",
            reason=error.strerror or type(error).__name__,
            remedy=f"Check the file: ls -l {shlex.quote(sanitize(str(path)))}",
        ) from None
    return _checked(kind, label, path, document, problems)


def _checked(
    kind: Kind, label: str, path: Path, document: Document, problems: list[Problem]
) -> Source | None:
    if document.data is not None and not isinstance(document.data, Mapping):
        problems.append(Problem(label, *document.position(()), "", "must be a block of keys and values"))
        return None
    return Source(kind, label, path, document)


def check_environment(sources: Sources, environment: str | None) -> None:
    """Raise ``environment-unknown`` for a name that deploy.yaml does not have."""
    if environment is None:
        return
    names = sources.environments
    if environment in names:
        return
    from holodeck_tui.models.base import nearest

    near = nearest(environment, names)
    if not names:
        reason = (
            "deploy.yaml names no environments"
            if sources.overlay
            else "there is no deploy.yaml beside the agent"
        )
    else:
        reason = f"deploy.yaml has {sanitize(', '.join(names))}"
    remedy = (
        f"--env {near}"
        if near
        else (f"--env {names[0]}" if names else "Leave --env out, or write deploy.yaml.")
    )
    raise DeploymentError(
        "environment-unknown",
        f"There is no environment {sanitize(environment)}.",
        reason=reason,
        remedy=sanitize(remedy),
    )

"""Whether an edited agent.yaml may be written: judged with the files around it, before it is on disk."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from holodeck_tui.config.document import Document
from holodeck_tui.config.sources import Problem, Source, read_sources


@dataclass(frozen=True)
class Surroundings:
    """What validation looks at besides the files; by default this process's own."""

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    cwd: Path = field(default_factory=Path.cwd)
    home: Path = field(default_factory=Path.home)


def edited_problems(document: Document, before: Any, around: Surroundings) -> list[Problem]:
    """The errors that agent.yaml would have with the content of ``document``, and those it would make.

    ``before`` is what the file on disk means. A section that holodeck-ai 0.7.1 loads may not lose what
    it requires, nor a half one be begun; a ``${VAR}`` that is not set here is no error.
    """
    assert document.path is not None
    agent = Source("agent", document.path.name, document.path, document)
    old = set(_errors(document.path, None, around))
    found = [
        one for one in _errors(document.path, document, around) if one.file == agent.label or one not in old
    ]
    told = {one.path for one in found}
    lacking = set(_lacking(document.path, before, around))
    for path, message in _lacking(document.path, document.data, around):
        problem = agent.problem(("deployment", *path), message, key=True)
        if (path, message) not in lacking and problem.path not in told:
            found.append(problem)
    return found


def _errors(path: Path, document: Document | None, around: Surroundings) -> Iterator[Problem]:
    from holodeck_tui.config.problems import find_problems

    found = find_problems(
        path, environ=around.environ, cwd=around.cwd, home=around.home, missing="warning", edited=document
    )
    yield from (one for one in found if one.severity == "error")


def _lacking(path: Path, data: Any, around: Surroundings) -> Iterator[tuple[tuple[str, ...], str]]:
    """What 0.7.1 requires and neither the section in ``data`` nor a config.yaml has."""
    from holodeck_tui.config.layers import Layer, merge
    from holodeck_tui.models.compat import refused

    section = data.get("deployment") if isinstance(data, Mapping) else None
    if not isinstance(section, Mapping):
        return
    sources = read_sources(path, around.home)
    below = [
        Layer(source, (), source.data["deployment"])
        for source in (sources.user, sources.project)
        if source is not None and isinstance(source.data.get("deployment"), Mapping)
    ]
    merged = merge([*below, Layer(None, (), section)])
    yield from ((at, message) for at, message in refused(merged.data) if message.endswith("is required"))

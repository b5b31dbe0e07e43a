"""``set``, ``unset`` and ``init``: keys of agent.yaml changed in place, and only if the result is valid."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from holodeck_tui.config.document import Document, dotted
from holodeck_tui.config.edited import Surroundings, edited_problems
from holodeck_tui.config.keys import parse_assignment, parse_key, typed
from holodeck_tui.config.reading import read_document, write_document
from holodeck_tui.config.smallest import smallest_section
from holodeck_tui.config.sources import OVERLAY_FILE, agent_file
from holodeck_tui.config.spelling import as_holodeck
from holodeck_tui.config.turns import turn
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.redact import MASK, looks_secret, sanitize
from holodeck_tui.core.values import Change
from holodeck_tui.models.base import is_reference

__all__ = ["Surroundings", "init_section", "set_values", "unset_values"]

_SECRET_KEY = re.compile(r"(?:^|_)(?:key|token|secret|password)$", re.IGNORECASE)


def set_values(
    agent_path: Path, assignments: Sequence[str], *, around: Surroundings | None = None
) -> list[Change]:
    """Apply ``KEY=VALUE`` words to agent.yaml and say what changed; all or nothing.

    A value is typed by the field it is for and written as holodeck-ai 0.7.1 spells it. Raises
    DeploymentError: ``usage``, ``agent-not-found``, ``yaml-syntax``, ``edit-impossible``,
    ``config-invalid`` with all problems (nothing is written then), ``file-changed``, ``file-unwritable``,
    ``locked``.
    """
    with turn(sanitize(str(agent_path))):
        document = read_document(agent_file(agent_path))
        before = document.data
        _assign(document, assignments)
        return _write(document, before, around or Surroundings())


def unset_values(
    agent_path: Path, keys: Sequence[str], *, around: Surroundings | None = None
) -> list[Change]:
    """Remove keys from agent.yaml, with the blocks that this leaves empty; raises as :func:`set_values`.

    A key that is not there is ``usage``, with those that are.
    """
    with turn(sanitize(str(agent_path))):
        document = read_document(agent_file(agent_path))
        before = document.data
        for word in keys:
            path = parse_key(word)
            if not document.remove(path, prune=True):
                raise _absent(document, path)
        return _write(document, before, around or Surroundings())


def init_section(
    agent_path: Path,
    target: str | None = None,
    registry: str | None = None,
    repository: str | None = None,
    sets: Sequence[str] = (),
    *,
    around: Surroundings | None = None,
) -> list[Change]:
    """Write the smallest valid ``deployment:`` section for ``target`` (aws, gcp, azure).

    This machine needs none and agent.yaml has no word for it: ``local`` writes ``target: local`` into
    deploy.yaml. Raises ``deployment-exists`` where there is one, else as :func:`set_values`.
    """
    document = read_document(agent_file(agent_path))
    before = document.data
    if document.get(("deployment",)):
        line = document.position(("deployment",), key=True)[0]
        raise DeploymentError(
            "deployment-exists",
            f"{document.name} has a deployment: section already.",
            reason=f"it stands in line {line}",
            remedy="Change its keys: holodeck-deploy-tui set deployment.KEY=VALUE",
        )
    given = Document.parse(b"")
    _assign(given, sets)
    for key in given.data or {}:
        if key != "deployment":
            raise _usage(f"`--set {key}…` is not part of the section.", "init writes deployment: alone")
    if target == "local":
        return _init_local(document, given, registry, repository)
    section = smallest_section(
        document.data or {}, target, registry, repository, given.get(("deployment",), {})
    )
    document.set(("deployment",), section)
    return _write(document, before, around or Surroundings(), init=True)


def _init_local(
    document: Document, given: Document, registry: str | None, repository: str | None
) -> list[Change]:
    if registry or repository or given.data:
        raise _usage(
            "A local target has no deployment: section.",
            "it needs no registry, and agent.yaml can hold aws, gcp and azure only",
            "holodeck-deploy-tui init --target local",
        )
    assert document.path is not None
    path = document.path.parent / OVERLAY_FILE
    overlay = read_document(path) if path.exists() else Document.new(path)
    if overlay.get(("target",)) is not None:
        line = overlay.position(("target",), key=True)[0]
        raise DeploymentError(
            "deployment-exists",
            f"{OVERLAY_FILE} names a target already.",
            reason=f"line {line} says {sanitize(str(overlay.get(('target',))))}",
            remedy="Deploy to this machine: holodeck-deploy-tui deploy --target local",
        )
    before = overlay.data
    overlay.set(("target",), "local")
    write_document(overlay)
    return list(_changes(before, overlay.data))


def _assign(document: Document, assignments: Iterable[str]) -> None:
    for word in assignments:
        path, text = parse_assignment(word)
        document.set(path, as_holodeck(path, typed(path, text)))


def _write(document: Document, before: Any, around: Surroundings, *, init: bool = False) -> list[Change]:
    """Validate the result, then write it."""
    if not document.changed:
        return []
    problems = edited_problems(document, before, around)
    if problems:
        raise DeploymentError(
            "config-invalid",
            f"{document.name} was not changed.",
            reason=f"the result would have {len(problems)} problem{'s' if len(problems) > 1 else ''}",
            remedy=_remedy([problem.path for problem in problems], "init --set" if init else "set"),
            details=[str(problem) for problem in problems],
        )
    write_document(document)
    return list(_changes(before, document.data))


def _remedy(paths: Sequence[str], command: str) -> str:
    keys = dict.fromkeys(path for path in paths if path)
    words = (" --set " if "--set" in command else " ").join(f"{key}=…" for key in keys)
    return (
        f"Say it right in one go: holodeck-deploy-tui {command} {words}"
        if keys
        else "Correct the file first."
    )


def _changes(before: Any, after: Any, at: tuple[Any, ...] = ()) -> Iterator[Change]:
    """Every plain value that differs; None is absent."""
    if isinstance(before, Mapping) or isinstance(after, Mapping):
        one = before if isinstance(before, Mapping) else {}
        other = after if isinstance(after, Mapping) else {}
        inside = [
            change
            for name in dict.fromkeys((*one, *other))
            for change in _changes(one.get(name), other.get(name), (*at, name))
        ]
        if inside or not at or before == after:
            yield from inside
            return
    if before != after or type(before) is not type(after):
        yield Change(dotted(at), _shown(at, before), _shown(at, after))


def names_secret(path: tuple[Any, ...]) -> bool:
    """Whether the key at ``path`` says that a plain value there is a secret."""
    name = str(path[-1])
    return looks_secret(name) if "environment" in path else _SECRET_KEY.search(name) is not None


def _shown(path: tuple[Any, ...], value: Any) -> Any:
    if names_secret(path) and isinstance(value, str) and not is_reference(value):
        return MASK
    return value if isinstance(value, (str, int, float, bool, list, dict, type(None))) else str(value)


def _absent(document: Document, path: tuple[str, ...]) -> DeploymentError:
    holder = path
    while holder and not isinstance(document.get(holder), Mapping):
        holder = holder[:-1]
    known = [dotted((*holder, name)) for name in (document.get(holder) or {})]
    return _usage(
        f"{sanitize(dotted(path))} cannot be removed.",
        "there is no such key",
        f"Keys there: {', '.join(map(sanitize, known))}" if known else "",
    )


def _usage(message: str, reason: str, remedy: str = "") -> DeploymentError:
    return DeploymentError("usage", message, reason=reason, remedy=remedy)

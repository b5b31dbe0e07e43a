"""Errors as the shell sees them: three lines on stderr, lists indented below, and their JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any

import click

from holodeck_tui.core.errors import CODES, Cancelled, DeploymentError

_LAST_RESORT = "Run the same command again with -v; it shows the cause."


def error_lines(error: DeploymentError, *, verbose: bool = False) -> list[str]:
    """What failed, why and what to do, a line each; ``details`` (and with ``verbose`` causes) indented."""
    lines = [
        click.style("Error: ", fg="red", bold=True) + _one(error.message),
        click.style("Why:   ", bold=True) + _one(error.reason or CODES[error.code][1]),
        click.style("Do:    ", bold=True) + _one(error.remedy or _LAST_RESORT),
    ]
    lines.extend(f"  {line}" for detail in error.details for line in (detail.splitlines() or [""]))
    if verbose:
        lines.extend(f"  cause: {_one(cause)}" for cause in causes(error))
    return lines


def cleaned(error: DeploymentError, clean: Callable[[str], str]) -> DeploymentError:
    """``error`` with all its texts cleaned once more: the last gate before a screen or a pipe."""
    if isinstance(error, Cancelled):
        return Cancelled([clean(line) for line in error.details])
    made = DeploymentError(
        error.code,
        clean(error.message),
        reason=clean(error.reason),
        remedy=clean(error.remedy),
        details=[clean(line) for detail in error.details for line in detail.splitlines() or [""]],
    )
    made.__cause__ = error.__cause__ or error.__context__
    return made


def causes(error: BaseException) -> Iterator[str]:
    """What lies behind ``error``, nearest first, as ``Type: text``."""
    seen = {id(error)}
    cause = error.__cause__ or error.__context__
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield f"{type(cause).__name__}: {cause}"
        cause = cause.__cause__ or cause.__context__


def error_document(error: DeploymentError) -> dict[str, Any]:
    """``{"error": …}``, what a command prints instead of its one document."""
    return {"error": error.as_json()}


def result_line(
    *,
    exit_code: int,
    agent: str | None = None,
    image: Any = None,
    deployment: Any = None,
    error: DeploymentError | None = None,
) -> str:
    """The last NDJSON line of a run."""
    fields = {
        "ok": exit_code == 0,
        "exit_code": int(exit_code),
        "agent": agent,
        "image": image,
        "deployment": deployment,
        "error": None if error is None else error.as_json(),
    }
    return event_line("result", fields)


def event_line(event: str, fields: dict[str, Any]) -> str:
    """One NDJSON line: ``event``, ``time`` (RFC 3339, UTC), then ``fields``."""
    from holodeck_tui.core.values import rfc3339

    return as_json({"event": event, "time": rfc3339(datetime.now(timezone.utc)), **fields})


def as_json(value: Any) -> str:
    """Compact JSON in ASCII: the same bytes whatever a pipe's character set is."""
    return json.dumps(value, ensure_ascii=True, separators=(", ", ": "))


def _one(text: str) -> str:
    return " ".join(text.split())

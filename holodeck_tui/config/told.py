"""A model's errors as problems with places; nothing that came from a ``${VAR}`` is quoted."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from holodeck_tui.config.layers import Layer, Merged, Path, Resolved
from holodeck_tui.config.sources import Problem

if TYPE_CHECKING:
    from pydantic import ValidationError

_AT_KEY = frozenset({"extra_forbidden", "missing", "other-block", "env-name", "model_type", "dict_type"})


def found(error: ValidationError, resolved: Resolved) -> Iterator[tuple[str, Path, str]]:
    """``(kind, path, message)`` of each error, without those that an unset variable explains."""
    for line in error.errors(include_url=False, include_input=False):
        path: Path = tuple(part for part in line["loc"] if part != "[key]")
        if any(path[: len(unset)] == unset for unset in resolved.unset):
            continue
        context = line.get("ctx") or {}
        # Rules over several fields of a block may tell one by the other.
        about = path if line["type"] != "pair" else path[:-1]
        hidden = any(used[: len(about)] == about for used in resolved.used)
        message = str(context.get("plain" if hidden else "message", line["msg"]))
        yield line["type"], path, message


def problems(
    error: ValidationError, merged: Merged, resolved: Resolved, *, ignore: Collection[str] = ()
) -> Iterator[tuple[str, Problem]]:
    """``(kind, problem)`` of each error, told where the value was written."""
    for kind, path, message in found(error, resolved):
        if kind in ignore:
            continue
        layer = merged.origin(path)
        if layer is not None:
            yield kind, layer.problem(path, message, "error", key=kind in _AT_KEY)


def alone(layer: Layer) -> Merged:
    """One layer as if it were all."""
    return Merged(dict(layer.data), {(): layer})


def unset(merged: Merged, resolved: Resolved, *, severity: Any = "error") -> Iterator[tuple[Path, Problem]]:
    """A problem for each value that needs a variable nobody has set."""
    for path, names in resolved.unset.items():
        layer = merged.origin(path)
        if layer is not None:
            yield path, layer.problem(path, missing_text(names), severity, key=False)


def missing_text(names: Collection[str]) -> str:
    """What to say of variables that are not set."""
    listed = ", ".join(f"${{{name}}}" for name in names)
    first = next(iter(names))
    verb = "are" if len(names) > 1 else "is"
    return f"{listed} {verb} not set; export {first}, or add {first}=… to .env"

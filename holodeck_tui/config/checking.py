"""Merged data against a model: the model, and every problem where the value was written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from holodeck_tui.config import layers
from holodeck_tui.config.layers import Layer, Merged, Path, Resolved
from holodeck_tui.config.sources import Problem, Severity

if TYPE_CHECKING:
    from pydantic import ValidationError

    from holodeck_tui.models.base import Model

    M = TypeVar("M", bound=Model)

_AT_KEY = frozenset({"extra_forbidden", "missing", "other-block", "env-name", "model_type", "dict_type"})


@dataclass(frozen=True)
class Check:
    """What to validate.

    ``ignore``: kinds of errors that are none here; ``quiet``: top-level keys whose
    unset variables do not matter.
    """

    merged: Merged
    resolved: Resolved
    missing: Severity = "error"
    ignore: frozenset[str] = frozenset()
    quiet: frozenset[str] = frozenset()

    @classmethod
    def alone(cls, layer: Layer, resolved: Resolved, ignore: frozenset[str]) -> Check:
        """One layer as if it were all."""
        return cls(Merged(dict(layer.data), {(): layer}), resolved, ignore=ignore)


def validated(model: type[M], check: Check, problems: list[tuple[str, Problem]]) -> M | None:
    """The model, or None; problems are added with their kinds, each once.

    A reference to an unset variable stays where the field takes text; elsewhere the default stands in.
    """
    from pydantic import ValidationError

    _add(problems, _unset(check))
    resolved = check.resolved
    context = {"references": True} if resolved.unset else None
    try:
        return model.model_validate(resolved.data, context=context)
    except ValidationError as error:
        own = list(told(error, check))
        _add(problems, own)
        if own or not resolved.unset:
            return None
    return _with_defaults(model, resolved)


def told(error: ValidationError, check: Check) -> Iterator[tuple[str, Problem]]:
    """``(kind, problem)`` of each error, without those that an unset variable explains.

    Nothing that came from a ``${VAR}`` is quoted.
    """
    for line in error.errors(include_url=False, include_input=False):
        kind = line["type"]
        path: Path = tuple(part for part in line["loc"] if part != "[key]")
        if kind in check.ignore or any(path[: len(unset)] == unset for unset in check.resolved.unset):
            continue
        context = line.get("ctx") or {}
        # A rule over several fields of a block may tell one by another.
        about = path[:-1] if kind == "pair" else path
        hidden = any(used[: len(about)] == about for used in check.resolved.used)
        message = str(context.get("plain" if hidden else "message", line["msg"]))
        layer = check.merged.origin(path)
        if layer is not None:
            yield kind, layer.problem(path, message, "error", key=kind in _AT_KEY)


def _unset(check: Check) -> Iterator[tuple[str, Problem]]:
    for path, names in check.resolved.unset.items():
        layer = check.merged.origin(path)
        if layer is not None and path[0] not in check.quiet:
            yield "unset", layer.problem(path, missing_text(names), check.missing, key=False)


def missing_text(names: tuple[str, ...]) -> str:
    """What to say of variables that are not set."""
    listed = ", ".join(f"${{{name}}}" for name in names)
    verb = "are" if len(names) > 1 else "is"
    return f"{listed} {verb} not set; export {names[0]}, or add {names[0]}=… to .env"


def _add(
    problems: list[tuple[str, Problem]], new: Iterator[tuple[str, Problem]] | list[tuple[str, Problem]]
) -> None:
    known = {problem for _, problem in problems}
    problems += [(kind, problem) for kind, problem in new if problem not in known]


def _with_defaults(model: type[M], resolved: Resolved) -> M | None:
    from pydantic import ValidationError

    data = resolved.data
    try:
        return model.model_validate(data, context={"references": True})
    except ValidationError as error:
        wrong = {tuple(line["loc"]) for line in error.errors(include_url=False, include_input=False)}
    # Pairs are wrong at a neighbour: then every reference in the block goes.
    blocks = {path[:-1] for path in wrong}
    gone = [path for path in resolved.unset if path in wrong or path[:-1] in blocks]
    try:
        return model.model_validate(layers.without(data, gone), context={"references": True})
    except ValidationError:
        return None

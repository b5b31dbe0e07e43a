"""The fields of a form, made of the models: what may be written where, in which words it is explained."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from holodeck_tui.models.base import Model

Keys = tuple[str, ...]
# What a form has no row for: the other files' business, or a table of its own.
_ELSEWHERE = frozenset({"environments"})
_WORDS = {
    "url": "URL",
    "cpu": "CPU",
    "ecr": "ECR",
    "arn": "ARN",
    "id": "ID",
    "vpc": "VPC",
    "aws": "AWS",
    "gcp": "Google Cloud",
}


@dataclass(frozen=True)
class Shown:
    """``text`` is what is written here, empty where nothing is; ``holds`` is what holds then.

    ``note`` says whence; ``wrong`` what is wrong.
    """

    text: str = ""
    holds: str = ""
    note: str = ""
    wrong: str = ""


@dataclass(frozen=True)
class FormField:
    """One row. ``path`` is relative to what the form is of; ``choices`` are empty where text is free.

    ``annotation`` is the model's, for reading what is typed; ``required`` says that there is no default.
    ``allowed`` says in words what may be written where there are no choices.
    """

    path: Keys
    label: str
    help: str
    annotation: Any
    default: str = ""
    choices: tuple[str, ...] = ()
    required: bool = False
    secret: bool = False
    allowed: str = ""


@dataclass(frozen=True)
class Heading:
    """The name of a block."""

    path: Keys
    label: str
    help: str


Row = FormField | Heading


def agent_rows(data: Mapping[str, Any]) -> tuple[Row, ...]:
    """Of ``deployment:``; ``data`` is the section as far as it is known, inherited values included."""
    from holodeck_tui.models.deployment import DeploymentConfig

    return tuple(_rows(DeploymentConfig, ("deployment",), data))


def overlay_rows(data: Mapping[str, Any], provider: str | None) -> tuple[Row, ...]:
    """Of deploy.yaml, with the block of the cloud ``provider`` alone."""
    from holodeck_tui.models.overlay import Overlay

    return tuple(_rows(Overlay, (), data, _others(provider)))


def environment_rows(
    data: Mapping[str, Any], section: Mapping[str, Any], provider: str | None
) -> tuple[Row, ...]:
    """Of one environment of deploy.yaml: what it lays over agent.yaml, then over deploy.yaml itself."""
    # Without a name of its own its first field would be read as the last of the cloud's block above it.
    return (*agent_rows(section), Heading((), "Deploying", ""), *overlay_rows(data, provider))


def _others(provider: str | None) -> frozenset[str]:
    return frozenset({"local", "aws", "gcp", "azure"}) - {provider or "local"}


def _rows(
    model: type[Model], at: Keys, data: Mapping[str, Any], without: frozenset[str] = frozenset()
) -> Iterator[Row]:
    blocks: list[Row] = []
    chosen = data.get("provider") if "provider" in model.model_fields else None
    for name, info in model.model_fields.items():
        if name in without or name in _ELSEWHERE:
            continue
        kind, path, value = _plain(info.annotation), (*at, name), data.get(name)
        if _is_model(kind):
            if "provider" in model.model_fields and name != chosen:
                continue
            blocks.append(Heading(path, words(name), info.description or ""))
            blocks += _rows(kind, path, value if isinstance(value, Mapping) else {})
        elif get_origin(kind) is dict:
            blocks += _entries(path, info, value if isinstance(value, Mapping) else {})
        else:
            yield _field(path, info, kind)
    yield from blocks


def _entries(path: Keys, info: FieldInfo, data: Mapping[Any, Any]) -> Iterator[Row]:
    """A row for each entry that there is; a new one is written in the YAML."""
    from holodeck_tui.core.redact import looks_secret
    from holodeck_tui.models.base import is_reference

    if not data:
        return
    inner = get_args(_plain(info.annotation))[1]
    yield Heading(path, words(path[-1]), info.description or "")
    for name, value in data.items():
        if _is_model(inner):
            yield Heading((*path, str(name)), str(name), "")
            yield from _rows(inner, (*path, str(name)), value if isinstance(value, Mapping) else {})
        else:
            secret = looks_secret(str(name)) and not is_reference(value)
            yield FormField((*path, str(name)), str(name), info.description or "", inner, secret=secret)


def _field(path: Keys, info: FieldInfo, kind: Any) -> FormField:
    choices: tuple[str, ...] = ()
    if get_origin(kind) is Literal:
        every = tuple(map(str, get_args(kind)))
        # Of two spellings of the same, holodeck-ai's own.
        choices = tuple(one for one in every if "-" not in one or one.replace("-", "_") not in every)
    elif kind is bool:
        choices = ("true", "false")
    elif path[-1] == "target" and info.examples:
        choices = tuple(map(str, info.examples))
    required = info.is_required()
    default = None if required else info.get_default(call_default_factory=True)
    return FormField(
        path,
        words(path[-1]),
        info.description or "",
        info.annotation,
        default=spelled(default),
        choices=choices,
        required=required,
        allowed="" if choices else _allowed(kind, info),
    )


def _allowed(kind: Any, info: FieldInfo) -> str:
    """The kind of value and its bounds, as far as the model states them apart from its rules."""
    if get_origin(kind) in {list, tuple}:
        return "a list, as [one, two]"
    what = {int: "a whole number", float: "a number", str: "text"}.get(kind, "a number or text")
    bounds = {
        name: getattr(one, name) for one in info.metadata for name in ("ge", "gt", "le") if hasattr(one, name)
    }
    words = [f"from {bounds['ge']}"] if "ge" in bounds else []
    words += [f"above {bounds['gt']}"] if "gt" in bounds else []
    words += [f"to {bounds['le']}"] if "le" in bounds else []
    return " ".join([what, *words])


def spelled(value: Any) -> str:
    """A plain value as a field shows it, and as YAML reads it back; nothing for None."""
    if value is None or value == ():
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(spelled, value))}]"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def words(name: str) -> str:
    """``health_check_path`` → ``Health check path``."""
    parts = [_WORDS.get(part, part) for part in name.split("_")]
    text = " ".join(parts)
    return text[:1].upper() + text[1:]


def _plain(annotation: Any) -> Any:
    """Without ``None`` and without an annotation's metadata; a union of several stays one."""
    if get_origin(annotation) in {Union, types.UnionType}:
        kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
        return _plain(kinds[0]) if len(kinds) == 1 else annotation
    return annotation


def _is_model(kind: Any) -> bool:
    from pydantic import BaseModel

    return isinstance(kind, type) and issubclass(kind, BaseModel)

"""``KEY=VALUE`` of the command line: which key is meant, and of which type the value is."""

from __future__ import annotations

import datetime
import types
from collections.abc import Mapping
from typing import Any, Union, get_args, get_origin

from holodeck_tui.config import scalars
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.redact import sanitize

Keys = tuple[str, ...]

_REMEDY = (
    "Write KEY=VALUE with dots between the parts, as deployment.port=8081; escape a dot in a name as \\."
)


def parse_key(text: str) -> Keys:
    r"""``deployment.port`` → its parts. ``\.`` and ``"a.b"`` keep a dot. Raises ``usage``."""
    keys, rest = _split(text, "")
    return _known(keys, text) if not rest else _known((), text)


def parse_assignment(text: str) -> tuple[Keys, str]:
    """``KEY=VALUE`` → the parts of the key and the text of the value. Raises ``usage``."""
    keys, rest = _split(text, "=")
    if not rest:
        raise _usage(text, "it has no `=`")
    return _known(keys, text), rest[1:]


def _known(keys: Keys, text: str) -> Keys:
    if not keys or not all(keys):
        raise _usage(text, "a part of the key is empty")
    return keys


def _usage(text: str, reason: str) -> DeploymentError:
    # Only the key: what follows may be a secret.
    shown = sanitize(text.partition("=")[0])
    return DeploymentError("usage", f"`{shown}` is not understood.", reason=reason, remedy=_REMEDY)


def _split(text: str, stop: str) -> tuple[Keys, str]:
    """The parts up to ``stop`` outside of quotes and escapes, and the rest from there."""
    parts, part, quoted, index = [], "", False, 0
    while index < len(text):
        char = text[index]
        if char == "\\" and text[index + 1 : index + 2] in {".", "=", "\\", '"'}:
            index += 1
            part += text[index]
        elif char == '"' and (quoted or not part):
            quoted = not quoted
        elif char == stop and not quoted:
            break
        elif char == "." and not quoted:
            parts.append(part)
            part = ""
        else:
            part += char
        index += 1
    return (*parts, part), text[index:]


def typed(keys: Keys, text: str, field: Any = None) -> Any:
    """The value that ``text`` means at ``keys``: what YAML says, unless the field wants text.

    ``deployment.port=8081`` is a number, ``deployment.environment.PORT=8081`` text.
    ``field`` is the field's annotation where the caller knows it.
    """
    parsed = _parsed(text)
    if isinstance(parsed, str):
        return parsed
    field = field_type(keys) if field is None else field
    if field is not None and _fits(field, text) and not _fits(field, parsed):
        return text
    # There is no way to write a date that every reader takes for one; nobody here wants one.
    return text if isinstance(parsed, (datetime.date, bytes)) else parsed


def _parsed(text: str) -> Any:
    from holodeck_tui.config.nodes import YamlError
    from holodeck_tui.config.tree import parse

    if text[:1] in {"[", "{", '"', "'"}:
        try:
            tree = parse(text)
        except YamlError:
            return text
        root = tree.root
        return root.data if root is not None and root.end == len(text.rstrip()) else text
    try:
        return scalars.construct(scalars.resolve(text), text)
    except ValueError:
        return text


def _fits(field: Any, value: Any) -> bool:
    from pydantic import TypeAdapter, ValidationError

    try:
        TypeAdapter(field).validate_python(value)
    except ValidationError:
        return False
    return True


def field_type(keys: Keys) -> Any:
    """The annotation of the model field at ``keys``; None where no model knows it."""
    from holodeck_tui.models.agent import Agent
    from holodeck_tui.models.deployment import DeploymentConfig

    field, rest = (DeploymentConfig, keys[1:]) if keys[0] == "deployment" else (Agent, keys)
    for key in rest:
        field = _below(field, key)
        if field is None:
            return None
    return field


def _below(field: Any, key: str) -> Any:
    from pydantic import BaseModel

    for option in _options(field):
        if isinstance(option, type) and issubclass(option, BaseModel):
            known = option.model_fields.get(key)
            return None if known is None else known.annotation
        if get_origin(option) in {dict, Mapping, types.MappingProxyType} and len(get_args(option)) == 2:
            inner = get_args(option)[1]
            return None if inner is Any else inner
    return None


def _options(field: Any) -> tuple[Any, ...]:
    return get_args(field) if get_origin(field) in {Union, types.UnionType} else (field,)

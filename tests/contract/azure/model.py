"""Holds what is sent and answered to Microsoft's published models: names, types, enums, visibility."""

from __future__ import annotations

import datetime as dates
import enum
import sys
import types
import typing
from functools import cache
from typing import Any


def flaws(kind: type, data: Any, *, request: bool, partial: bool = False, at: str = "") -> list[str]:
    """What is wrong with ``data`` as a ``kind`` of a request or an answer; ``partial``: a PATCH."""
    if not isinstance(data, dict):
        return [f"{at or kind.__name__}: not an object"]
    kind()  # fills in the fields
    fields = {one._rest_name: (name, one) for name, one in kind._attr_to_rest_field.items()}  # type: ignore[attr-defined]
    hints = _hints(kind)
    found: list[str] = []
    for key, value in data.items():
        path = f"{at}.{key}" if at else key
        if key not in fields:
            found.append(f"{path}: {kind.__name__} has no such property")
            continue
        name, field = fields[key]
        visible = field._visibility or ["read", "create", "update"]
        if request and not {"create", "update"} & set(visible):
            found.append(f"{path}: is read-only")
        elif not request and "read" not in visible:
            found.append(f"{path}: is never answered")
        else:
            found += _value(hints[name], value, request=request, partial=partial, at=path)
    for key, (name, field) in fields.items():
        readable = {"create"} & set(field._visibility or ["create"])
        required = not _optional(hints[name]) and (readable or not request)
        if required and key not in data and not partial:
            found.append(f"{f'{at}.' if at else ''}{key}: is required")
    return found


@cache
def _hints(kind: type) -> dict[str, Any]:
    home, public = (vars(sys.modules[name]) for name in (kind.__module__, kind.__module__.rpartition(".")[0]))
    names = types.SimpleNamespace(**public)
    return typing.get_type_hints(kind, globalns={**vars(typing), **home, "_models": names})


def _optional(hint: Any) -> bool:
    return type(None) in typing.get_args(hint)


def _value(hint: Any, value: Any, *, request: bool, partial: bool, at: str) -> list[str]:
    choices = [one for one in typing.get_args(hint) if one is not type(None)]
    origin = typing.get_origin(hint)
    if origin in {typing.Union, types.UnionType}:
        if value is None:
            return [] if _optional(hint) else [f"{at}: is null"]
        enums = [one for one in choices if isinstance(one, type) and issubclass(one, enum.Enum)]
        if enums:
            known = {str(member.value).lower() for one in enums for member in one}
            return [] if str(value).lower() in known else [f"{at}: {value!r} is none of {sorted(known)}"]
        return _value(choices[0], value, request=request, partial=partial, at=at)
    if origin is list:
        if not isinstance(value, list):
            return [f"{at}: not a list"]
        rest = {"request": request, "partial": partial}
        return [
            text for i, one in enumerate(value) for text in _value(choices[0], one, at=f"{at}[{i}]", **rest)
        ]
    if origin is dict:
        if not isinstance(value, dict):
            return [f"{at}: not an object"]
        rest = {"request": request, "partial": partial}
        return [
            text for key, one in value.items() for text in _value(choices[1], one, at=f"{at}.{key}", **rest)
        ]
    if (isinstance(hint, type) and hasattr(hint, "_attr_to_rest_field")) or hasattr(hint, "_is_model"):
        return flaws(hint, value, request=request, partial=partial, at=at)
    return _plain(hint, value, at)


def _plain(hint: Any, value: Any, at: str) -> list[str]:
    wanted: dict[Any, tuple[type, ...]] = {str: (str,), bool: (bool,), int: (int,), float: (int, float)}
    if hint is dates.datetime:
        try:
            dates.datetime.fromisoformat(str(value).replace("Z", "+00:00"))
        except ValueError:
            return [f"{at}: {value!r} is no time"]
        return []
    if hint not in wanted:
        return []
    wrong = not isinstance(value, wanted[hint]) or (isinstance(value, bool) and hint is not bool)
    return [f"{at}: {value!r} is not {hint.__name__}"] if wrong else []

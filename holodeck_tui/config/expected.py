"""What a document should mean after an edit, to compare with what it means then."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from holodeck_tui.config.removing import Edit
from holodeck_tui.config.render import is_list


def splice(text: str, edits: list[Edit]) -> str:
    """``text`` with all ``edits``, which do not overlap."""
    parts: list[str] = []
    done = 0
    for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
        parts += (text[done:start], new)
        done = end
    return "".join((*parts, text[done:]))


def with_value(data: Any, names: Sequence[Any], value: Any) -> Any:
    """``data`` with ``value`` at ``names``; only the containers on the way are copied."""
    if not names:
        return value
    name, rest = names[0], names[1:]
    if isinstance(data, list):
        new = [*data]
        new[name : name + 1] = [with_value(data[name] if name < len(data) else None, rest, value)]
        return new
    old = data or {}
    return {**old, name: with_value(old.get(name), rest, value)}


def without(data: Any, names: Sequence[Any]) -> Any:
    """``data`` without the entry at ``names``."""
    name, rest = names[0], names[1:]
    if rest:
        return with_value(data, [name], without(data[name], rest))
    if isinstance(data, list):
        return data[:name] + data[name + 1 :]
    return {key: value for key, value in data.items() if key != name}


def same(one: Any, other: Any, seen: dict[tuple[int, int], bool] | None = None) -> bool:
    """Equality that tells 1 from True and 1.0, takes NaN as equal and looks at a shared pair once."""
    seen = {} if seen is None else seen
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        if (id(one), id(other)) in seen:
            return True
        seen[id(one), id(other)] = True
        return len(one) == len(other) and all(
            key in other and same(value, other[key], seen) for key, value in one.items()
        )
    if is_list(one) and is_list(other):
        if (id(one), id(other)) in seen:
            return True
        seen[id(one), id(other)] = True
        return len(one) == len(other) and all(same(a, b, seen) for a, b in zip(one, other, strict=True))
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    return type(one) is type(other) and bool(one == other)

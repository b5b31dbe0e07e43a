"""Every text of a YAML document with the path that leads to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from holodeck_tui.bundle.references import Key


def leaves(data: Any, drops: tuple[str, ...] = ()) -> Iterator[tuple[Key, str]]:
    """All strings that are values, but those below the top-level keys ``drops``."""
    top = data.items() if isinstance(data, Mapping) else ()
    for name, value in top:
        if name not in drops:
            yield from _below(value, (name,), frozenset())


def _below(value: Any, key: Key, above: frozenset[int]) -> Iterator[tuple[Key, str]]:
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, (Mapping, list)) and id(value) not in above:
        pairs = value.items() if isinstance(value, Mapping) else enumerate(value)
        for name, item in pairs:
            yield from _below(item, (*key, name), above | {id(value)})

"""From a path of keys and indexes to the nodes on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from holodeck_tui.config.nodes import Node, merge_sources

Path_ = tuple[str | int, ...]


@dataclass(frozen=True, eq=False)
class Step:
    """One element of a path that exists: entry ``index`` of ``parent``.

    ``key`` is its key node in a mapping; ``name`` the key or index as it stands in the data;
    ``merged`` says that it comes from a ``<<``.
    """

    parent: Node
    index: int
    value: Node
    name: Any
    key: Node | None = None
    merged: bool = False


def walk(root: Node | None, path: Sequence[str | int]) -> list[Step]:
    """The steps of as much of ``path`` as exists; aliases and merge keys are followed."""
    steps: list[Step] = []
    node = root
    for element in path:
        step = None if node is None else _step(node.real, element)
        if step is None:
            break
        steps.append(step)
        node = step.value
    return steps


def _step(parent: Node, element: str | int) -> Step | None:
    if parent.kind == "sequence":
        index = int(element) if isinstance(element, int) or element.isdecimal() else -1
        if 0 <= index < len(parent.items):
            return Step(parent, index, parent.items[index], index)
        return None
    if parent.kind == "mapping":
        return own_step(parent, element) or merged_step(parent, element)
    return None


def own_step(mapping: Node, element: str | int) -> Step | None:
    """The pair of ``mapping`` itself whose key means ``element``, or is spelled so."""
    keys = [(index, key) for index, (key, _) in enumerate(mapping.pairs) if not key.merge]
    found = [(i, k) for i, k in keys if k.data == element and type(k.data) is type(element)]
    found = found or [(i, k) for i, k in keys if k.real.text == str(element)]
    if not found:
        return None
    index, key = found[0]
    return Step(mapping, index, mapping.pairs[index][1], key.data, key)


def merged_step(mapping: Node, element: str | int) -> Step | None:
    """The pair that ``mapping`` gets for ``element`` from its ``<<`` keys."""
    for key, value in mapping.pairs:
        if not key.merge:
            continue
        for source in merge_sources(value):
            found = own_step(source.real, element) or merged_step(source.real, element)
            if found is not None:
                return Step(found.parent, found.index, found.value, found.name, found.key, merged=True)
    return None


def pair_start(text: str, key: Node) -> int:
    """Where a pair begins: at its key, or at the ``?`` before it."""
    before = text[: key.start].rstrip(" \t")
    if (
        before.endswith("?")
        and len(before) < key.start
        and (len(before) == 1 or before[-2] in " \t\r\n{[,\ufeff")
    ):
        return len(before) - 1
    return key.start


def sharing(root: Node | None, path: Sequence[str | int]) -> Node | None:
    """The first alias that shares what stands at ``path``, above it or below it."""
    steps = walk(root, path)
    if root is None or not steps:
        return None
    inside = {id(step.value) for step in steps} | {id(node) for node in steps[-1].value.walk()}
    return next((node for node in root.walk() if node.kind == "alias" and id(node.target) in inside), None)

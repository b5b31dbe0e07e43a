"""A YAML document as a tree of nodes that know where in the text they stand, and what they mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

BREAK = re.compile("\r\n|\r|\n")


class YamlError(Exception):
    """A file is not YAML that HoloDeck reads: where (1-based, columns in characters) and why."""

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.column = column
        self.message = message

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.message}"


@dataclass(frozen=True, eq=False)
class Node:
    """One value or key, with offsets in characters.

    ``start`` is that of its anchor or tag, ``inner`` that of the value itself. ``end`` of a block scalar or
    collection is the end of its last line with content. ``size`` counts the values it expands to.
    ``data`` is plain Python and shared between a node and its aliases.
    """

    kind: Literal["scalar", "mapping", "sequence", "alias"]
    start: int
    inner: int
    end: int
    data: Any
    size: int = 1
    anchor: str | None = None
    tag: str | None = None
    style: str = ""
    flow: bool = False
    text: str = ""
    pairs: tuple[tuple[Node, Node], ...] = ()
    items: tuple[Node, ...] = ()
    target: Node | None = None

    @property
    def real(self) -> Node:
        """The node itself, or what it is an alias of."""
        return self.target if self.target is not None else self

    @property
    def merge(self) -> bool:
        """Whether this key is ``<<``."""
        return self.kind == "scalar" and not self.style and self.text == "<<" and self.tag is None

    def at(self, offset: int) -> Node:
        """The same empty node at another place."""
        return replace(self, start=offset, inner=offset, end=offset)

    def walk(self) -> Iterator[Node]:
        """This node, its keys and all below; aliases are not followed."""
        yield self
        for key, value in self.pairs:
            yield from key.walk()
            yield from value.walk()
        for item in self.items:
            yield from item.walk()


@dataclass(frozen=True)
class Tree:
    """A parsed document.

    ``root`` is None where it holds comments at most; ``explicit_end`` is the offset of a ``...`` line.
    """

    text: str
    root: Node | None
    explicit_end: int | None = None

    @property
    def data(self) -> Any:
        """Plain Python: dict, list, str, int, float, bool, None, dates."""
        return None if self.root is None else self.root.data


def line_column(text: str, offset: int) -> tuple[int, int]:
    """1-based line and column in characters of ``offset``; a byte order mark counts as nothing."""
    line, start = 1, 1 if text.startswith("\ufeff") else 0
    for match in BREAK.finditer(text, 0, offset):
        line, start = line + 1, match.end()
    return line, max(offset - start, 0) + 1


def merge_sources(value: Node) -> tuple[Node, ...]:
    """The nodes that the value of a ``<<`` key merges; the first one that has a key wins."""
    return value.real.items if value.real.kind == "sequence" else (value,)

"""Plain Python values as YAML text, in the manner of the document they go into."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from holodeck_tui.config.lines import column, newline
from holodeck_tui.config.nodes import Node, Tree
from holodeck_tui.config.scalars import scalar


@dataclass(frozen=True)
class Style:
    """How a document is written: its line break, spaces per level, spaces before ``-`` under a key."""

    newline: str = "\n"
    step: int = 2
    dash: int = 2


def style_of(tree: Tree) -> Style:
    """What most of the document does; two spaces where it shows nothing."""
    steps: Counter[int] = Counter()
    dashes: Counter[int] = Counter()
    for node in tree.root.walk() if tree.root else ():
        for key, value in node.pairs:
            if node.flow or value.flow or not (value.pairs or value.items):
                continue
            first = value.pairs[0][0] if value.pairs else value
            offset = column(tree.text, first.inner) - column(tree.text, key.start)
            (steps if value.pairs else dashes)[offset] += 1
    step = max(1, steps.most_common(1)[0][0]) if steps else 2
    return Style(newline(tree.text), step, dashes.most_common(1)[0][0] if dashes else step)


def is_list(value: object) -> bool:
    """Whether it is written as a sequence."""
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def inline(value: Any, *, flow: bool, quote: str = "") -> str:
    """``value`` on one line: a scalar, or a collection in flow style."""
    if isinstance(value, Mapping):
        pairs = (f"{inline(key, flow=True)}: {inline(item, flow=True)}" for key, item in value.items())
        return "{" + ", ".join(pairs) + "}"
    if is_list(value):
        return "[" + ", ".join(inline(item, flow=True) for item in value) + "]"
    return scalar(value, flow=flow, quote=quote)


def pair_lines(key: Any, value: Any, indent: int, style: Style, quote: str = "") -> Iterator[str]:
    """The lines of ``key: value`` in a block mapping at ``indent``, without line breaks."""
    head = " " * indent + inline(key, flow=False) + ":"
    tail, *rest = value_lines(value, indent, style, quote)
    yield f"{head} {tail}" if tail else head
    yield from rest


def value_lines(value: Any, indent: int, style: Style, quote: str = "") -> Iterator[str]:
    """The value of a key at ``indent``: what follows on the key's line, then the lines below it."""
    if isinstance(value, Mapping) and value:
        yield ""
        for key, item in value.items():
            yield from pair_lines(key, item, indent + style.step, style)
    elif is_list(value) and value:
        yield ""
        for item in value:
            yield from item_lines(item, indent + style.dash, style)
    elif isinstance(value, str) and not quote and _fits_literal(value):
        yield "|" if value.endswith("\n") else "|-"
        yield from (" " * (indent + style.step) + line if line else "" for line in _lines(value))
    else:
        yield inline(value, flow=False, quote=quote)


def item_lines(value: Any, indent: int, style: Style) -> Iterator[str]:
    """The lines of ``- value`` in a block sequence at ``indent``."""
    lead = " " * indent + "- "
    if isinstance(value, Mapping) and value:
        lines = [line for key, item in value.items() for line in pair_lines(key, item, indent + 2, style)]
        yield lead + lines[0].lstrip(" ")
        yield from lines[1:]
    else:
        yield lead + inline(value, flow=False)


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n")


def _fits_literal(text: str) -> bool:
    lines = _lines(text)
    if "\n" not in text or text.endswith("\n\n") or "${" in text:
        return False
    return all(line.isprintable() and line == line.strip() for line in lines) and bool(lines[0] and lines[-1])


def quote_of(node: Node) -> str:
    """The quoting to keep when ``node`` is replaced by text: ``'``, ``"`` or nothing."""
    return node.style if node.style in {"'", '"'} else ""

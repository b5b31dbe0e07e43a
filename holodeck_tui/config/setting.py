"""Text edits that give one path a value and leave every other byte."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from holodeck_tui.config import lines
from holodeck_tui.config.nodes import Node, Tree
from holodeck_tui.config.removing import Edit, comma_after, entry_spans
from holodeck_tui.config.render import Style, inline, item_lines, pair_lines, quote_of, value_lines
from holodeck_tui.config.walk import Step


def nested(path: Sequence[str | int], value: Any) -> Any:
    """``value`` below new keys: ``("a", "b")`` → ``{"a": {"b": value}}``."""
    for element in reversed(path):
        value = [value] if element == 0 and isinstance(element, int) else {element: value}
    return value


def replacements(tree: Tree, step: Step, value: Any, style: Style) -> Iterator[list[Edit]]:
    """Ways to put ``value`` in the place of an entry's value."""
    text, node = tree.text, step.value
    if step.parent.flow:
        yield [
            (
                node.start,
                node.end,
                _lead(text, step) + _anchor(node) + inline(value, flow=True, quote=quote_of(node)),
            )
        ]
        return
    start, _ = entry_spans(text, step.parent)[step.index]
    indent = lines.column(text, start)
    if step.key is None:
        first, *rest = item_lines(value, indent, style)
        first = first.strip(" ").removeprefix("-").lstrip(" ")
    else:
        first, *rest = value_lines(value, indent, style, quote_of(node))
    below = "".join(style.newline + line for line in rest)
    first = (_anchor(node) + first).rstrip(" ")
    if node.style in {"|", ">"}:
        header = lines.line_end(text, node.inner)
        indicator = node.inner + len(text[node.inner : header].partition(" ")[0])
        begin = node.start if first else _value_place(text, step)
        yield [(begin, indicator, first), (header, max(node.end, header), below)]
    elif (node.pairs or node.items) and not node.flow:
        yield _over_block(text, step, first, below)
        if isinstance(value, str) and below:
            # Blank lines and comments below the key would become the text's own.
            yield _over_block(text, step, _anchor(node) + inline(value, flow=True), "")
    else:
        yield _over_inline(text, step, first, below)


def _anchor(node: Node) -> str:
    return f"&{node.anchor} " if node.anchor and node.kind != "alias" else ""


def _over_block(text: str, step: Step, first: str, below: str) -> list[Edit]:
    node = step.value
    after = _value_place(text, step)
    begin = lines.line_start(text, node.inner)
    if begin <= after:
        # Compact: the collection begins on the line of its dash.
        return [(node.start, lines.line_end(text, node.end) if below else node.end, first + below)]
    head = lines.line_end(text, after)
    properties = text[after : node.inner] if node.start < node.inner else ""
    inserted: Edit = (after, after + len(properties.rstrip()), f" {first}" if first else "")
    cut = begin - 2 if text.endswith("\r\n", 0, begin) else begin - 1
    return [inserted, (max(cut, head), lines.line_end(text, node.end), below)]


def _over_inline(text: str, step: Step, first: str, below: str) -> list[Edit]:
    node = step.value
    start, end = node.start, node.end
    after = _value_place(text, step)
    if start == end:
        return [
            (after, after, (f" {first}" if first else "")),
            *_below(text, after, below),
        ]
    return [(start if first else after, end, first), *_below(text, end, below)]


def _below(text: str, offset: int, below: str) -> list[Edit]:
    end = lines.line_end(text, offset)
    return [(end, end, below)] if below else []


def _value_place(text: str, step: Step) -> int:
    """Behind the colon or the dash of an entry."""
    if step.key is None:
        return entry_spans(text, step.parent)[step.index][0] + 1
    return lines.after_colon(text, step.key.end, len(text)) or step.key.end


def _lead(text: str, step: Step) -> str:
    node, key = step.value, step.key
    if node.start < node.end:
        return ""
    if key is not None and lines.after_colon(text, key.end, len(text)) is None:
        return ": "
    return "" if text[node.start - 1 : node.start] in {" ", "\n", "\t"} else " "


def insertions(tree: Tree, parent: Node, key: str | int, value: Any, style: Style) -> Iterator[list[Edit]]:
    """Ways to add a pair to a mapping, or an item to a sequence, behind what is there."""
    text = tree.text
    if parent.flow:
        yield _into_flow(text, parent, key, value)
        return
    spans = entry_spans(text, parent)
    indent = lines.column(text, spans[0][0])
    if parent.kind == "sequence":
        new = list(item_lines(value, indent, style))
    else:
        new = list(pair_lines(key, value, indent, style))
    at = lines.deeper_comments_end(text, parent.end, indent)
    yield [(at, at, "".join(style.newline + line for line in new))]
    # Behind a block scalar that ends the text without a line break nothing can be added unharmed.
    before = lines.line_start(text, spans[-1][0])
    if parent.kind == "mapping" and lines.is_blank(text[before : spans[-1][0]]):
        yield [(before, before, "".join(line + style.newline for line in new))]


def _into_flow(text: str, parent: Node, key: str | int, value: Any) -> list[Edit]:
    new = inline(value, flow=True)
    if parent.kind == "mapping":
        new = f"{inline(key, flow=True)}: {new}"
    spans = entry_spans(text, parent)
    if not spans:
        return [(parent.inner + 1, parent.inner + 1, new)]
    start, end = spans[-1]
    comma = comma_after(text, end)
    begin = lines.line_start(text, start)
    rest = comma if comma is not None else end
    tail = text[rest : lines.line_end(text, rest)].strip(" \t")
    if lines.is_blank(text[begin:start]) and begin > parent.inner and (not tail or tail.startswith("#")):
        at = lines.line_end(text, rest)
        line = lines.newline(text) + text[begin:start] + new
        return [(at, at, line + ",")] if comma is not None else [(end, end, ","), (at, at, line)]
    if comma is not None:
        return [(comma, comma, f" {new},")]
    return [(end, end, f", {new}")]


def into_empty(tree: Tree, value: Any, style: Style) -> Iterator[list[Edit]]:
    """Ways to fill a document that holds nothing but comments, markers or a null."""
    text, root = tree.text, tree.root
    new = [line for key, item in value.items() for line in pair_lines(key, item, 0, style)]
    block = style.newline.join(new)
    if root is not None and root.end > root.start:
        yield [(root.start, root.end, block)]
        # No key may stand on the line of a marker.
        yield [(root.start, root.end, style.newline + block)]
        return
    at = len(text) if tree.explicit_end is None else tree.explicit_end
    lead = "" if at == lines.line_start(text, at) else style.newline
    closed = at < len(text) or not lead
    yield [(at, at, lead + block + (style.newline if closed else ""))]

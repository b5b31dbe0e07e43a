"""Text edits that take one entry out of a mapping or a sequence and leave every other byte."""

from __future__ import annotations

from collections.abc import Iterator

from holodeck_tui.config import lines
from holodeck_tui.config.nodes import Node, Tree
from holodeck_tui.config.walk import Step, pair_start

Edit = tuple[int, int, str]
"""Replace the characters from the first offset to the second by the text."""


def removals(tree: Tree, step: Step) -> Iterator[list[Edit]]:
    """Ways to remove ``step``, best first; the caller takes the first one that means what it should."""
    text, parent = tree.text, step.parent
    spans = entry_spans(text, parent)
    if parent.flow:
        yield _from_flow(text, spans, step.index)
        return
    start, end = spans[step.index]
    first = lines.line_start(text, start)
    if lines.is_blank(text[first:start]):
        last = lines.deeper_comments_end(text, end, start - first)
        if last == len(text) and first > 0:
            # The text ends without a line break: so it will again, if that changes nothing.
            yield [(_break_before(text, first), last, "")]
        after = lines.next_line(text, last)
        yield [(first, after, "")]
        # Empty lines behind it would become a part of a `|+` text before it.
        blank = after
        while blank < len(text) and lines.is_blank(text[blank : lines.line_end(text, blank)]):
            blank = lines.next_line(text, lines.line_end(text, blank))
        if blank > after:
            yield [(first, blank, "")]
        return
    # The first entry of a mapping or list that begins behind a dash.
    after = lines.next_line(text, lines.line_end(text, end))
    while after < len(text) and text[after] in " \t\r\n":
        after += 1
    yield [(start, after, "")]


def _break_before(text: str, start: int) -> int:
    if text.endswith("\r\n", 0, start):
        return start - 2
    return start - 1 if text[start - 1] in "\r\n" else start


def entry_spans(text: str, parent: Node) -> list[tuple[int, int]]:
    """Start (dash or ``?`` included) and end of every entry of a collection."""
    if parent.kind == "mapping":
        return [(pair_start(text, key), max(key.end, value.end)) for key, value in parent.pairs]
    if parent.flow:
        return [(item.start, item.end) for item in parent.items]
    spans: list[tuple[int, int]] = []
    dash = parent.inner
    for index, item in enumerate(parent.items):
        spans.append((dash, max(item.end, dash + 1)))
        if index + 1 < len(parent.items):
            dash = lines.next_dash(text, spans[-1][1])
    return spans


def _from_flow(text: str, spans: list[tuple[int, int]], index: int) -> list[Edit]:
    start, end = spans[index]
    comma = comma_after(text, end)
    first = lines.line_start(text, start)
    own_line = first > spans[0][0] - 1 and lines.is_blank(text[first:start]) and first > 0
    tail_from = comma if comma is not None else end
    tail = text[tail_from : lines.line_end(text, tail_from)].lstrip(" \t")
    alone = own_line or (lines.is_blank(text[first:start]) and first > 0)
    if alone and (not tail or tail.startswith("#")):
        edits: list[Edit] = [(first, lines.next_line(text, tail_from), "")]
        if comma is None and index > 0:
            before = comma_after(text, spans[index - 1][1])
            if before is not None:
                edits.insert(0, (before - 1, before, ""))
        return edits
    if index > 0:
        return [(spans[index - 1][1], end, "")]
    if index + 1 < len(spans):
        return [(start, spans[index + 1][0], "")]
    return [(start, comma if comma is not None else end, "")]


def comma_after(text: str, offset: int) -> int | None:
    """The offset behind the comma that follows an entry of a flow collection; None without one."""
    while offset < len(text):
        char = text[offset]
        if char == ",":
            return offset + 1
        if char == "#":
            offset = lines.line_end(text, offset)
        elif char not in " \t\r\n":
            return None
        else:
            offset += 1
    return None

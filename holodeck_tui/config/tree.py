"""From the text of a YAML document to its tree.

Parsed by ruamel.yaml's scanner and parser; scalars get the meaning HoloDeck gives them (:mod:`.scalars`).
Aliases stay nodes of their own, so that an edit can see where a value is shared.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from holodeck_tui.config import lines, scalars
from holodeck_tui.config.broken import TAB, plain_words
from holodeck_tui.config.nodes import BREAK, Node, Tree, YamlError, line_column, merge_sources
from holodeck_tui.config.tokens import loader, stray_tab
from holodeck_tui.config.trouble import Trouble

# A document whose aliases expand beyond this is an attack or an accident, not an agent.
MOST_VALUES = 1_000_000
# PyYAML itself gives up not far beyond.
MOST_LEVELS = 100

_PROPERTIES = re.compile(r"(?:[&!]\S*(?:\s+(?:#[^\r\n]*)?)*)*")
_BARE_PROPERTIES = re.compile(r"(?:[&!]\S*[ \t]*)*")
# Those of PyYAML's scanner (scan_anchor); YAML itself takes nearly every sign.
_ANCHOR = re.compile(r"[0-9A-Za-z_-]+")
_TAG_BEFORE = re.compile(r"!\S*\s+\Z")


# One command reads a file for its settings, its problems and its bundle; parsing is the dearest part of each.
@lru_cache(maxsize=16)
def parse(text: str) -> Tree:
    """Parse one document; equal texts share a tree, so nobody may change its data.

    Raises YamlError for anything HoloDeck would not read, and for duplicate keys.
    """
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.reader import ReaderError

    try:
        tree = _Builder(text, loader().parse(text)).build()
        tab = stray_tab(text) if "\t" in text else None
    except ReaderError as error:
        where = line_column(text, error.position)
        raise YamlError(
            *where, f"the character U+{ord(text[error.position]):04X} is not allowed: take it out"
        ) from None
    except MarkedYAMLError as error:
        raise _broken(text, error) from None
    except YAMLError as error:
        raise YamlError(1, 1, str(error)) from None
    if tab is not None:
        raise YamlError(*line_column(text, tab), TAB)
    return tree


def _broken(text: str, error: Any) -> YamlError:
    mark = error.problem_mark or error.context_mark
    at = 0 if mark is None else min(mark.index, len(text))
    began = at if error.context_mark is None else min(error.context_mark.index, len(text))
    told = Trouble(text, error.problem or error.context or "not valid", error.context or "", at, began)
    where, words = plain_words(told)
    return YamlError(*line_column(text, where), words)


@dataclass
class _Builder:
    text: str
    events: Iterator[Any]
    anchors: dict[str, Node] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)
    depth: int = 0

    def build(self) -> Tree:
        from ruamel.yaml.events import DocumentEndEvent, DocumentStartEvent, StreamEndEvent

        root: Node | None = None
        end: int | None = None
        seen = False
        for event in self.events:
            if isinstance(event, DocumentStartEvent):
                if seen:
                    self.fail(
                        event.start_mark.index,
                        "a second document begins here, and only one is read: take out --- and what is below",
                    )
                seen = True
                root = self.node(next(self.events))
            elif isinstance(event, DocumentEndEvent):
                end = event.start_mark.index if event.explicit else None
            elif isinstance(event, StreamEndEvent):
                break
        return Tree(self.text, root, end)

    def fail(self, offset: int, message: str) -> Any:
        raise YamlError(*line_column(self.text, offset), message)

    def node(self, event: Any) -> Node:
        from ruamel.yaml.events import AliasEvent, MappingStartEvent, ScalarEvent

        start = event.start_mark.index
        if isinstance(event, AliasEvent):
            return self.alias(event.anchor, start, event.end_mark.index)
        anchor = event.anchor
        tag = None if event.ctag is None else str(event.ctag)
        if tag and anchor and self.text.startswith("&", start):
            # The parser's mark forgets a tag that stands before the anchor.
            before = _TAG_BEFORE.search(self.text, max(0, start - 200), start)
            start = before.start() if before else start
        if anchor and (anchor in self.open or anchor in self.anchors):
            # YAML 1.2 takes the last of two; PyYAML, and so holodeck-ai, takes neither.
            self.fail(start, f"the anchor &{anchor} is there twice; holodeck-ai cannot load that")
        if anchor and not _ANCHOR.fullmatch(anchor):
            words = f"the anchor &{anchor} may have only letters from a to z, digits, - and _"
            self.fail(start, f"{words}; holodeck-ai cannot load others")
        if isinstance(event, ScalarEvent):
            node = self.scalar(event, start, anchor, tag)
        else:
            self.open.add(anchor)
            self.depth += 1
            if self.depth > MOST_LEVELS:
                self.fail(start, f"the values are nested deeper than {MOST_LEVELS} levels")
            build = self.mapping if isinstance(event, MappingStartEvent) else self.sequence
            node = build(event, start, anchor, tag)
            self.open.discard(anchor)
            self.depth -= 1
        if node.size > MOST_VALUES:
            self.fail(start, f"its aliases expand to more than {MOST_VALUES} values")
        if anchor:
            self.anchors[anchor] = node
        return node

    def alias(self, name: str, start: int, end: int) -> Node:
        if name in self.open:
            self.fail(start, f"the alias *{name} stands inside what it refers to")
        target = self.anchors.get(name)
        if target is None:
            words = f"the alias *{name} has no anchor &{name} above it; put it in quotes if it is text"
            return self.fail(start, words)  # type: ignore[no-any-return]
        return Node("alias", start, start, end, target.data, target.size, anchor=name, target=target)

    def scalar(self, event: Any, start: int, anchor: str | None, tag: str | None) -> Node:
        style = event.style or ""
        if tag is None or tag == "!":
            kind = "str" if style or tag else scalars.resolve(event.value)
        elif tag.startswith(scalars.TAG):
            kind = tag[len(scalars.TAG) :]
        else:
            kind = tag
        try:
            data = scalars.construct(kind, event.value)
        except ValueError as error:
            data = self.fail(start, str(error))
        end = event.end_mark.index
        if event.value == "" and not style and (anchor or tag):
            bare = _BARE_PROPERTIES.match(self.text, start, end)
            end = start + len(bare.group().rstrip()) if bare else end
        inner = self.inner(start, end) if anchor or tag else start
        if style in {"|", ">"}:
            end = _block_scalar_end(self.text, inner, end)
        return Node("scalar", start, inner, end, data, 1, anchor, tag, style, text=event.value)

    def mapping(self, event: Any, start: int, anchor: str | None, tag: str | None) -> Node:
        from ruamel.yaml.events import MappingEndEvent

        self.known(tag, "map", start)
        pairs: list[tuple[Node, Node]] = []
        own: dict[Any, Any] = {}
        merged: dict[Any, Any] = {}
        while not isinstance(key_event := next(self.events), MappingEndEvent):
            key = self.node(key_event)
            value = self.node(next(self.events))
            if value.start == value.end:
                # The parser's mark of an empty value is that of whatever comes next.
                value = value.at(lines.after_colon(self.text, key.end, len(self.text)) or key.end)
            pairs.append((key, value))
            if key.merge:
                merged = {**self.merged(value), **merged} if not merged else {**merged, **self.merged(value)}
                continue
            if not isinstance(key.data, Hashable) or key.real.kind != "scalar":
                self.fail(
                    key.start, "a key must be one plain value; put a value that begins with { in quotes"
                )
            if key.data in own:
                first = next(one for one, _ in pairs if one.data == key.data and not one.merge)
                line = line_column(self.text, first.start)[0]
                self.fail(
                    key.start,
                    f"the key {key.real.text!r} is there twice (the first in line {line}): take one out",
                )
            own[key.data] = value.data
        flow = bool(event.flow_style)
        end = key_event.end_mark.index if flow else pairs[-1][1].end
        size = 1 + sum(key.size + value.size for key, value in pairs)
        inner = self.inner(start, end) if anchor or tag else start
        return Node(
            "mapping", start, inner, end, {**merged, **own}, size, anchor, tag, flow=flow, pairs=tuple(pairs)
        )

    def merged(self, value: Node) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for source in reversed(merge_sources(value)):
            if source.real.kind != "mapping":
                self.fail(source.start, "<< takes a mapping or a list of mappings")
            found.update(source.data)
        return found

    def sequence(self, event: Any, start: int, anchor: str | None, tag: str | None) -> Node:
        from ruamel.yaml.events import SequenceEndEvent

        self.known(tag, "seq", start)
        items: list[Node] = []
        flow = bool(event.flow_style)
        dash = -1
        while not isinstance(item := next(self.events), SequenceEndEvent):
            node = self.node(item)
            if not flow:
                dash = (
                    self.inner(start, node.start) if dash < 0 else lines.next_dash(self.text, items[-1].end)
                )
                node = node if node.start < node.end else node.at(dash + 1)
            items.append(node)
        end = item.end_mark.index if flow else items[-1].end
        data = [node.data for node in items]
        size = 1 + sum(node.size for node in items)
        inner = self.inner(start, end) if anchor or tag else start
        return Node("sequence", start, inner, end, data, size, anchor, tag, flow=flow, items=tuple(items))

    def inner(self, start: int, end: int) -> int:
        match = _PROPERTIES.match(self.text, start, end)
        return match.end() if match else start

    def known(self, tag: str | None, kind: str, start: int) -> None:
        if tag is not None and tag not in {"!", scalars.TAG + kind}:
            self.fail(start, f"the tag {tag} is not understood")


def _block_scalar_end(text: str, start: int, end: int) -> int:
    """The end of the last line that is content; trailing empty lines are content only with ``+``."""
    first = BREAK.search(text, start, end)
    if first is None:
        return end
    header, body = text[start : first.start()], text[first.end() : end]
    lines = BREAK.split(body)
    if "+" not in header.partition("#")[0]:
        inner = next((len(line) - len(line.lstrip(" ")) for line in lines if line.strip(" ")), 0)
        while lines and len(lines[-1]) <= inner and not lines[-1].strip(" "):
            body = body[: len(body) - len(lines.pop())]
            body = body[: -2 if body.endswith("\r\n") else -1] if body else body
    elif body.endswith(("\r", "\n")):
        body = body[: -2 if body.endswith("\r\n") else -1]
    return first.end() + len(body) if body else first.start()

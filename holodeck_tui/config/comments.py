"""Where the comments of a YAML text are; a ``#`` inside a value is none."""

from __future__ import annotations

import re
from collections.abc import Iterator

from holodeck_tui.config import lines
from holodeck_tui.config.removing import Edit

_COMMENT = re.compile(r"(?:^|(?<=[\s\ufeff,\[\]{}]))#[^\r\n]*", re.MULTILINE)
_HEADER = re.compile(r"[|>][-+0-9]*[ \t]+(#[^\r\n]*)")


def comments(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every comment, in order, without the line break. The text must be valid YAML."""
    from ruamel.yaml import YAML

    loader = YAML(typ="safe", pure=True)
    loader.version = "1.1"
    done = 0
    for token in loader.scan(text):
        start, end = token.start_mark.index, token.end_mark.index
        yield from _between(text, done, start)
        header = _HEADER.match(text, start, end) if getattr(token, "style", None) in {"|", ">"} else None
        if header is not None:
            yield header.span(1)
        done = max(done, end)
    yield from _between(text, done, len(text))


def _between(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    # Between two tokens there is nothing but white space and comments.
    for match in _COMMENT.finditer(text, start, end):
        yield match.span()


def without_comments(text: str, pattern: re.Pattern[str]) -> list[Edit]:
    """The edits that remove every comment in which ``pattern`` is found; a line of its own goes whole."""
    edits: list[Edit] = []
    for start, end in comments(text):
        if not pattern.search(text, start, end):
            continue
        first = lines.line_start(text, start)
        if lines.is_blank(text[first:start]):
            edits.append((first, lines.next_line(text, end), ""))
        else:
            edits.append((first + len(text[first:start].rstrip(" \t")), end, ""))
    return edits

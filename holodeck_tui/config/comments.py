"""Removing comments by what they hold."""

from __future__ import annotations

import re

from holodeck_tui.config import lines
from holodeck_tui.config.removing import Edit
from holodeck_tui.config.tokens import comments


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

"""Where lines begin and end in a text, with every line break YAML files use."""

from __future__ import annotations

import re

BOM = "\ufeff"
_BREAK = re.compile("\r\n|\r|\n")
_BLANK = re.compile(r"[ \t]*\Z")


def line_start(text: str, offset: int) -> int:
    """Where the line of ``offset`` begins; after a byte order mark."""
    start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    return 1 if start == 0 and text.startswith(BOM) else start


def line_end(text: str, offset: int) -> int:
    """Where the line of ``offset`` ends, before its break."""
    match = _BREAK.search(text, offset)
    return match.start() if match else len(text)


def next_line(text: str, offset: int) -> int:
    """Where the line after that of ``offset`` begins; the end of the text where there is none."""
    match = _BREAK.search(text, offset)
    return match.end() if match else len(text)


def column(text: str, offset: int) -> int:
    """0-based column in characters."""
    return offset - line_start(text, offset)


def newline(text: str) -> str:
    """The line break this text uses; the first one decides."""
    match = _BREAK.search(text)
    return match.group() if match else "\n"


def is_blank(text: str) -> bool:
    """Whether there is nothing but spaces and tabs."""
    return _BLANK.match(text) is not None


def deeper_comments_end(text: str, offset: int, indent: int) -> int:
    """The end of the line of ``offset``, or of the comment lines below it that are indented deeper.

    They belong to the value above them, not to what follows; blank lines count where such a comment
    follows them. The result stands before a line break or at the end of the text.
    """
    end = line_end(text, offset)
    look = end
    while look < len(text):
        start = next_line(text, look)
        look = line_end(text, start)
        line = text[start:look]
        stripped = line.lstrip(" \t")
        if stripped.startswith("#") and len(line) - len(stripped) > indent:
            end = look
        elif stripped or look == len(text):
            break
    return end


def next_dash(text: str, offset: int) -> int:
    """Where the next line below that of ``offset`` that is not blank or a comment has its first character."""
    while offset < len(text):
        offset = next_line(text, offset)
        line = text[offset : line_end(text, offset)]
        content = line.lstrip(" \t")
        if content and not content.startswith("#"):
            return offset + len(line) - len(content)
    return offset


def after_colon(text: str, offset: int, limit: int) -> int | None:
    """Behind the colon that follows a key ending at ``offset``; None where none stands before ``limit``."""
    while offset < limit:
        char = text[offset]
        if char == ":":
            return offset + 1
        if char == "#":
            offset = line_end(text, offset)
        elif char not in " \t\r\n":
            return None
        else:
            offset += 1
    return None

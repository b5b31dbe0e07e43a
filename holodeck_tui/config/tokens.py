"""What stands between the tokens of a YAML text: white space and comments; a ``#`` in a value is none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_COMMENT = re.compile(r"(?:^|(?<=[\s\ufeff,\[\]{}]))#[^\r\n]*", re.MULTILINE)
_HEADER = re.compile(r"[|>][-+0-9]*[ \t]+(#[^\r\n]*)")


def loader() -> Any:
    """ruamel.yaml's pure parser in YAML 1.1, which is what HoloDeck reads."""
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    yaml.version = "1.1"
    return yaml


def comments(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every comment, in order, without the line break. The text must be valid YAML."""
    for start, end in _gaps(text):
        for match in _COMMENT.finditer(text, start, end):
            yield match.span()


def stray_tab(text: str) -> int | None:
    """Where the first tab stands between two tokens; PyYAML takes spaces there only."""
    for start, end in _gaps(text):
        if "\t" in text[start:end]:
            # The character before belongs to it: a comment needs a space there.
            gap = text[max(0, start - 1) : end]
            bare = _COMMENT.sub(lambda match: "#" * len(match.group()), gap)
            at = bare.find("\t", 1 if start else 0)
            if at >= 0:
                return max(0, start - 1) + at
    return None


def _gaps(text: str) -> Iterator[tuple[int, int]]:
    done = 0
    for token in loader().scan(text):
        start, end = token.start_mark.index, token.end_mark.index
        if start > done:
            yield done, start
        header = _HEADER.match(text, start, end) if getattr(token, "style", None) in {"|", ">"} else None
        if header is not None:
            yield header.span(1)
        done = max(done, end)
    yield done, len(text)

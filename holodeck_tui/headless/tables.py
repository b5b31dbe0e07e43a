"""Plain text in columns; pure formatting."""

from __future__ import annotations

from collections.abc import Sequence


def facts(pairs: Sequence[tuple[str, str]], *, indent: int = 0) -> list[str]:
    """``name  value`` lines with the values in one column."""
    width = max((len(name) for name, _ in pairs), default=0)
    return [f"{' ' * indent}{name:{width}}  {value}".rstrip() for name, value in pairs]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A header and rows, each column as wide as its widest cell, the last one ragged."""
    lines = [list(head), *[list(row) for row in rows]]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return [
        "  ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]

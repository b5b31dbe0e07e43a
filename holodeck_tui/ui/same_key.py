"""Where a field of the form stands in the YAML, and which field stands where the cursor is."""

from __future__ import annotations

from collections.abc import Iterable

from holodeck_tui.config.document import Document
from holodeck_tui.ui.form_fields import Keys


def place_of(document: Document, path: Keys) -> tuple[int, int] | None:
    """Line and column (from 0) of the value at ``path``; None where nothing is written there."""
    if not document.has(path):
        return None
    line, column = document.position(path)
    return line - 1, column - 1


def path_at(document: Document, prefix: Keys, paths: Iterable[Keys], at: tuple[int, int]) -> Keys | None:
    """The one of ``paths`` below ``prefix`` whose key is the last before ``at`` (line and column from 0)."""
    line, column = at
    found = [
        (document.position((*prefix, *path), key=True), path)
        for path in paths
        if document.has((*prefix, *path))
    ]
    before = [(where, path) for where, path in found if where <= (line + 1, column + 1)]
    # At the beginning of a line it is that line's first key that is meant.
    here = [(where, path) for where, path in found if where[0] == line + 1]
    if here and not any(where[0] == line + 1 for where, _ in before):
        return min(here)[1]
    return max(before)[1] if before else None

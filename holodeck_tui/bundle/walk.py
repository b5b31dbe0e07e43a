"""Every file below a folder, symlinks followed, with what is ignored left out."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from holodeck_tui.bundle.ignore import IgnoreRules
from holodeck_tui.bundle.paths import Found, NotShippable, Tree, check_name, reason_of

NEVER_SHIPS = frozenset({".git", ".hg", ".svn", ".holodeck", "__pycache__", ".DS_Store", "Thumbs.db"})
"""What changes without the agent changing, or belongs to other tools; at any depth, any kind."""

# Symlinks that point at each other's neighbours multiply without being a circle.
_VISITS = 32

Refuse = Callable[[str, NotShippable], None]


def walk(tree: Tree, start: Found, rules: IgnoreRules, refuse: Refuse) -> Iterator[Found]:
    """The files below ``start``; what cannot ship goes to ``refuse(path, why)`` and the walk goes on.

    A symlink ships as what it points to. Folders are entered once per way that leads there; a circle,
    or one folder reached in very many ways, is refused.
    """
    visits: Counter[Path] = Counter()
    above_start = {folder for folder in start.real.parents if folder.is_relative_to(tree.root)}
    stack: list[tuple[Found, frozenset[Path]]] = [(start, frozenset({start.real, *above_start}))]
    while stack:
        folder, above = stack.pop()
        try:
            entries = sorted(os.scandir(folder.real), key=lambda entry: entry.name)
        except OSError as error:
            refuse(folder.path, reason_of(error))
            continue
        prefix = "" if folder.path == "." else f"{folder.path}/"
        for entry in entries:
            if entry.name in NEVER_SHIPS:
                continue
            path = unicodedata.normalize("NFC", prefix + entry.name)
            left_out = rules.decides(path) is not None
            if left_out and not rules.takes_back:
                continue
            try:
                found = _look(tree, folder, entry, path)
                if found.is_folder:
                    visits[found.real] += 1
                    if found.real in above:
                        raise NotShippable("file-unreadable", "its symlink leads round in a circle")
                    if visits[found.real] > _VISITS:
                        raise NotShippable("file-unreadable", "symlinks lead here in too many ways")
                    stack.append((found, above | {found.real}))
                elif not left_out:
                    yield found
            except NotShippable as why:
                if not left_out:
                    refuse(path, why)


def _look(tree: Tree, folder: Found, entry: os.DirEntry[str], path: str) -> Found:
    check_name(path)
    # Resolving every path is slow, and only a symlink needs it.
    if entry.is_file(follow_symlinks=False):
        return Found(path, folder.real / entry.name, is_folder=False)
    if entry.is_dir(follow_symlinks=False):
        return Found(path, folder.real / entry.name, is_folder=True)
    return tree.look(path, folder.real / entry.name)

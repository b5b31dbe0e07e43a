"""How the app was looked at last: columns, order, group and theme. Losing it loses nothing but comfort."""

from __future__ import annotations

import contextlib
import json
import threading
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.files import atomic_write
from holodeck_tui.ui.backend import background
from holodeck_tui.ui.rows import COLUMNS, GROUPS, SORTS

if TYPE_CHECKING:
    from textual.message_pump import MessagePump

NAME = "view.json"
"""In the user's state folder, beside the scopes."""


@dataclass(frozen=True)
class View:
    """``columns`` empty: those that are shown at first. ``theme`` empty: the terminal's own choice."""

    columns: tuple[str, ...] = ()
    sort: str = SORTS[0]
    reverse: bool = False
    group: str = GROUPS[0]
    theme: str = ""


def read_view(folder: Path) -> View:
    """What is remembered in ``folder``; what is not of today's kind is left out."""
    try:
        data: Any = json.loads((folder / NAME).read_bytes())
    except (OSError, ValueError):
        return View()
    if not isinstance(data, dict):
        return View()
    known = [one.id for one in COLUMNS]
    columns = data.get("columns")
    found = View(
        columns=tuple(one for one in columns if one in known) if isinstance(columns, list) else (),
        theme=str(data.get("theme") or ""),
        reverse=data.get("reverse") is True,
    )
    if data.get("sort") in SORTS:
        found = replace(found, sort=data["sort"])
    return replace(found, group=data["group"]) if data.get("group") in GROUPS else found


def write_view(folder: Path, view: View) -> None:
    """Remember what is not as at first. Blocks; a folder that cannot be written keeps nothing."""
    told = {one.name: value for one in fields(View) if (value := getattr(view, one.name)) != one.default}
    with contextlib.suppress(OSError, DeploymentError):
        folder.mkdir(parents=True, exist_ok=True)
        atomic_write(folder / NAME, json.dumps(told).encode() + b"\n")


class Memory:
    """The view of the app that runs, written whenever it changes."""

    def __init__(self, folder: Path) -> None:
        self.view = read_view(folder)
        self._folder = folder
        self._writing = threading.Lock()

    def change(self, node: MessagePump, **changes: Any) -> None:
        """Other values of :class:`View`; written off the UI thread."""
        changed = replace(self.view, **changes)
        if changed != self.view:
            self.view = changed
            background(node, self._write, lambda _: None, lambda _: None)

    def _write(self) -> None:
        # Whoever comes last writes what holds then.
        with self._writing:
            write_view(self._folder, self.view)

"""What a command has to say on stdout, in its three forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from holodeck_tui.core.events import Result


@dataclass(frozen=True)
class Answer:
    """``text`` for people, ``quiet`` with -q, ``data`` the JSON document of a one-document command.

    A streaming command's JSON is its events and ``result``; its ``data`` is None.
    """

    text: tuple[str, ...] = ()
    quiet: tuple[str, ...] = ()
    data: Any = None
    exit_code: int = 0
    result: Result | None = None

"""Logs that cannot be read: which, why, and what to do."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from holodeck_tui.core.errors import CODES, DeploymentError
from holodeck_tui.core.redact import sanitize
from holodeck_tui.core.remedy import pasteable


class LogTroubles(VerticalScroll):
    """Hidden while there are none. ``remedies`` is what a key may copy: what can be pasted of them."""

    DEFAULT_CSS = """
    LogTroubles { height: auto; max-height: 50%; display: none; border-top: solid $error; padding: 0 1; }
    LogTroubles Static { height: auto; }
    """

    remedies = ""
    _told: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """The words."""
        yield Static("", id="log-troubles")

    def show(self, errors: Sequence[tuple[str, DeploymentError]], key: str) -> None:
        """``errors`` with the names of what they are about; ``key`` copies what to do, if it is given."""
        told = (*errors, key)
        if told == self._told:
            return
        self._told = told
        self.display = bool(errors)
        parts = dict.fromkeys(pasteable(sanitize(error.remedy)) for _, error in errors)
        self.remedies = "\n".join(filter(None, parts))
        colour = self.app.theme_variables.get("error", "").removeprefix("ansi_")
        text = Text()
        for number, (name, error) in enumerate(errors):
            text.append("\n" * bool(number))
            text.append(sanitize(f"{name}: {error.message}"), f"bold {colour}")
            text.append("\nWhy: ").append(sanitize(error.reason or CODES[error.code][1]))
            if error.remedy:
                text.append("\nDo:  ", "bold").append(sanitize(error.remedy))
        if self.remedies and key:
            text.append(f"   ({key} copies it)", "dim")
        self.query_one(Static).update(text)

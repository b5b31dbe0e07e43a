"""Copying to the clipboard (OSC 52), and what is said of it."""

from __future__ import annotations

from textual.widget import Widget

from holodeck_tui.core.remedy import pasteable
from holodeck_tui.ui.actions import Action

REMEDY = Action(
    "questions.remedy",
    "ctrl+y,y",  # in a field y is a letter
    "copy the remedy",
    "Copy what to do about a look that brought less than was asked.",
    when=lambda screen: bool(screen.remedy),
)
"""Of set-up's questions, those with fields and the choice of a registry."""


def copy(shown: Widget, text: str) -> None:
    """Copy ``text``; a notice says what, or how many lines."""
    shown.app.copy_to_clipboard(text)
    lines = text.count("\n") + 1
    shown.notify(text if lines == 1 else f"{lines} lines", title="Copied", markup=False, timeout=3)


def copiable(remedy: str, key: str) -> str:
    """What is said behind ``remedy``: ``key`` copies what of it can be pasted; empty where nothing can."""
    return f"   ({key} copies it)" if pasteable(remedy) else ""

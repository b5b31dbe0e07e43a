"""What is pasted: it comes from outside, and may hold what a terminal would obey."""

from __future__ import annotations

from textual.events import Paste
from textual.widget import Widget
from textual.widgets import Input

from holodeck_tui.core.redact import sanitize


def pasted(event: Paste, into: Widget | None) -> Paste:
    """The same, cleaned. A field has one line: it gets all lines as one, where Textual keeps the first."""
    # Terminals send the ends of lines as carriage returns.
    text = event.text.replace("\r\n", "\n").replace("\r", "\n")
    if not isinstance(into, Input):
        return Paste(sanitize(text, keep_newlines=True))
    return Paste(sanitize(text.strip("\n").replace("\t", " ")))

"""What becomes of edits that are not saved when the app is left."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Button, Static

from holodeck_tui.ui.screens.diff import shown
from holodeck_tui.ui.screens.staying import StayingScreen
from holodeck_tui.ui.widgets.button_row import ButtonRow


class UnsavedScreen(StayingScreen):
    """Answers ``save``, ``discard`` or ``stay``; the focus is on the last. ``lines`` are a clean diff."""

    CSS_PATH = "unsaved.tcss"

    def __init__(self, names: Sequence[str], lines: Sequence[str]) -> None:
        super().__init__()
        self._names, self._lines = names, lines

    def compose(self) -> ComposeResult:
        """The question, what would be lost, three answers."""
        with Vertical(id="unsaved"):
            text = f"Not saved: {', '.join(self._names)}."
            yield Static(text, markup=False, classes="question")
            with VerticalScroll(id="unsaved-lines"):
                yield Static(shown(self._lines))
            with ButtonRow(id="unsaved-answers"):
                yield Button("Stay", id="stay", variant="primary")
                yield Button("Save and quit", id="save")
                yield Button("Discard and quit", id="discard", variant="error")

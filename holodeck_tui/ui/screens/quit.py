"""What becomes of a run when the app is left: it goes on, it is cancelled, or the app stays."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Button, Static

from holodeck_tui.ui.screens.staying import StayingScreen
from holodeck_tui.ui.widgets.button_row import ButtonRow


class QuitScreen(StayingScreen):
    """Answers ``leave``, ``cancel`` or ``stay``; the focus is on the last."""

    CSS_PATH = "quit.tcss"

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def compose(self) -> ComposeResult:
        """The question and three answers."""
        with Vertical(id="quit"):
            yield Static(f"{self._title}: this is still under way.", markup=False, classes="question")
            yield Static("Left running, it goes on in this terminal as plain lines until it is done.")
            with ButtonRow(id="quit-answers"):
                yield Button("Stay", id="stay", variant="primary")
                yield Button("Leave it running", id="leave")
                yield Button("Cancel it", id="cancel", variant="error")

"""What becomes of a run when the app is left: it goes on, it is cancelled, or the app stays."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static


class QuitScreen(ModalScreen[str]):
    """Answers ``leave``, ``cancel`` or ``stay``; the focus is on the last."""

    CSS_PATH = "quit.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "answer('stay')", "stay"),
        ("left", "app.focus_previous", ""),
        ("right", "app.focus_next", ""),
    ]

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def compose(self) -> ComposeResult:
        """The question and three answers."""
        with Vertical(id="quit"):
            yield Static(f"{self._title}: this is still under way.", markup=False, classes="question")
            yield Static("Left running, it goes on in this terminal as plain lines until it is done.")
            with Horizontal(id="quit-answers"):
                yield Button("Stay", id="stay", variant="primary")
                yield Button("Leave it running", id="leave")
                yield Button("Cancel it", id="cancel", variant="error")

    def on_mount(self) -> None:
        """Nothing is lost by pressing enter."""
        self.query_one("#stay", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """The answer."""
        self.dismiss(event.button.id or "stay")

    def action_answer(self, answer: str) -> None:
        """By key."""
        self.dismiss(answer)

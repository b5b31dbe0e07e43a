"""What becomes of edits that are not saved when the app is left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from holodeck_tui.ui.screens.diff import shown


class UnsavedScreen(ModalScreen[str]):
    """Answers ``save``, ``discard`` or ``stay``; the focus is on the last. ``lines`` are a clean diff."""

    CSS_PATH = "unsaved.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "answer('stay')", "stay"),
        ("left", "app.focus_previous", ""),
        ("right", "app.focus_next", ""),
    ]

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
            with Horizontal(id="unsaved-answers"):
                yield Button("Stay", id="stay", variant="primary")
                yield Button("Save and quit", id="save")
                yield Button("Discard and quit", id="discard", variant="error")

    def on_mount(self) -> None:
        """Nothing is lost by pressing enter."""
        self.query_one("#stay", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """The answer."""
        self.dismiss(event.button.id or "stay")

    def action_answer(self, answer: str) -> None:
        """By key."""
        self.dismiss(answer)

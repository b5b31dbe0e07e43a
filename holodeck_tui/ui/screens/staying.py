"""A question on the way out, with buttons: to stay is what escape and the first enter mean."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.screen import ModalScreen
from textual.widgets import Button


class StayingScreen(ModalScreen[str]):
    """Answers the id of the button that was pressed. One is ``stay``, and has the focus first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "answer('stay')", "stay"),
        ("left", "app.focus_previous", ""),
        ("right", "app.focus_next", ""),
    ]

    def on_mount(self) -> None:
        """Nothing is lost by pressing enter."""
        self.query_one("#stay", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """The answer."""
        self.dismiss(event.button.id or "stay")

    def action_answer(self, answer: str) -> None:
        """By key."""
        self.dismiss(answer)

"""The answers of a dialog: buttons side by side."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button


class ButtonRow(Horizontal):
    """The arrows go from button to button, as they look; tab does too."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", show=False),
        Binding("right", "step(1)", show=False),
    ]

    def action_step(self, by: int) -> None:
        """To the next one that can be pressed; at the ends it stays."""
        buttons = [button for button in self.query(Button) if button.focusable]
        at = next((at for at, button in enumerate(buttons) if button.has_focus), None)
        if at is not None:
            buttons[min(max(at + by, 0), len(buttons) - 1)].focus()

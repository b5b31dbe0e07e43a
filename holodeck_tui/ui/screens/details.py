"""One deployment in full; every line can be copied."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from holodeck_tui.core.redact import sanitize
from holodeck_tui.ui.actions import Acting, Action, bindings, key_name
from holodeck_tui.ui.base_app import app_of
from holodeck_tui.ui.detail import facts
from holodeck_tui.ui.rows import Row
from holodeck_tui.ui.widgets.lists import Lines

ACTIONS = (Action("details.copy", "y", "copy", "Copy the value of the line."),)


class DetailScreen(Acting, ModalScreen[None]):
    """As it was when it was opened."""

    CSS_PATH = "details.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [("escape,q", "dismiss", "close"), *bindings(ACTIONS)]
    ACTIONS = ACTIONS

    def __init__(self, row: Row) -> None:
        super().__init__()
        self._row = row
        self._facts: list[tuple[str, str]] = []

    def compose(self) -> ComposeResult:
        """A line a fact."""
        self._facts = facts(self._row, app_of(self).glyphs)
        with Vertical(id="details"):
            yield Static(Text(sanitize(self._row.status.ref.agent), "bold"))
            yield Lines(
                *(Option(Text.assemble((f"{name:9}", "dim"), value)) for name, value in self._facts),
                compact=True,
            )
            yield Static(f"{key_name(self.app, 'details.copy')} copies the line · esc closes", classes="hint")

    def action_copy(self) -> None:
        """The value of the line."""
        number = self.query_one(OptionList).highlighted
        if number is not None:
            self.app.copy_to_clipboard(self._facts[number][1])
            self.notify(self._facts[number][1], title="Copied", markup=False)

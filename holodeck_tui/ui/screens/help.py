"""Help: what can be done where the focus is, and by which keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from holodeck_tui.ui.actions import key_names, offered


class HelpScreen(ModalScreen[None]):
    """Reads the registry along ``chain``, the nodes from the focused one to the app."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [("escape,q,question_mark,f1", "dismiss", "close")]

    def __init__(self, chain: Sequence[Any]) -> None:
        super().__init__()
        self._chain = chain

    def compose(self) -> ComposeResult:
        """A table of keys."""
        with VerticalScroll(id="help"):
            yield Static(self._table(), id="help-keys")
            yield Static(
                "Arrow keys, page up and down, home and end move; so do j, k, g and G. esc closes this."
            )

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_column(justify="right", no_wrap=True)
        table.add_column()
        place = ""
        for _node, action in offered(self._chain):
            first = action.id.partition(".")[0]
            if first != place:
                table.add_row("", Text(first if first != "app" else "everywhere", style="bold"))
                place = first
            keys = " ".join(key_names(self.app, action.id))
            table.add_row(Text(keys, style="bold"), Text(action.help))
        return table

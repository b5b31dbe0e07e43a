"""Help: what can be done where the focus is, and by which keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol, runtime_checkable

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from holodeck_tui.ui.actions import key_names, offered


@runtime_checkable
class Explains(Protocol):
    """What has more to say of itself than its keys: pairs of a word and a text, the first its name."""

    def explain(self) -> Sequence[tuple[str, str]]:
        """Clean text, no secret's value."""


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
            about = next((node.explain() for node in self._chain if isinstance(node, Explains)), ())
            if about:
                yield Static(self._facts(about), id="help-about")
            yield Static(self._table(), id="help-keys")
            yield Static(
                "Arrow keys, page up and down, home and end move; so do j, k, g and G. esc closes this."
            )

    @staticmethod
    def _facts(about: Sequence[tuple[str, str]]) -> Table:
        (name, text), *facts = about
        table = Table.grid(padding=(0, 2))
        table.add_column(justify="right", no_wrap=True)
        table.add_column()
        table.add_row("", Text(name, style="bold"))
        table.add_row("", Text(text))
        for word, said in facts:
            table.add_row(Text(word, style="bold"), Text(said))
        return table

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_column(justify="right", no_wrap=True)
        table.add_column()
        place, taken = "", set[str]()
        for _node, action in offered(self._chain):
            # A nearer action has the key; ctrl+z takes a change back where there are changes.
            keys = [key for key in key_names(self.app, action.id) if key not in taken]
            if not keys:
                continue
            taken.update(keys)
            first = action.id.partition(".")[0]
            if first != place:
                table.add_row("", Text(first if first != "app" else "everywhere", style="bold"))
                place = first
            table.add_row(Text(" ".join(keys), style="bold"), Text(action.help))
        return table

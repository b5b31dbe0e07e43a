"""One deployment in full; every line can be copied."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
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
from holodeck_tui.ui.copying import copy
from holodeck_tui.ui.detail import Facts, facts
from holodeck_tui.ui.rows import Row
from holodeck_tui.ui.widgets.lists import Lines

# Seconds between two texts of one age.
_AGE = 5.0

ACTIONS = (Action("details.copy", "y", "copy", "Copy the value of the line."),)


class DetailScreen(Acting, ModalScreen[None]):
    """``row`` in full. ``latest`` is asked how it is now; None: it is not listed any more."""

    CSS_PATH = "details.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [("escape,q", "dismiss", "close"), *bindings(ACTIONS)]
    ACTIONS = ACTIONS

    def __init__(self, row: Row, latest: Callable[[], Row | None]) -> None:
        super().__init__()
        self._row = row
        self._latest = latest
        self._facts: Facts = []

    def compose(self) -> ComposeResult:
        """A line a fact."""
        self._facts = facts(self._row, app_of(self).glyphs)
        with Vertical(id="details"):
            yield Static(self._title(), id="details-title")
            yield Lines(*(Option(_line(*fact)) for fact in self._facts), compact=True)
            yield Static(f"{key_name(self.app, 'details.copy')} copies the line · esc closes", classes="hint")

    def on_mount(self) -> None:
        """Ages go on, and so does what is heard of it."""
        app_of(self).fleet.news.subscribe(self, lambda _: self._go_on())
        self.set_interval(_AGE, self._go_on)

    def _go_on(self) -> None:
        latest = self._latest()
        if latest is None:
            self.query_one("#details-title", Static).update(self._title(": not listed any more"))
        self._row = latest or replace(self._row, stale=True)
        before, self._facts = self._facts, facts(self._row, app_of(self).glyphs)
        for number, fact in enumerate(self._facts):
            if fact != before[number]:
                self.query_one(OptionList).replace_option_prompt_at_index(number, _line(*fact))

    def _title(self, more: str = "") -> Text:
        return Text(sanitize(self._row.status.ref.agent), "bold").append(more, "not bold")

    def action_copy(self) -> None:
        """The value of the line."""
        number = self.query_one(OptionList).highlighted
        if number is not None:
            copy(self, self._facts[number][1])


def _line(name: str, value: str) -> Text:
    return Text.assemble((f"{name:9}", "dim"), value)

"""Scopes that cannot be asked, above the table: which, why, and what to do."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static


class ScopeTroubles(VerticalScroll, can_focus=False):
    """Hidden while there are none. What has no room is moved to by keys: tab leads here only then."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", show=False),
        Binding("k", "scroll_up", show=False),
        Binding("g", "scroll_home", show=False),
        Binding("G", "scroll_end", show=False),
    ]

    def compose(self) -> ComposeResult:
        """The words."""
        yield Static("")

    def show(self, text: Text) -> None:
        """``text``, or nothing."""
        self.display = bool(text)
        self.query_one(Static).update(text)
        self.call_after_refresh(self._measure)

    def on_resize(self) -> None:
        """There may be room now, or none any more."""
        self.call_after_refresh(self._measure)

    def _measure(self) -> None:
        self.can_focus = self.max_scroll_y > 0
        self.set_class(self.can_focus, "-more")
        self.border_subtitle = "tab and the arrows read on" if self.can_focus else ""
        if self.has_focus and not self.can_focus:
            self.screen.focus_next()

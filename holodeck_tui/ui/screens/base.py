"""What every place has: the header, the line of a run under way, the footer."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen

from holodeck_tui.ui.actions import Acting
from holodeck_tui.ui.base_app import BaseApp, app_of
from holodeck_tui.ui.widgets.header import Header
from holodeck_tui.ui.widgets.place_footer import PlaceFooter
from holodeck_tui.ui.widgets.run_line import RunLine


class PlaceScreen(Acting, Screen[None]):
    """A place: override :meth:`content`. ``holodeck`` is the app, typed."""

    BINDINGS: ClassVar[list[BindingType]] = []
    SHOWS_RUN: ClassVar[bool] = False
    """Whether the place shows a run itself, so that its line above the footer is not needed."""

    @property
    def holodeck(self) -> BaseApp:
        """The app."""
        return app_of(self)

    def compose(self) -> ComposeResult:
        """Header, content, run, footer."""
        yield Header()
        yield from self.content()
        if not self.SHOWS_RUN:
            yield RunLine()
        yield PlaceFooter(show_command_palette=False)

    def unsaved(self) -> tuple[tuple[str, ...], list[str]]:
        """Names of the files that have edits to lose, and those edits as a clean diff."""
        return (), []

    def save_all(self, saved: Callable[[], object]) -> None:
        """Write those edits, then call ``saved``; shows why where they cannot be written."""
        saved()

    def content(self) -> ComposeResult:
        """What stands between header and footer."""
        raise NotImplementedError

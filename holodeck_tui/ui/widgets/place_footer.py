"""A footer that leaves out whole words where there is no room, and never the way to the help."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

from holodeck_tui.ui.actions import key_names

# What leads to all the rest stays, and how to leave.
_KEPT = frozenset({"help", "leave"})


class PlaceFooter(Footer):
    """Words in their order as long as they fit."""

    _room = 0
    _due = False

    def compose(self) -> ComposeResult:
        """Textual's own, less what would be cut."""
        self._room = self.app.size.width
        made = list(super().compose())
        if made and not any(_leads_to(one, "help") for one in made):
            made += self._other_help()
        left = self._room - sum(_width(one) for one in made if _kept(one))
        for one in made:
            if not _kept(one):
                left -= _width(one)
                if left < 0:
                    continue
            if isinstance(one, FooterKey):
                # Else it begins compact and is styled twice more to become what the footer is.
                one.set_reactive(FooterKey.compact, self.compact)
            yield one

    def _other_help(self) -> Iterator[FooterKey]:
        """Where the first key would be typed into a field, one that would not."""
        key = next((name for name in key_names(self.app, "app.help") if len(name) > 1), None)
        if key is not None and not self.screen.is_modal:
            yield FooterKey("f1", key, "help", "app.help")

    def bindings_changed(self, screen: Screen[Any]) -> None:
        """Textual's own, once for all changes until the next refresh."""
        self._bindings_ready = True
        if screen.app.app_focus and self.is_attached and screen is self.screen:
            self._later()

    def on_resize(self, _event: events.Resize) -> None:
        """More or less room."""
        if self._room not in {0, self.app.size.width}:
            self._later()

    def _later(self) -> None:
        if not self._due:
            self._due = self.call_after_refresh(self._anew)

    async def _anew(self) -> None:
        self._due = False
        await self.recompose()


def _kept(one: Widget) -> bool:
    return any(_leads_to(one, name) for name in _KEPT)


def _leads_to(one: Widget, name: str) -> bool:
    return isinstance(one, FooterKey) and one.action.rpartition(".")[2] == name


def _width(one: Widget) -> int:
    from rich.cells import cell_len

    # A space before and after the key, one after the word.
    return cell_len(one.key_display) + cell_len(one.description) + 3 if isinstance(one, FooterKey) else 0

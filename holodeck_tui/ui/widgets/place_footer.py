"""A footer that leaves out whole words where there is no room, and never the way to the help."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

# What leads to all the rest stays, and how to leave.
_KEPT = frozenset({"help", "leave"})


class PlaceFooter(Footer):
    """Words in their order as long as they fit."""

    _room = 0

    def compose(self) -> ComposeResult:
        """Textual's own, less what would be cut."""
        self._room = self.app.size.width
        made = list(super().compose())
        left = self._room - sum(_width(one) for one in made if _kept(one))
        for one in made:
            if not _kept(one):
                left -= _width(one)
                if left < 0:
                    continue
            yield one

    def on_resize(self, _event: events.Resize) -> None:
        """More or less room."""
        if self._room not in {0, self.app.size.width}:
            self.call_after_refresh(self.recompose)


def _kept(one: Widget) -> bool:
    return isinstance(one, FooterKey) and one.action.rpartition(".")[2] in _KEPT


def _width(one: Widget) -> int:
    from rich.cells import cell_len

    # A space before and after the key, one after the word.
    return cell_len(one.key_display) + cell_len(one.description) + 3 if isinstance(one, FooterKey) else 0

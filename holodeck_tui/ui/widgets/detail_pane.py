"""What is known of the deployment under the cursor, where the screen has room for it."""

from __future__ import annotations

from textual.widgets import Static

from holodeck_tui.ui.detail import Facts, shown, table_of
from holodeck_tui.ui.rows import Row
from holodeck_tui.ui.theme import Glyphs

# Rows of a screen that has room for a table and this.
_ROOM = 22


class DetailPane(Static):
    """Show a row with :meth:`show`; only what differs is drawn."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__("", id="detail")
        self._glyphs = glyphs
        self._drawn: tuple[int, Facts] = 0, []

    def show(self, row: Row | None) -> None:
        """``row``, or nothing."""
        room = self.screen.size
        self.display = row is not None and room.height >= _ROOM
        if row is None:
            return
        # As many lines as before, unless the width is another.
        width = room.width if self.display else 0
        facts = shown(row, self._glyphs, room.width)
        if (width, facts) != self._drawn:
            self.update(table_of(facts, room.width), layout=width != self._drawn[0])
            self._drawn = width, facts

"""A DataTable of rows one line high whose rows are changed one by one, and drawn one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rich.text import Text
from textual.widgets import DataTable
from textual.widgets.data_table import ColumnKey, RowKey


class RowwiseTable(DataTable[Text]):
    """Where Textual's ``update_cell`` lets go of all that was drawn of the table, this does of the row.

    A screen of 45 rows takes 50 ms to draw, and a poll changes two or three of them. It goes by the names
    that the pinned version of Textual gives its caches; a test compares with a table made anew.
    """

    def update_rows(self, changes: Mapping[str, Mapping[str, Text]]) -> None:
        """New cells by column, by row; rows and columns are there already, and no width changes."""
        if not changes:
            return  # most polls: nothing to look for among all that was drawn
        rows = {RowKey(key): self.get_row_index(key) for key in changes}
        for key, cells in changes.items():
            self._data[RowKey(key)].update((ColumnKey(column), cell) for column, cell in cells.items())
        numbers = frozenset(rows.values())
        lines = frozenset(self.header_height + number for number in numbers)
        _let_go(self._row_renderable_cache, lambda entry: entry[1] in numbers)
        _let_go(self._cell_render_cache, lambda entry: entry[0] in rows)
        _let_go(self._row_render_cache, lambda entry: entry[0] in rows)
        _let_go(self._line_cache, lambda entry: entry[0] in lines)
        self._refresh(numbers)

    def _refresh(self, numbers: Iterable[int]) -> None:
        top = int(self.scroll_y)
        for number in numbers:
            if top <= number <= top + self.size.height:
                self.refresh_row(number)


def _let_go(cache: Any, changed: Callable[[Any], bool]) -> None:
    for entry in [entry for entry in cache.keys() if changed(entry)]:  # noqa: SIM118 - no dictionary
        cache.discard(entry)

"""Which row of the screen shows which line, wrapped or not."""

from __future__ import annotations

from array import array
from bisect import bisect_right

from holodeck_tui.ui.logs.choose import Shown
from holodeck_tui.ui.logs.store import WIDE, LogStore


def height(width: int, columns: int) -> int:
    """Rows, at most, of a line of ``width`` (as the store says it) that is cut at ``columns``.

    A character of two cells that does not fit any more leaves one cell of a row empty.
    """
    room = max(1, columns - 1) if width & WIDE else columns
    return max(1, -(-(width & ~WIDE) // room))


class Layout:
    """Rows of what is shown. Unwrapped it costs nothing; wrapped, eight bytes a line."""

    def __init__(self, store: LogStore, shown: Shown, columns: int | None) -> None:
        self._store = store
        self._shown = shown
        self.columns = columns
        self._ends = array("q")

    @property
    def rows(self) -> int:
        """All of them."""
        if self.columns is None:
            return len(self._shown)
        return self._ends[-1] if self._ends else 0

    def extend(self) -> None:
        """Lines were added to what is shown."""
        if self.columns is None:
            return
        end, columns = self.rows, self.columns
        begin, stop = len(self._ends), len(self._shown)
        if begin >= stop:
            return
        first, last = self._shown.number(begin), self._shown.number(stop - 1)
        if last - first == stop - 1 - begin:
            widths = list(self._store.widths(first, last + 1))
        else:
            widths = [self._store.width(self._shown.number(index)) for index in range(begin, stop)]
        for width in widths:
            end += 1 if width <= columns else height(width, columns)
            self._ends.append(end)

    def forget(self, lines: int) -> int:
        """The first ``lines`` are gone; how many rows that were."""
        if self.columns is None or not lines:
            return lines
        lines = min(lines, len(self._ends))
        rows = self._ends[lines - 1] if lines else 0
        self._ends = array("q", (end - rows for end in self._ends[lines:]))
        return rows

    def at(self, row: int) -> tuple[int, int]:
        """``(index of what is shown, row within that line)``."""
        if self.columns is None:
            return row, 0
        index = bisect_right(self._ends, row)
        top = self._ends[index - 1] if index else 0
        return index, row - top

    def top(self, index: int) -> int:
        """The first row of what is shown there."""
        if self.columns is None or not index:
            return index
        return self._ends[min(index, len(self._ends)) - 1] if self._ends else 0

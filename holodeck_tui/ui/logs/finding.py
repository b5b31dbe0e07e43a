"""The next line that fits an expression, among those that are shown."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic

from holodeck_tui.ui.logs.choose import Shown, plain
from holodeck_tui.ui.logs.expression import Expression
from holodeck_tui.ui.logs.store import LogStore

_CHUNK = 2048


class Search:
    """From a line on, in as many steps as it takes. ``found`` is the number of the line, None for none.

    Forwards the line ``start`` is the first that is looked at, backwards the one before it.
    """

    def __init__(
        self, store: LogStore, shown: Shown, expression: Expression, start: int, *, back: bool = False
    ) -> None:
        self.done = False
        self.found: int | None = None
        self._store = store
        self._shown = shown
        self.expression = expression
        self._at = start
        self._back = back

    def go_on(self, until: float) -> None:
        """Look until it is found, or there are no more, or it is ``until`` (monotonic). Raises TooSlow."""
        step = self._before if self._back else self._after
        while not self.done:
            step(until)
            if monotonic() >= until:
                break

    def _after(self, until: float) -> None:
        chunk = next(self._store.chunks(self._at, self._store.end, _CHUNK), None)
        if chunk is None:
            self.done = True
            return
        first, texts, _ = chunk
        self._at = first + self._look(range(first, first + len(texts)), texts, until)

    def _before(self, until: float) -> None:
        begin = max(self._store.first, self._at - _CHUNK)
        texts = [text for _, part, _ in self._store.chunks(begin, self._at, _CHUNK) for text in part]
        if not texts:
            self.done = True
            return
        self._at -= self._look(range(self._at - 1, begin - 1, -1), texts[::-1], until)

    def _look(self, numbers: Sequence[int], texts: Sequence[str], until: float) -> int:
        """How many were looked at."""
        hits, count = self.expression.look([plain(text) for text in texts], until)
        self.found = next((numbers[hit] for hit in hits if is_shown(self._shown, numbers[hit])), None)
        self.done = self.found is not None
        return count


def is_shown(shown: Shown, number: int) -> bool:
    """Whether a line is among those."""
    index = shown.index(number)
    return index < len(shown) and shown.number(index) == number

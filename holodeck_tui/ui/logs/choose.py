"""Which lines are shown: by a regular expression, by level, with context lines around each that fits."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from dataclasses import dataclass
from math import inf
from time import monotonic

from holodeck_tui.ui.logs.expression import Expression
from holodeck_tui.ui.logs.store import COLOUR, LogStore

LEVELS = ("", "debug", "info", "warning", "error")
_LEVEL = re.compile(
    r"\b(?:(trace|debug)|(info|notice)|(warn(?:ing)?)|(err(?:or)?|fatal|crit(?:ical)?|panic|traceback))\b",
    re.IGNORECASE,
)
# A level stands at the beginning of a line; "no errors" at its end says nothing about it.
_HEAD = 120


def plain(text: str) -> str:
    """Without colours."""
    return COLOUR.sub("", text) if "\x1b" in text else text


def level_of(text: str) -> int:
    """An index of :data:`LEVELS`; 0 where the line does not say."""
    match = _LEVEL.search(text, 0, _HEAD)
    return match.lastindex or 0 if match else 0


@dataclass(frozen=True)
class Choice:
    """What to show. ``level``: this index of LEVELS and worse; lines without one belong to the one before.

    ``context`` lines before and after each that fits are shown too. ``sources`` None: all.
    """

    pattern: Expression | None = None
    level: int = 0
    context: int = 0
    sources: frozenset[int] | None = None

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return self.pattern is None and not self.level and self.sources is None


class Shown:
    """The numbers of the lines that are shown, in order; kept up to date by :meth:`extend`."""

    def __init__(self, store: LogStore, choice: Choice) -> None:
        self.choice = choice
        self.matches = 0
        self._store = store
        self._numbers = array("q")
        self._done = store.first
        self._last = store.first - 1
        self._until = 0
        self._level = 0

    def __len__(self) -> int:
        if self.choice.everything:
            return self._store.end - self._store.first
        return len(self._numbers)

    def number(self, index: int) -> int:
        """The line at a place of what is shown."""
        return self._store.first + index if self.choice.everything else self._numbers[index]

    def index(self, number: int) -> int:
        """The place of a line, or of the next one that is shown."""
        if self.choice.everything:
            return max(0, number - self._store.first)
        return bisect_left(self._numbers, number)

    @property
    def complete(self) -> bool:
        """Whether all lines were looked at."""
        return self.choice.everything or self._done >= self._store.end

    @property
    def done(self) -> int:
        """The first line that was not looked at."""
        return self._store.end if self.choice.everything else self._done

    def extend(self, until: float = inf) -> None:
        """Look at lines that were not looked at, but for no longer than ``until`` (monotonic).

        Raises :class:`~holodeck_tui.ui.logs.expression.TooSlow`.
        """
        if self.choice.everything:
            return
        while not self.complete:
            chunk = next(self._store.chunks(self._done, self._store.end), None)
            if chunk is None:
                self._done = self._store.end
                break
            first, texts, sources = chunk
            self._done = first + self._look(first, texts, sources, until)
            if monotonic() >= until:
                break

    def forget(self) -> int:
        """Leave out lines that the store let go; how many were shown of them."""
        gone = bisect_left(self._numbers, self._store.first)
        del self._numbers[:gone]
        return gone

    def _look(self, first: int, texts: list[str], sources: array[int], until: float) -> int:
        choice = self.choice
        found, count = self._found(first, texts, until)
        if choice.sources is not None:
            wanted = choice.sources
            found = [number for number in found if sources[number - first] in wanted]
        self.matches += len(found)
        if not choice.context:
            self._numbers.extend(found)
        else:
            self._with_context(first, count, found)
        return count

    def _found(self, first: int, texts: list[str], until: float) -> tuple[list[int], int]:
        choice, count = self.choice, len(texts)
        lines = texts
        if "\x1b" in "".join(texts):
            lines = [plain(text) for text in texts]
        if choice.pattern is None:
            found = list(range(first, first + count))
        else:
            hits, count = choice.pattern.look(lines, until)
            found = [first + hit for hit in hits]
        if not choice.level:
            return found, count
        levels = []
        for text in lines[:count]:
            self._level = level_of(text) or self._level
            levels.append(self._level)
        return [number for number in found if levels[number - first] >= choice.level], count

    def _with_context(self, first: int, count: int, found: list[int]) -> None:
        context = self.choice.context
        self._last = max(self._last, self._store.first - 1)
        for number in found:
            self._add(min(self._until, number))
            self._last = max(self._last, number - context - 1)
            self._add(number + 1)
            self._until = number + 1 + context
        self._add(min(self._until, first + count))

    def _add(self, stop: int) -> None:
        if stop > self._last + 1:
            self._numbers.extend(range(self._last + 1, stop))
            self._last = stop - 1

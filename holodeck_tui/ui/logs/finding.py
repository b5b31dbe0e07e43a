"""The next line that fits a pattern, among those that are shown."""

from __future__ import annotations

import re

from holodeck_tui.ui.logs.choose import Shown, plain
from holodeck_tui.ui.logs.store import LogStore

_CHUNK = 8192


def after(store: LogStore, shown: Shown, pattern: re.Pattern[str], start: int) -> int | None:
    """The number of the first line after ``start``."""
    everything = shown.choice.everything
    for first, texts, _ in store.chunks(start + 1, store.end):
        for number, text in enumerate(texts, first):
            if pattern.search(plain(text)) and (everything or is_shown(shown, number)):
                return number
    return None


def before(store: LogStore, shown: Shown, pattern: re.Pattern[str], stop: int) -> int | None:
    """The number of the last line before ``stop``."""
    while stop > store.first:
        begin = max(store.first, stop - _CHUNK)
        lines = [text for _, texts, _ in store.chunks(begin, stop) for text in texts]
        for number in range(stop - 1, begin - 1, -1):
            if pattern.search(plain(lines[number - begin])) and is_shown(shown, number):
                return number
        stop = begin
    return None


def is_shown(shown: Shown, number: int) -> bool:
    """Whether a line is among those."""
    index = shown.index(number)
    return index < len(shown) and shown.number(index) == number

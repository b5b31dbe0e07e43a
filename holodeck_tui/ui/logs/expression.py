"""A regular expression that somebody typed: however it is written, it cannot hold up the app."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, islice
from time import monotonic
from typing import Any

# Seconds of CPU for one line, for the lines of a block taken together, and for one line that is drawn.
LINE, TOGETHER, DRAWN = 0.1, 0.02, 0.01
# Lines of a block; matches of one line that are drawn.
BLOCK, MOST = 512, 1000
# Characters. Before it looks, and past every timeout, ``regex`` takes a time that grows with the third power
# of a word's length: 5 s for 3,000 of them.
LONGEST = 500
# What finds the same in lines joined by line breaks as in each alone. Other syntax looks at the lines' ends.
_PLAIN = re.compile(r"(?:\\[dDwWsSb\W_]|\((?![?*])|\(\?:|[*+?}](?!\+)|[^\\(*+?}])*")
_ESCAPE_OR_BRACE = re.compile(r"(\\.)|\{(?!\d+(?:,\d*)?\}|,\d+\})", re.DOTALL)


class TooSlow(Exception):
    """One line took the expression longer than a line may."""


class Expression:
    """``text`` as the ``regex`` module understands it, which stops where ``re`` would go on for years.

    Without capitals it finds both. Raises ValueError with what is wrong. Where it can, it looks at many
    lines in one call, which is several times as fast as one call a line.
    """

    def __init__(self, text: str) -> None:
        import regex

        self.text = text
        # Capitals of \S and \B are none; and a brace that counts nothing stands for itself, as in ``re``.
        both = not any(map(str.isupper, re.sub(r"\\.", "", text, flags=re.DOTALL)))
        source = _ESCAPE_OR_BRACE.sub(lambda match: match[1] or r"\{", text)
        flags = regex.IGNORECASE if both else 0
        try:
            self._line: Any = regex.compile(source, flags)
            self._together: Any = None
            if _PLAIN.fullmatch(text):
                self._together = regex.compile(source, flags | regex.MULTILINE)
        except (regex.error, RecursionError, OverflowError) as error:
            raise ValueError(str(error)) from error

    def look(self, texts: Sequence[str], until: float) -> tuple[list[int], int]:
        """Which of ``texts`` have it, and how many were looked at before ``until`` (monotonic); one at least.

        Raises :class:`TooSlow`.
        """
        found: list[int] = []
        done = 0
        while done < len(texts) and (not done or monotonic() < until):
            block = texts[done : done + BLOCK]
            if self._together is not None:
                try:
                    found.extend(done + number for number in self._joined(block))
                except TimeoutError:
                    # Lines together may be slow where each alone is not.
                    self._together = None
                    continue
                done += len(block)
                continue
            for text in block:
                if self._has(text):
                    found.append(done)
                done += 1
                if monotonic() >= until:
                    break
        return found, done

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where it is in one line, for drawing. Raises :class:`TooSlow`."""
        try:
            matches = self._line.finditer(text, timeout=DRAWN)
            return [match.span() for match in islice(matches, MOST)]
        except TimeoutError as error:
            raise TooSlow(self.text) from error

    def _has(self, text: str) -> bool:
        try:
            # Keeping the GIL: to get it back a hundred thousand times takes long while others want it.
            return self._line.search(text, concurrent=False, timeout=LINE) is not None
        except TimeoutError as error:
            raise TooSlow(self.text) from error

    def _joined(self, texts: Sequence[str]) -> list[int]:
        """Raises TimeoutError where that takes too long."""
        joined = "\n".join(texts)
        ends = list(accumulate(len(text) + 1 for text in texts))
        latest = monotonic() + 4 * TOGETHER
        found: list[int] = []
        begin = 0
        while begin <= len(joined):
            match = self._together.search(joined, begin, concurrent=False, timeout=TOGETHER)
            if match is None:
                break
            number = bisect_right(ends, match.start())
            # One that goes on in the next line may hide one that does not.
            if match.end() < ends[number] or self._has(texts[number]):
                found.append(number)
            begin = ends[number]
            if monotonic() > latest:
                raise TimeoutError
        return found


def read(text: str) -> tuple[Expression | None, str | None]:
    """What somebody typed: the expression (None for nothing), or what is wrong with it."""
    if not text:
        return None, None
    if len(text) > LONGEST:
        return None, f"At most {LONGEST} characters can be looked for; these are {len(text):,}."
    try:
        return Expression(text), None
    except ValueError as error:
        how = "A backslash before ( [ * + ? takes them as they are."
        return None, f"This is no regular expression: {error}. {how}"

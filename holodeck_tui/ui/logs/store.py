"""Every line of some logs, in private temporary files; in memory only where each begins.

One thread uses a store. Lines are numbered from 0 and keep their numbers for ever; once there are more than
fit, whole files of the oldest go and :attr:`LogStore.first` tells how many lines that were.
"""

from __future__ import annotations

import re
import tempfile
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import IO

from rich.cells import cell_len

# Of one file, and of all together: what is older than a gigabyte of text is let go, and counted.
SEGMENT_LINES, SEGMENT_BYTES = 131_072, 1 << 26
MOST_BYTES = 1 << 30
NO_TIME = -1
COLOUR = re.compile("\x1b\\[[0-9;:]*m")
WIDE = 1 << 31
"""Set in a width where the line has characters beyond ASCII: those may take two cells."""


@dataclass(frozen=True)
class Line:
    """``stamp`` is milliseconds since 1970 (UTC), or :data:`NO_TIME`; ``source`` a number of the caller's."""

    text: str
    stamp: int
    source: int


def _width(text: str) -> int:
    seen = COLOUR.sub("", text) if "\x1b" in text else text
    return len(seen) if text.isascii() else cell_len(seen) | WIDE


class _Segment:
    def __init__(self, first: int) -> None:
        self.first = first
        # Unbuffered: what is written can be read at once. It has no name and only this user can read it.
        self.file: IO[bytes] = tempfile.TemporaryFile(buffering=0, prefix="holodeck-log-")  # noqa: SIM115
        self.offsets = array("I", [0])
        self.stamps = array("q")
        self.sources = array("H")
        self.widths = array("I")

    def __len__(self) -> int:
        return len(self.stamps)

    @property
    def bytes(self) -> int:
        return self.offsets[-1]

    def append(self, texts: Sequence[str], stamps: Sequence[int], sources: Sequence[int]) -> None:
        data = "\n".join(texts)
        ascii_only = data.isascii()
        lengths = array(
            "I",
            (len(text.encode("utf-8", "replace")) for text in texts) if not ascii_only else map(len, texts),
        )
        if ascii_only and "\x1b" not in data:
            self.widths.extend(lengths)
        else:
            self.widths.extend(map(_width, texts))
        raw = data.encode("utf-8", "replace") + b"\n"
        start = self.bytes
        self.file.seek(start)
        view = memoryview(raw)
        while view:
            view = view[self.file.write(view) :]
        del self.offsets[-1]
        ends = accumulate((length + 1 for length in lengths), initial=start)
        self.offsets.extend(ends)
        self.stamps.extend(stamps)
        self.sources.extend(sources)

    def texts(self, start: int, stop: int) -> list[str]:
        begin, end = self.offsets[start], self.offsets[stop]
        self.file.seek(begin)
        data = b""
        while len(data) < end - begin:
            part = self.file.read(end - begin - len(data))
            if not part:
                break
            data = data + part if data else part
        return data.decode("utf-8", "replace").split("\n")[: stop - start]


class LogStore:
    """All lines. Text given to it is cleaned already, and has no line breaks."""

    def __init__(self, *, most_bytes: int = MOST_BYTES, segment_lines: int = SEGMENT_LINES) -> None:
        self._segments: list[_Segment] = []
        self._firsts: list[int] = []
        self._most = most_bytes
        self._segment_lines = segment_lines
        self._bytes = 0
        self.first = 0
        self.end = 0
        self.widest = 0

    def append(self, texts: Sequence[str], stamps: Sequence[int], sources: Sequence[int]) -> None:
        """Add lines at the end; the oldest files go when there is too much."""
        done = 0
        while done < len(texts):
            segment = self._room()
            take = min(len(texts) - done, self._segment_lines - len(segment))
            part = slice(done, done + take)
            before = segment.bytes
            segment.append(texts[part], stamps[part], sources[part])
            self._bytes += segment.bytes - before
            self.widest = max(self.widest, *(width & ~WIDE for width in segment.widths[-take:]))
            self.end += take
            done += take
        while self._bytes > self._most and len(self._segments) > 1:
            gone = self._segments.pop(0)
            self._firsts.pop(0)
            self._bytes -= gone.bytes
            gone.file.close()
            self.first = self._segments[0].first

    def line(self, number: int) -> Line:
        """One line; ``number`` is within ``first`` and ``end``."""
        segment = self._of(number)
        at = number - segment.first
        return Line(segment.texts(at, at + 1)[0], segment.stamps[at], segment.sources[at])

    def width(self, number: int) -> int:
        """Its cells, with :data:`WIDE` where they were not simply counted."""
        segment = self._of(number)
        return segment.widths[number - segment.first]

    def chunks(self, start: int, stop: int, size: int = 8192) -> Iterator[tuple[int, list[str], array[int]]]:
        """Number of the first line, texts and sources, ``size`` lines or fewer at a time."""
        number = max(start, self.first)
        while number < min(stop, self.end):
            segment = self._of(number)
            at = number - segment.first
            until = min(at + size, len(segment), stop - segment.first)
            yield number, segment.texts(at, until), segment.sources[at:until]
            number = segment.first + until

    def widths(self, start: int, stop: int) -> Iterator[int]:
        """The widths of a range."""
        number = max(start, self.first)
        while number < min(stop, self.end):
            segment = self._of(number)
            at = number - segment.first
            until = min(len(segment), stop - segment.first)
            yield from segment.widths[at:until]
            number = segment.first + until

    def stamps(self, start: int, stop: int) -> list[int]:
        """The times of a range that :meth:`chunks` gave."""
        segment = self._of(start)
        return list(segment.stamps[start - segment.first : stop - segment.first])

    def close(self) -> None:
        """Give the disk back."""
        for segment in self._segments:
            segment.file.close()
        self._segments, self._firsts = [], []
        self.first = self.end

    def _room(self) -> _Segment:
        last = self._segments[-1] if self._segments else None
        if last is None or len(last) >= self._segment_lines or last.bytes >= SEGMENT_BYTES:
            last = _Segment(self.end)
            self._segments.append(last)
            self._firsts.append(last.first)
        return last

    def _of(self, number: int) -> _Segment:
        if not self.first <= number < self.end:
            raise IndexError(number)
        return self._segments[bisect_right(self._firsts, number) - 1]

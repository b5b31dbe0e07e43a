"""Reading the runner's log: its last lines, and those to come, across the moment it is put aside."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.errors import Cancelled
from holodeck_tui.deployers.base import LogLine
from holodeck_tui.deployers.local_times import split_time

_LOOK = 0.1
_BLOCK = 65536


def history(log: Path, source: str, since: datetime | None, tail: int | None) -> Iterator[LogLine]:
    """The lines until now, oldest first; none before ``since``; at most the ``tail`` last ones."""
    lines = (
        line
        for path in (log.with_name(f"{log.name}.1"), log)
        for raw in _lines(path)
        if (line := _line(raw, source)) is not None and _wanted(line, since)
    )
    yield from lines if tail is None else deque(lines, maxlen=tail)


def follow(
    log: Path, source: str, since: datetime | None, stop: CancelToken, alive: Callable[[], bool]
) -> Iterator[LogLine]:
    """The lines from ``since`` on and all to come, until ``stop``, or ``alive`` says that none will."""
    for raw in _raw(log, since, stop, alive):
        line = _line(raw, source)
        if line is not None and _wanted(line, since):
            yield line


def _raw(log: Path, since: datetime | None, stop: CancelToken, alive: Callable[[], bool]) -> Iterator[bytes]:
    aside = log.with_name(f"{log.name}.1")
    if since is None or (aside.exists() and aside.stat().st_mtime >= since.timestamp()):
        yield from _lines(aside)
    tail: _Tail | None = None
    try:
        while not stop.cancelled:
            last = not alive()
            tail = tail or _Tail.open(log)
            if tail is not None:
                yield from tail.new()
                if tail.replaced(log):
                    # What was written between that look and the renaming.
                    yield from tail.new()
                    tail.close()
                    tail = None
                    continue
            if last:
                return
            stop.sleep(_LOOK)
    except Cancelled:
        return
    finally:
        if tail is not None:
            tail.close()


class _Tail:
    """An open log, read further each time it is asked."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._rest = b""

    @classmethod
    def open(cls, path: Path) -> _Tail | None:
        try:
            return cls(path.open("rb"))
        except OSError:
            return None

    def new(self) -> Iterator[bytes]:
        while block := self._file.read(_BLOCK):
            *whole, self._rest = (self._rest + block).split(b"\n")
            yield from whole

    def replaced(self, path: Path) -> bool:
        try:
            there = path.stat()
        except OSError:
            return True
        here = os.fstat(self._file.fileno())
        return (there.st_ino, there.st_dev) != (here.st_ino, here.st_dev)

    def close(self) -> None:
        self._file.close()


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            for raw in file:
                yield raw.rstrip(b"\n")
    except OSError:
        return


def _line(raw: bytes, source: str) -> LogLine | None:
    moment, text = split_time(raw.decode("utf-8", "replace"))
    return None if moment is None else LogLine(text, moment, source)


def _wanted(line: LogLine, since: datetime | None) -> bool:
    return since is None or line.timestamp is None or line.timestamp >= since

"""One log out of the logs of a service's revisions: in order, none twice, none lost."""

from __future__ import annotations

import contextlib
import heapq
import queue
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone

from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.base import LogLine, LogQuery
from holodeck_tui.deployers.local_runtime import Runtime
from holodeck_tui.deployers.local_values import View

_EARLIEST = datetime.min.replace(tzinfo=timezone.utc)
# Seconds between two looks for new revisions, and for an engine that went away.
_LOOK = 0.5
# An engine that is restarted is back within this many seconds.
_PATIENCE = 120.0
_WAITING_LINES = 10_000


@dataclass
class _Mark:
    """How far a revision's log was read: the last time, and how many lines have it."""

    moment: datetime | None = None
    count: int = 0

    def passed(self, line: LogLine) -> None:
        moment = line.timestamp
        if moment is None:
            return
        self.count = self.count + 1 if moment == self.moment else 1
        self.moment = moment


class LogStream:
    """Reads the revisions of one service, those that come while it is read too."""

    def __init__(self, runtime: Runtime, view: View, query: LogQuery) -> None:
        self._runtime = runtime
        self._view = view
        self._query = query
        self._marks: dict[str, _Mark] = {}
        self._queue: queue.Queue[tuple[str, LogLine]] = queue.Queue(_WAITING_LINES)
        self._readers: dict[str, threading.Thread] = {}
        self._stop = CancelToken()

    def lines(self, ctx: Context) -> Iterator[LogLine]:
        """History, then what comes. Ends when the service is removed; raises when asked to stop."""
        yield from self._history()
        if not self._query.follow:
            return
        forget = ctx.cancel.on_cancel(self._stop.cancel)
        try:
            yield from self._follow(ctx)
        finally:
            forget()
            self._stop.cancel()

    def _history(self) -> Iterator[LogLine]:
        tail = self._query.tail
        # One line more than none: it says from where to follow.
        ask = None if tail is None else max(tail, 1)
        merged = heapq.merge(
            *(self._read(name, ask) for name in self._view.units),
            key=lambda line: line.timestamp or _EARLIEST,
        )
        if tail is None:
            yield from merged
        else:
            yield from deque(merged, maxlen=max(tail, 1)) if tail else deque(merged, maxlen=0)

    def _read(self, name: str, tail: int | None) -> Iterator[LogLine]:
        mark = self._marks.setdefault(name, _Mark(self._query.since))
        for line in self._runtime.history(name, self._query.since, tail):
            mark.passed(line)
            yield line

    def _follow(self, ctx: Context) -> Iterator[LogLine]:
        looked, away = float("-inf"), None
        gone = False
        while True:
            ctx.cancel.check()
            if time.monotonic() - looked >= _LOOK and not gone:
                looked = time.monotonic()
                try:
                    view = self._runtime.view(self._view.service)
                    away = None
                except DeploymentError:
                    away = away or looked
                    if looked - away > _PATIENCE:
                        raise
                else:
                    gone = view is None
                    if view is not None:
                        self._attend(view)
            batch = self._batch()
            yield from batch
            if gone and not batch and not any(reader.is_alive() for reader in self._readers.values()):
                return

    def _attend(self, view: View) -> None:
        """A reader for each revision that may say something: running ones, and ones never read."""
        for name, unit in view.units.items():
            reader = self._readers.get(name)
            if reader is not None and reader.is_alive():
                continue
            if unit.phase in {"running", "restarting"} or (reader is None and name not in self._marks):
                mark = self._marks.setdefault(name, _Mark())
                thread = threading.Thread(
                    target=self._reader, args=(name, mark), daemon=True, name=f"logs-{name}"
                )
                self._readers[name] = thread
                thread.start()

    def _reader(self, name: str, mark: _Mark) -> None:
        since, known = mark.moment, mark.count
        try:
            for line in self._runtime.follow(name, since, self._stop):
                if since is not None and line.timestamp is not None:
                    if line.timestamp < since:
                        continue
                    if line.timestamp == since and known > 0:
                        known -= 1
                        continue
                    if line.timestamp == since:
                        # Goes on counting where the mark stands.
                        mark.count += 1
                    else:
                        mark.passed(line)
                else:
                    mark.passed(line)
                self._put(name, line)
        except DeploymentError:
            return  # the engine went away; the next look starts another reader where this one ended

    def _put(self, name: str, line: LogLine) -> None:
        done = False
        while not done and not self._stop.cancelled:
            with contextlib.suppress(queue.Full):
                self._queue.put((name, line), timeout=0.2)
                done = True

    def _batch(self) -> list[LogLine]:
        """What has come, in the order of its times; waits a moment when nothing has."""
        try:
            found = [self._queue.get(timeout=0.1)[1]]
        except queue.Empty:
            return []
        with contextlib.suppress(queue.Empty):
            while len(found) < _WAITING_LINES:
                found.append(self._queue.get_nowait()[1])
        return sorted(found, key=lambda line: line.timestamp or _EARLIEST)

"""CloudWatch Logs: history and follow, in order, none twice, none lost, in memory that does not grow.

Lines are read with FilterLogEvents alone. StartLiveTail would be quicker by a second, but it samples above
500 events a second and ends after three hours, and its events carry no id to tell doubles by.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from holodeck_tui.core.cancel import Deadline
from holodeck_tui.deployers.aws.client import Aws, persist
from holodeck_tui.deployers.aws.errors import AwsError
from holodeck_tui.deployers.base import LogLine, LogQuery

# A line may show up this long after one that was written later (milliseconds): streams are merged late.
OVERLAP_MS = 30_000
# How far back the last lines are looked for, step by step (seconds), before everything is read.
_BACK = (300, 3600, 24 * 3600, 7 * 24 * 3600)
_POLL = 2.0
# Ids that are kept before the old ones are dropped.
_ROOM = 1000
_PATIENCE = 300.0


@dataclass(frozen=True)
class Group:
    """A log group; ``source`` is what its lines are marked with."""

    name: str
    source: str = ""
    stream_prefix: str | None = None


@dataclass
class _Cursor:
    """How far a group was read: the newest time, and the ids at or after ``newest - OVERLAP_MS``."""

    start: int
    newest: int = 0
    seen: dict[str, int] = field(default_factory=dict)
    room: int = _ROOM

    @property
    def following(self) -> int:
        return max(self.start, self.newest - OVERLAP_MS)

    def is_new(self, event: dict[str, Any]) -> bool:
        name, moment = str(event.get("eventId")), int(event.get("timestamp", 0))
        if name in self.seen:
            return False
        self.seen[name] = moment
        self.newest = max(self.newest, moment)
        if len(self.seen) > self.room:
            oldest = self.newest - OVERLAP_MS
            self.seen = {name: moment for name, moment in self.seen.items() if moment >= oldest}
            self.room = max(_ROOM, 2 * len(self.seen))
        return True


class LogReader:
    """Reads ``groups`` as one log. A group that is not there (yet) is an empty one."""

    def __init__(
        self,
        aws: Aws,
        groups: Sequence[Group],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
        poll: float = _POLL,
    ) -> None:
        self._aws = aws
        self._groups = tuple(groups)
        self._clock = clock
        self._poll = poll

    def lines(self, query: LogQuery) -> Iterator[LogLine]:
        """What ``query`` asks for. Raises AwsError once AWS cannot be read for minutes."""
        start = 0 if query.since is None else int(query.since.timestamp() * 1000)
        cursors = [_Cursor(start) for _ in self._groups]
        history = self._round(cursors)
        if query.tail is not None:
            history = iter(self._tail(cursors, start, query.tail))
        yield from history
        while query.follow:
            self._aws.ctx.cancel.sleep(self._poll)
            yield from self._round(cursors)

    def last(self, count: int) -> list[str]:
        """The texts of the last ``count`` lines."""
        return [line.text for line in self.lines(LogQuery(tail=count))]

    def _round(self, cursors: Sequence[_Cursor]) -> Iterator[LogLine]:
        """Everything that is new since the cursors, all groups merged by time."""
        parts = [
            self._new(group, cursor, cursor.following)
            for group, cursor in zip(self._groups, cursors, strict=True)
        ]
        for _, line in heapq.merge(*parts, key=lambda pair: pair[0]):
            yield line

    def _tail(self, cursors: Sequence[_Cursor], start: int, count: int) -> Sequence[LogLine]:
        """The last ``count`` lines: AWS reads forward only, so windows grow until they hold enough."""
        now = int(self._clock().timestamp() * 1000)
        for seconds in (*_BACK, None):
            begin = start if seconds is None else max(start, now - seconds * 1000)
            for cursor in cursors:
                cursor.start, cursor.newest, cursor.seen = begin, 0, {}
            found = deque(self._round(cursors), maxlen=max(count, 1))
            if len(found) >= count or begin == start:
                return list(found)[-count:] if count else []
        return []

    def _new(self, group: Group, cursor: _Cursor, start: int) -> Iterator[tuple[int, LogLine]]:
        for event in self._events(group, start):
            if cursor.is_new(event):
                moment = int(event.get("timestamp", 0))
                when = datetime.fromtimestamp(moment / 1000, timezone.utc)
                yield moment, LogLine(str(event.get("message", "")).rstrip("\n"), when, group.source)

    def _events(self, group: Group, start: int) -> Iterator[dict[str, Any]]:
        body: dict[str, Any] = {"logGroupName": group.name, "startTime": start}
        if group.stream_prefix is not None:
            body["logStreamNamePrefix"] = group.stream_prefix
        while True:
            answer = self._page(body)
            yield from answer.get("events") or ()
            # An empty page with a token is a page that was searched, and not the end.
            if not answer.get("nextToken"):
                return
            body["nextToken"] = answer["nextToken"]

    def _page(self, body: dict[str, Any]) -> dict[str, Any]:
        doing = f"read the log {body['logGroupName']}"
        deadline = Deadline(_PATIENCE, doing)
        try:
            return persist(
                lambda: self._aws.ask("logs", "filter_log_events", doing, **body),
                self._aws.ctx,
                deadline,
                told="never",
            )
        except AwsError as error:
            if error.kind == "gone":
                return {}
            raise

"""A service's log: what Cloud Logging has, then what comes, in order, nothing twice, nothing lost."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from importlib import import_module
from typing import TYPE_CHECKING, Any

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.base import LogLine, LogQuery
from holodeck_tui.deployers.gcp.client import Clients
from holodeck_tui.deployers.gcp.names import Place
from holodeck_tui.deployers.gcp.tail import Tail

if TYPE_CHECKING:
    from google.cloud.logging_v2.types import LogEntry

_PAGE = 1000
# Lines that came late have an earlier time than those before them: so far back is looked after a cut.
_OVERLAP = timedelta(seconds=30)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_LOGS = "run.googleapis.com%2F"


class LogStream:
    """The log of one service. ``revision`` (a short name) leaves the others' lines out."""

    def __init__(
        self,
        clients: Clients,
        place: Place,
        service: str,
        ctx: Context,
        *,
        revision: str | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self._clients = clients
        self._place = place
        self._service = service
        self._ctx = ctx
        self._revision = revision
        self._clock = clock
        self._seen: OrderedDict[tuple[int, int, str], None] = OrderedDict()
        self._oldest: datetime | None = None
        self._newest: datetime | None = None
        self._behind: datetime | None = None

    def lines(self, query: LogQuery) -> Iterator[LogLine]:
        """History as the query asks, then new lines while it follows."""
        if not query.follow:
            yield from self._history(query)
            return
        if query.since is None and query.tail is None:
            # Following without a word about the past begins with the last page of it.
            query = LogQuery(follow=True, tail=_PAGE, system=query.system)
        yield from self._follow(query)

    def _history(self, query: LogQuery) -> Iterator[LogLine]:
        if query.tail is not None:
            newest = self._last(query)
            lines = [line for entry in reversed(newest) for line in self._fresh(entry)]
            yield from lines[len(lines) - query.tail :] if len(lines) > query.tail else lines
            return
        yield from self._since(query.since, query)

    def _last(self, query: LogQuery) -> list[LogEntry]:
        """The newest entries, newest first, at most as many as lines are asked for."""
        wanted = query.tail or 0
        found: list[LogEntry] = []
        if wanted <= 0:
            return found
        for page in self._pages(query.since, query, "timestamp desc", min(_PAGE, wanted)):
            found += page
            if len(found) >= wanted:
                break
        return found[:wanted]

    def _since(self, since: datetime | None, query: LogQuery) -> Iterator[LogLine]:
        for page in self._pages(since, query, "timestamp asc", _PAGE):
            for entry in page:
                yield from self._fresh(entry)

    def _pages(
        self, since: datetime | None, query: LogQuery, order: str, size: int
    ) -> Iterator[list[LogEntry]]:
        """Page by page, each asked for when it is needed; one without entries may not be the last."""
        token = ""
        client = self._clients.logging
        while True:
            request = {
                "resource_names": [f"projects/{self._place.project}"],
                "filter": self._filter(query, since),
                "order_by": order,
                "page_size": size,
                "page_token": token,
            }

            def ask(**options: Any) -> tuple[list[LogEntry], str]:
                page = next(client.list_log_entries(**options).pages)
                return [*page.entries], page.next_page_token

            entries, token = self._clients.call("Reading the log", ask, request)
            yield entries
            if not token:
                return

    def _follow(self, query: LogQuery) -> Iterator[LogLine]:
        """Sessions of the tail, one after the other; the gap before each is filled from the history."""
        began = self._clock()
        first = True
        pause = _FIRST_PAUSE
        while True:
            session = Tail(self._clients, self._place, self._filter(query, None), self._ctx)
            self._behind = self._newest or began
            try:
                if first:
                    # The tail is open before the past is read, so that nothing falls between the two.
                    session.open()
                    yield from self._history(query)
                    first = False
                else:
                    session.open()
                    yield from self._since(self._gap(began), query)
                for entries, gap in session.batches():
                    pause = _FIRST_PAUSE
                    if gap:
                        yield from self._since(self._gap(began), query)
                    for entry in entries:
                        yield from self._fresh(entry)
                    if entries:
                        self._behind = _moment(type(entries[-1]).pb(entries[-1]).timestamp)
            except DeploymentError as error:
                if error.code not in {"network", "throttled", "quota", "busy"} or first:
                    raise
                self._ctx.log("run", [f"the log is interrupted: {error}"], detail=True)
            finally:
                session.close()
            self._ctx.cancel.sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * 2)

    def _gap(self, began: datetime) -> datetime:
        """From when the history is read again after a cut; never from before what was asked for."""
        if self._newest is None or self._oldest is None:
            return began
        return max(self._newest - _OVERLAP, self._oldest)

    def _fresh(self, entry: LogEntry) -> Iterator[LogLine]:
        """The lines of an entry that was not seen yet."""
        raw = type(entry).pb(entry)  # reading through the SDK's wrapper takes ten times as long
        stamp = raw.timestamp
        key = (stamp.seconds, stamp.nanos, raw.insert_id)
        if raw.insert_id and key in self._seen:
            return
        self._seen[key] = None
        self._prune()
        moment = _moment(stamp)
        if self._newest is None or moment > self._newest:
            self._newest = moment
        if self._oldest is None:
            self._oldest = moment
        source = raw.resource.labels.get("revision_name", "")
        for text in _text(raw).splitlines() or [""]:
            yield LogLine(text, moment, source)

    def _prune(self) -> None:
        """Forget lines from so long ago that no reading of the history brings them again."""
        if self._newest is None:
            return
        # While a session is behind, what the history told meanwhile will come from it once more.
        floor = self._newest if self._behind is None else min(self._behind, self._newest)
        before = (floor - 2 * _OVERLAP).timestamp()
        while self._seen and next(iter(self._seen))[0] + 1 < before:
            self._seen.popitem(last=False)

    def _filter(self, query: LogQuery, since: datetime | None) -> str:
        parts = [
            'resource.type="cloud_run_revision"',
            f'resource.labels.service_name="{self._service}"',
            f'resource.labels.location="{self._place.location}"',
        ]
        if self._revision:
            parts.append(f'resource.labels.revision_name="{self._revision}"')
        if not query.system:
            names = ("stdout", "stderr")
            either = " OR ".join(f'"projects/{self._place.project}/logs/{_LOGS}{name}"' for name in names)
            parts.append(f"logName=({either})")
        if since is not None:
            utc = since.astimezone(timezone.utc)
            parts.append(f'timestamp>="{utc.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}"')
        return " AND ".join(parts)


def _moment(stamp: Any) -> datetime:
    return datetime.fromtimestamp(stamp.seconds + stamp.nanos // 1000 / 1e6, timezone.utc)


def _text(raw: Any) -> str:
    if raw.HasField("json_payload"):
        from google.protobuf.json_format import MessageToDict

        payload = MessageToDict(raw.json_payload)
        message = payload.get("message")
        return message if isinstance(message, str) else json.dumps(payload, ensure_ascii=False)
    if raw.HasField("proto_payload"):
        # What the platform notes of a revision is an AuditLog; its status says what happened.
        return _audit(raw.proto_payload)
    return str(raw.text_payload)


def _audit(packed: Any) -> str:
    found = import_module("google.cloud.audit.audit_log_pb2").AuditLog()
    return str(found.status.message) if packed.Unpack(found) else ""

"""A service's log: what Cloud Logging has, then what comes, in order, nothing twice, nothing lost."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.deployers.base import LogLine, LogQuery
from holodeck_tui.deployers.gcp.client import Clients
from holodeck_tui.deployers.gcp.errors import is_transient, translated
from holodeck_tui.deployers.gcp.names import Place

if TYPE_CHECKING:
    from google.cloud.logging_v2.types import LogEntry

_PAGE = 1000
# Lines that came late have an earlier time than those before them: so far back is looked after a cut.
_OVERLAP = timedelta(seconds=30)
# As many lines are known as seen; more than can come within the overlap at Cloud Logging's own limits.
_KNOWN = 20_000
# The server holds lines back so long to put them in order (TailLogEntriesRequest.buffer_window).
_BUFFER_SECONDS = 2
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
        self._seen: OrderedDict[tuple[float, str], None] = OrderedDict()
        self._oldest: datetime | None = None
        self._newest: datetime | None = None

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
            session = _Tail(self._clients, self._place, self._filter(query, None), self._ctx)
            try:
                if first:
                    # The tail is open before the past is read, so that nothing falls between the two.
                    session.open()
                    yield from self._history(query)
                    first = False
                else:
                    session.open()
                    yield from self._since(self._gap(began), query)
                for entries, lost in session.batches():
                    pause = _FIRST_PAUSE
                    for entry in entries:
                        yield from self._fresh(entry)
                    if lost:
                        yield from self._since(self._gap(began), query)
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
        key = (entry.timestamp.timestamp(), entry.insert_id)
        if entry.insert_id and key in self._seen:
            return
        self._seen[key] = None
        if len(self._seen) > _KNOWN:
            self._seen.popitem(last=False)
        moment = _moment(entry.timestamp)
        if self._newest is None or moment > self._newest:
            self._newest = moment
        if self._oldest is None:
            self._oldest = moment
        source = entry.resource.labels.get("revision_name", "")
        for text in _text(entry).splitlines() or [""]:
            yield LogLine(text, moment, source)

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


class _Tail:
    """One session of the tail; Google ends each after an hour."""

    def __init__(self, clients: Clients, place: Place, wanted: str, ctx: Context) -> None:
        self._client = clients.logging
        self._request = {
            "resource_names": [f"projects/{place.project}"],
            "filter": wanted,
            "buffer_window": {"seconds": _BUFFER_SECONDS},
        }
        self._ctx = ctx
        self._over = threading.Event()
        self._stream: Any = None
        self._forget: Callable[[], None] = lambda: None

    def open(self) -> None:
        with translated("Following the log", self._ctx):
            self._stream = self._client.tail_log_entries(requests=self._requests(), retry=None, timeout=None)
        self._forget = self._ctx.cancel.on_cancel(self.close)

    def batches(self) -> Iterator[tuple[list[LogEntry], bool]]:
        """Entries, and whether the server left some out because they came too fast."""
        with translated("Following the log", self._ctx):
            try:
                for answer in self._stream:
                    self._ctx.cancel.check()
                    yield [*answer.entries], bool(answer.suppression_info)
            except DeploymentError:
                raise
            except Exception as error:
                if self._ctx.cancel.cancelled:
                    raise Cancelled from error
                # After an hour the session ends as OutOfRange: that is no fault, and neither is a cut line.
                if type(error).__name__ not in {"OutOfRange", "Cancelled"} and not is_transient(error):
                    raise

    def close(self) -> None:
        self._over.set()
        self._forget()
        if self._stream is not None:
            self._stream.cancel()

    def _requests(self) -> Iterator[Any]:
        from google.cloud.logging_v2.types import TailLogEntriesRequest

        yield TailLogEntriesRequest(self._request)
        # The session lasts as long as the asking side stays open.
        self._over.wait()


def _text(entry: LogEntry) -> str:
    if entry.text_payload:
        return str(entry.text_payload)
    if entry.json_payload:
        payload = _plain(entry.json_payload)
        message = payload.get("message")
        return str(message) if isinstance(message, str) else json.dumps(payload, ensure_ascii=False)
    if entry.proto_payload:
        # What the platform notes of a revision is an AuditLog; its status says what happened.
        return _audit(entry.proto_payload)
    return ""


def _plain(value: Any) -> Any:
    if hasattr(value, "items"):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, (str, int, float, bool, type(None))):
        return value
    return [_plain(one) for one in value]


def _audit(packed: Any) -> str:
    from google.cloud.audit.audit_log_pb2 import AuditLog

    found = AuditLog()
    return str(found.status.message) if packed.Unpack(found) else ""


def _moment(stamp: datetime) -> datetime:
    # Google's nanosecond time is a datetime of its own; past here nobody knows it.
    return datetime.fromtimestamp(stamp.timestamp(), timezone.utc)

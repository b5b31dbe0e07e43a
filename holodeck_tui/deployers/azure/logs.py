"""The app's own log: what its replicas' streams hold, what Log Analytics keeps, and what comes."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.core.threads import interruptible
from holodeck_tui.deployers.azure.client import Azure
from holodeck_tui.deployers.azure.errors import Task
from holodeck_tui.deployers.azure.history import Question, try_history
from holodeck_tui.deployers.azure.place import Place
from holodeck_tui.deployers.azure.streams import MOST_LINES, Cursor, Ended, Source, follow, read_once
from holodeck_tui.deployers.base import LogLine, LogQuery

if TYPE_CHECKING:
    from azure.mgmt.appcontainers.models import ContainerApp, Revision

LAST_LINES = 20
# How often a follower looks for new replicas, in seconds, and how many lines may wait to be read.
_RESCAN = 10.0
_MOST_WAITING = 2000
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Streams:
    """The log streams of one app."""

    def __init__(self, azure: Azure, place: Place, app: ContainerApp) -> None:
        self._azure = azure
        self._place = place
        self._app = app
        self._name = app.name or ""
        self._tokens: dict[str, str] = {}
        endpoint = (app.properties.event_stream_endpoint if app.properties else None) or ""
        self._events = endpoint
        self._base = endpoint[: endpoint.index("/subscriptions/")] if "/subscriptions/" in endpoint else ""

    def events(self) -> list[Source]:
        """The stream of what the platform does with the app."""
        return [Source(self._events, self._token, self._name)] if self._events else []

    def consoles(self, revision: str | None = None) -> list[Source]:
        """The streams of every container of ours: of one revision, or of all that are active."""
        names = [revision] if revision else [one.name or "" for one in self._revisions()]
        return [source for name in names for source in self._consoles(name)]

    def _revisions(self) -> list[Revision]:
        revisions = self._azure.sdk.container_apps_revisions
        task = Task(f"The revisions of {self._name} could not be listed.")
        found = self._azure.find(
            task, lambda: [*revisions.list_revisions(self._place.group, self._name, **self._azure.call)]
        )
        return [one for one in found or () if one.properties and one.properties.active]

    def _consoles(self, revision: str) -> Iterator[Source]:
        replicas = self._azure.sdk.container_apps_revision_replicas
        task = Task(f"The replicas of {revision} could not be listed.")
        found = self._azure.find(
            task,
            lambda: replicas.list_replicas(self._place.group, self._name, revision, **self._azure.call),
        )
        if not self._base:
            return
        for replica in (found.value if found else None) or ():
            for container in (replica.properties.containers if replica.properties else None) or ():
                path = (
                    f"{self._base}/subscriptions/{self._place.subscription}/resourceGroups/{self._place.group}"
                    f"/containerApps/{self._name}/revisions/{revision}/replicas/{replica.name}"
                    f"/containers/{container.name}/logstream"
                )
                yield Source(path, self._token, replica.name or "")

    def _token(self, again: bool) -> str:
        """A token for this app's streams; ``again`` when the last one is not taken any more."""
        if again or "token" not in self._tokens:
            task = Task(f"The log of {self._name} cannot be opened.")
            apps = self._azure.sdk.container_apps
            found = self._azure.ask(
                task, lambda: apps.get_auth_token(self._place.group, self._name, **self._azure.call)
            )
            token = (found.properties.token if found.properties else None) or ""
            self._azure.ctx.redactor.add(token)
            self._tokens["token"] = token
        return self._tokens["token"]


def stream_logs(azure: Azure, place: Place, app: ContainerApp, query: LogQuery) -> Iterator[LogLine]:
    """History in the order of its times, then new lines while ``query.follow``."""
    streams = Streams(azure, place, app)
    cursors: dict[str, Cursor] = {}
    recent = _recent(azure, streams, query, cursors)
    yield from _cut(_older(azure, app, query, recent) + recent, query)
    if query.follow:
        yield from _Follower(azure, streams, query, cursors).lines()


def last_lines(azure: Azure, place: Place, name: str, revision: str) -> list[str]:
    """The end of what a revision's containers said, cleaned; else of the platform's events."""
    clean = azure.ctx.redactor.clean
    try:
        task = Task(f"{name} could not be looked at.")
        app = azure.ask(task, lambda: azure.sdk.container_apps.get(place.group, name, **azure.call))
        streams = Streams(azure, place, app)
        lines = _read(azure, streams.consoles(revision), LAST_LINES, {})
        if not lines:
            lines = [one for one in _read(azure, streams.events(), MOST_LINES, {}) if revision in one.text]
        return [clean(line.text) for line in lines][-LAST_LINES:]
    except Cancelled:
        raise
    except DeploymentError as error:
        return [f"(its log could not be read: {error})"]


def _recent(azure: Azure, streams: Streams, query: LogQuery, cursors: dict[str, Cursor]) -> list[LogLine]:
    sources = streams.events() if query.system else streams.consoles()
    tail = min(MOST_LINES, query.tail) if query.tail is not None and not query.follow else MOST_LINES
    return _read(azure, sources, tail, cursors)


def _read(azure: Azure, sources: Sequence[Source], tail: int, cursors: dict[str, Cursor]) -> list[LogLine]:
    """The last lines of each stream, in the order of their times."""
    lines: list[LogLine] = []
    for source in sources:
        cursor = cursors.setdefault(source.url, Cursor())

        def read(source: Source = source) -> list[LogLine]:
            return [*read_once(source, azure.ctx, follow=False, tail=tail)]

        try:
            lines += [line for line in interruptible(read, azure.ctx.cancel) if cursor.is_new(line)]
        except Ended:
            continue
        cursor.resume()
    return sorted(lines, key=lambda line: line.timestamp or _EPOCH)


def _older(azure: Azure, app: ContainerApp, query: LogQuery, recent: Sequence[LogLine]) -> list[LogLine]:
    """What is asked for and older than what the streams hold."""
    missing = 0 if query.tail is None else max(0, query.tail - len(recent))
    first = next((line.timestamp for line in recent if line.timestamp), None)
    covered = query.since is not None and first is not None and first <= query.since
    if query.follow and query.since is None and not missing:
        return []
    if covered or not (missing or query.since is not None or not recent):
        return []
    most = missing or None if query.since is None else None
    question = Question(app.name or "", query.since, first, most, query.system)
    return try_history(azure, app, question)


def _cut(lines: list[LogLine], query: LogQuery) -> list[LogLine]:
    since = query.since
    if since is not None:
        lines = [line for line in lines if line.timestamp is None or line.timestamp >= since]
    return lines if query.tail is None else lines[len(lines) - min(len(lines), query.tail) :]


class _Follower:
    """Reads all streams at once, and those that appear later."""

    def __init__(self, azure: Azure, streams: Streams, query: LogQuery, cursors: dict[str, Cursor]) -> None:
        self._azure = azure
        # Threads are told to end when nobody reads any more, which is no cancelling of the run.
        self._ctx = replace(azure.ctx)
        self._streams = streams
        self._system = query.system
        self._cursors = cursors
        self._open: set[str] = set()
        self._guard = threading.Lock()
        self._lines: queue.Queue[LogLine | DeploymentError] = queue.Queue(_MOST_WAITING)
        self._over = threading.Event()

    def lines(self) -> Iterator[LogLine]:
        scanned = 0.0
        try:
            while True:
                self._azure.ctx.cancel.check()
                if not scanned or time.monotonic() - scanned >= _RESCAN:
                    self._scan()
                    scanned = time.monotonic()
                try:
                    found = self._lines.get(timeout=0.2)
                except queue.Empty:
                    continue
                if isinstance(found, DeploymentError):
                    raise found
                yield found
        finally:
            self._over.set()

    def _scan(self) -> None:
        try:
            sources = self._streams.events() if self._system else self._streams.consoles()
        except DeploymentError as error:
            if error.code in {"network", "throttled"}:
                return  # asked again a little later
            raise
        for source in sources:
            with self._guard:
                if source.url in self._open:
                    continue
                self._open.add(source.url)
            cursor = self._cursors.setdefault(source.url, Cursor())
            threading.Thread(target=self._read, args=(source, cursor), daemon=True, name="azure-logs").start()

    def _read(self, source: Source, cursor: Cursor) -> None:
        try:
            for line in follow(source, self._ctx, cursor):
                if not self._put(line):
                    return
                if cursor.gap:
                    cursor.gap = False
                    self._ctx.warn(f"More lines than Azure keeps came from {source.name} during a cut.")
        except Cancelled:
            return
        except DeploymentError as error:
            self._put(error)
        finally:
            with self._guard:
                self._open.discard(source.url)

    def _put(self, found: LogLine | DeploymentError) -> bool:
        while not self._over.is_set():
            try:
                self._lines.put(found, timeout=0.5)
            except queue.Full:
                continue
            return True
        return False

"""Log streams as ``az containerapp logs show`` reads them; Log Analytics as azure-monitor-query asks."""

from __future__ import annotations

import json
import re
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.contract.azure.world import App, Body, Revision, World

if TYPE_CHECKING:
    from tests.contract.azure.server import Handler

_CONSOLE = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/([^/]+)/containerApps/([^/]+)"
    r"(?:/revisions/([^/]+)/replicas/([^/]+)/containers/([^/]+)/logstream|/eventstream)$"
)


def stream(handler: Handler, world: World, path: str, query: dict[str, str]) -> None:
    """One connection: notices, the last lines, then new ones while ``follow``."""
    token = handler.headers.get("Authorization", "").removeprefix("Bearer ")
    match = _CONSOLE.match(path)
    if token not in world.tokens:
        return handler.say(401, {"error": "the token is not one of getAuthtoken"})
    with world.guard:
        if world.faults.take("stream_throttled"):
            return handler.say(429, {}, **{"Retry-After": "1"})
        app = world.apps.get((match[1].lower(), match[2])) if match else None
        revision = (
            next((one for one in app.revisions if match and one.name == match[3]), None) if app else None
        )
    tail = int(query.get("tailLines", "20"))
    if app is None or (match and match[3] and (revision is None or not revision.active)):
        return handler.say(404, {})
    if not 0 <= tail <= 300:
        return handler.say(400, {"error": "tailLines must be 0 to 300"})
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    return _Sender(handler, world).send(app, revision, tail, follow=query.get("follow") == "true")


class _Sender:
    def __init__(self, handler: Handler, world: World) -> None:
        self._handler = handler
        self._world = world
        self._sent = 0

    def send(self, app: App, revision: Revision | None, tail: int, *, follow: bool) -> None:
        if revision is not None:
            self._write(
                [
                    {
                        "TimeStamp": self._world.now().isoformat(),
                        "Log": "Connecting to the container 'agent'...",
                    }
                ]
            )
        with self._world.guard:
            lines = _lines(app, revision)
            at = len(lines)
        if not self._write(lines[max(0, at - tail) :]):
            return
        idle = 0
        while follow and idle < 400:
            with self._world.guard:
                gone = revision is not None and not revision.active
                fresh = _lines(app, revision, at)
            at += len(fresh)
            if not self._write(fresh):
                return
            if gone or self._world.apps.get((app.group.lower(), app.name)) is not app:
                break
            idle = 0 if fresh else idle + 1
            time.sleep(0.005)
        self._handler.wfile.write(b"0\r\n\r\n")

    def _write(self, lines: list[Body]) -> bool:
        """False once the stream was cut, as it is told to be after so many lines."""
        cut = self._world.faults.stream_cut
        data = b""
        for line in lines:
            if cut and self._sent >= cut:
                self._flush(data)
                self._handler.close_connection = True
                self._handler.connection.shutdown(2)
                return False
            data += json.dumps(line).encode() + b"\n"
            self._sent += 1
        self._flush(data)
        return True

    def _flush(self, data: bytes) -> None:
        if data:
            self._handler.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            self._handler.wfile.flush()


def _lines(app: App, revision: Revision | None, start: int = 0) -> list[Body]:
    if revision is None:
        return [{"TimeStamp": when.isoformat(), **event} for when, event in app.events[start:]]
    return [{"TimeStamp": when.isoformat(), "Log": text} for when, text in revision.lines[start:]]


def history(world: World, body: Any) -> Body:
    """The answer to a query; understands the words that are asked here and refuses others."""
    query = str(body["query"])
    table = query.partition("\n")[0].strip()
    app = re.search(r'ContainerAppName_s == "([a-z0-9-]+)"', query)
    assert table in {"ContainerAppConsoleLogs_CL", "ContainerAppSystemLogs_CL"}, query
    assert app, query
    since = re.search(r"TimeGenerated >= datetime\(([^)]+)\)", query)
    until = re.search(r"TimeGenerated < datetime\(([^)]+)\)", query)
    take = re.search(r"take (\d+)", query)
    with world.guard:
        rows = [one for one in world.history if one[1] == app[1]]
    rows = [one for one in rows if not since or one[0] >= _time(since[1])]
    rows = [one for one in rows if not until or one[0] < _time(until[1])]
    rows.sort(key=lambda one: one[0], reverse=True)
    columns = [
        ("TimeGenerated", "datetime"),
        ("Log_s", "string"),
        ("RevisionName_s", "string"),
        ("Replica", "string"),
    ]
    cells = [[one[0].isoformat(), one[3], "", one[2]] for one in rows[: int(take[1]) if take else None]]
    answer: Body = {
        "tables": [
            {
                "name": "PrimaryResult",
                "columns": [{"name": name, "type": kind} for name, kind in columns],
                "rows": cells,
            }
        ]
    }
    if world.faults.partial_history:
        answer["error"] = {
            "code": "PartialError",
            "message": "There were some errors when processing your query.",
        }
    return answer


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))

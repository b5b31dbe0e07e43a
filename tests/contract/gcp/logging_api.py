"""Cloud Logging: the history by pages, and the tail as a stream that ends."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime

from google.cloud.logging_v2.types import LogEntry
from google.cloud.logging_v2.types import logging as types

from tests.contract.gcp.faults import Refusal, invalid
from tests.contract.gcp.model import request_flaws
from tests.contract.gcp.world import World

_CLAUSE = re.compile(r"""([A-Za-z_.]+)\s*(=|>=)\s*(\(.*\)|"[^"]*")""")


class LoggingApi:
    """google.logging.v2 LoggingServiceV2."""

    def __init__(self, world: World) -> None:
        self.world = world

    def list_log_entries(self, request: types.ListLogEntriesRequest) -> types.ListLogEntriesResponse:
        """What is there by now; a page may be empty and still not be the last."""
        flaws = request_flaws(types.ListLogEntriesRequest.pb(request))
        if request.order_by not in {"", "timestamp asc", "timestamp desc"}:
            flaws.append("orderBy must be timestamp asc or timestamp desc")
        if flaws:
            raise invalid(*flaws)
        fits = compiled(request.filter)
        empty, _, start = (request.page_token or "0:0").partition(":")
        if int(empty) < self.world.behaviour.empty_pages:
            return types.ListLogEntriesResponse(next_page_token=f"{int(empty) + 1}:{start}")
        found = [entry for entry in self.world.logs if fits(entry)]
        if request.order_by == "timestamp desc":
            found.reverse()
        size, at = min(request.page_size or 50, 1000), int(start)
        more = at + size < len(found)
        return types.ListLogEntriesResponse(
            entries=found[at : at + size], next_page_token=f"{empty}:{at + size}" if more else ""
        )

    def tail(
        self, requests: Iterator[types.TailLogEntriesRequest], alive: Callable[[], bool]
    ) -> Iterator[types.TailLogEntriesResponse]:
        """What comes from now on, for as long as the asking side stays open and the session lasts."""
        world = self.world
        request = next(requests)
        flaws = request_flaws(types.TailLogEntriesRequest.pb(request))
        if flaws:
            raise invalid(*flaws)
        fits = compiled(request.filter)
        closed = threading.Event()
        threading.Thread(target=lambda: ([*_until_closed(requests)], closed.set()), daemon=True).start()
        with world.lock:
            at = len(world.logs)
        sent, ends = 0, time.monotonic() + world.behaviour.tail_seconds
        while alive() and not closed.is_set():
            with world.lock:
                world.lock.wait(0.02)
                fresh, at = [entry for entry in world.logs[at:] if fits(entry)], len(world.logs)
                left_out = min(world.behaviour.tail_suppresses, len(fresh))
                world.behaviour.tail_suppresses -= left_out
            room = world.behaviour.tail_entries - sent
            kept = fresh[left_out:][:room]
            sent += len(kept)
            for start in range(0, len(kept), 500):
                yield types.TailLogEntriesResponse(entries=kept[start : start + 500])
            if left_out:
                info = types.TailLogEntriesResponse.SuppressionInfo(reason=1, suppressed_count=left_out)
                yield types.TailLogEntriesResponse(suppression_info=[info])
            if time.monotonic() >= ends or len(fresh) - left_out > len(kept):
                raise Refusal(
                    "OUT_OF_RANGE",
                    "Session has run for the maximum allowed duration of 1h. To continue, start a new "
                    "session with the same request.",
                )


def compiled(text: str) -> Callable[[LogEntry], bool]:
    """The part of the query language that is used here; anything else is refused."""
    tests: list[Callable[[LogEntry], bool]] = []
    for clause in _split(text):
        match = _CLAUSE.fullmatch(clause.strip())
        if match is None:
            raise invalid(f"filter: Unparseable filter: {clause}")
        tests.append(_test(match[1], match[2], re.findall(r'"([^"]*)"', match[3])))
    return lambda entry: all(test(entry) for test in tests)


def _split(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for at, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0 and text.startswith(" AND ", at):
            parts.append(text[start:at])
            start = at + 5
    return [*parts, text[start:]]


def _test(field: str, sign: str, values: list[str]) -> Callable[[LogEntry], bool]:
    if field == "timestamp" and sign == ">=":
        since = datetime.fromisoformat(values[0].replace("Z", "+00:00")).timestamp()
        return lambda entry: entry.timestamp.timestamp() >= since
    if sign != "=":
        raise invalid(f"filter: {field}{sign}")
    if field == "logName":
        return lambda entry: entry.log_name in values
    if field == "resource.type":
        return lambda entry: entry.resource.type in values
    if field.startswith("resource.labels."):
        name = field.rpartition(".")[2]
        return lambda entry: entry.resource.labels.get(name) in values
    raise invalid(f"filter: unknown field {field}")


def _until_closed(requests: Iterator[types.TailLogEntriesRequest]) -> Iterator[object]:
    try:
        yield from requests
    except Exception:
        return  # the asking side was cancelled

"""Cloud Logging: the history by pages, and the tail as a stream that ends."""

from __future__ import annotations

import re
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from google.cloud.logging_v2.types import logging as types

from tests.contract.gcp.faults import Refusal, invalid
from tests.contract.gcp.model import request_flaws
from tests.contract.gcp.world import Said, World

_CLAUSE = re.compile(r"""([A-Za-z_.]+)\s*(=|>=)\s*(\(.*\)|"[^"]*")""")


class LoggingApi:
    """google.logging.v2 LoggingServiceV2."""

    def __init__(self, world: World) -> None:
        self.world = world

    def list_log_entries(self, request: types.ListLogEntriesRequest) -> Any:
        """What is there by now; a page may be empty and still not be the last."""
        flaws = request_flaws(types.ListLogEntriesRequest.pb(request))
        if request.order_by not in {"", "timestamp asc", "timestamp desc"}:
            flaws.append("orderBy must be timestamp asc or timestamp desc")
        if flaws:
            raise invalid(*flaws)
        since, fits = compiled(request.filter)
        logs = self.world.logs
        first = bisect_left(logs, since, key=lambda said: said.at)
        down = request.order_by == "timestamp desc"
        empty, _, start = (request.page_token or f"0:{len(logs) - 1 if down else first}").partition(":")
        made = types.ListLogEntriesResponse.pb()()
        if int(empty) < self.world.behaviour.empty_pages:
            made.next_page_token = f"{int(empty) + 1}:{start}"
            return made
        size, at = min(request.page_size or 50, 1000), int(start)
        while first <= at < len(logs) and len(made.entries) < size:
            if fits(logs[at]):
                made.entries.append(logs[at].entry)
            at += -1 if down else 1
        if first <= at < len(logs):
            made.next_page_token = f"{empty}:{at}"
        return made

    def tail(
        self, requests: Iterator[types.TailLogEntriesRequest], alive: Callable[[], bool]
    ) -> Iterator[Any]:
        """What comes from now on, for as long as the asking side stays open and the session lasts."""
        world = self.world
        request = next(requests)
        flaws = request_flaws(types.TailLogEntriesRequest.pb(request))
        if flaws:
            raise invalid(*flaws)
        _, fits = compiled(request.filter)
        closed = threading.Event()
        threading.Thread(target=lambda: ([*_until_closed(requests)], closed.set()), daemon=True).start()
        with world.lock:
            at = len(world.logs)
        sent, ends = 0, time.monotonic() + world.behaviour.tail_seconds
        while alive() and not closed.is_set():
            with world.lock:
                world.lock.wait(0.02)
                fresh, at = [said.entry for said in world.logs[at:] if fits(said)], len(world.logs)
                left_out = min(world.behaviour.tail_suppresses, len(fresh))
                world.behaviour.tail_suppresses -= left_out
            room = world.behaviour.tail_entries - sent
            kept = fresh[left_out:][:room]
            sent += len(kept)
            for start in range(0, len(kept), 500):
                yield types.TailLogEntriesResponse.pb()(entries=kept[start : start + 500])
            if left_out:
                info = types.TailLogEntriesResponse.SuppressionInfo(reason=1, suppressed_count=left_out)
                yield types.TailLogEntriesResponse.pb(types.TailLogEntriesResponse(suppression_info=[info]))
            if time.monotonic() >= ends or len(fresh) - left_out > len(kept):
                raise Refusal(
                    "OUT_OF_RANGE",
                    "Session has run for the maximum allowed duration of 1h. To continue, start a new "
                    "session with the same request.",
                )


def compiled(text: str) -> tuple[int, Callable[[Said], bool]]:
    """From when (nanoseconds), and what fits; of the query language only what is used here."""
    tests: list[Callable[[Said], bool]] = []
    since = 0
    for clause in _split(text):
        match = _CLAUSE.fullmatch(clause.strip())
        if match is None:
            raise invalid(f"filter: Unparseable filter: {clause}")
        values = re.findall(r'"([^"]*)"', match[3])
        if (match[1], match[2]) == ("timestamp", ">="):
            moment = datetime.fromisoformat(values[0].replace("Z", "+00:00"))
            since = max(since, int(moment.timestamp() * 1_000_000) * 1000)
        else:
            tests.append(_test(match[1], match[2], values))
    return since, lambda said: all(test(said) for test in tests)


def _split(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for at, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0 and text.startswith(" AND ", at):
            parts.append(text[start:at])
            start = at + 5
    return [*parts, text[start:]]


def _test(field: str, sign: str, values: list[str]) -> Callable[[Said], bool]:
    if sign != "=":
        raise invalid(f"filter: {field}{sign}")
    if field == "logName":
        return lambda said: said.name in values
    if field == "resource.type":
        return lambda said: "cloud_run_revision" in values
    if field.startswith("resource.labels."):
        name = field.rpartition(".")[2]
        return lambda said: said.labels.get(name) in values
    raise invalid(f"filter: unknown field {field}")


def _until_closed(requests: Iterator[types.TailLogEntriesRequest]) -> Iterator[object]:
    try:
        yield from requests
    except Exception:
        return  # the asking side was cancelled

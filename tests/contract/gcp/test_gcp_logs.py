"""Logs with the real SDK: in order, none twice, none lost, over sessions that end and lines that are cut."""

from __future__ import annotations

import threading
import time
import tracemalloc
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest

from holodeck_tui.core.errors import Cancelled
from holodeck_tui.deployers.base import LogLine, LogQuery
from holodeck_tui.deployers.gcp import logs
from tests.contract.gcp.agents import SERVICE, Bench
from tests.contract.gcp.server import Cloud

pytestmark = pytest.mark.contract

REVISION = "holodeck-tester-00001-abc"


def say(google: Cloud, *lines: str, stream: str = "stdout") -> None:
    google.world.log(SERVICE, REVISION, *lines, stream=stream)


def read(bench: Bench, **query: object) -> Iterator[LogLine]:
    from holodeck_tui.core.values import ServiceRef

    ref = ServiceRef("gcp", SERVICE, "holodeck-tester", "gcp:x/y", "tester")
    return bench.deployer.stream_logs(ref, LogQuery(**query), bench.ctx)  # type: ignore[arg-type]


class Follower:
    """Reads in a thread of its own, as a front end does."""

    def __init__(self, bench: Bench, **query: object) -> None:
        self.texts: list[str] = []
        self.error: BaseException | None = None
        self.bench = bench
        self._thread = threading.Thread(target=self._read, kwargs=query, daemon=True)
        self._thread.start()

    def _read(self, **query: object) -> None:
        try:
            for line in read(self.bench, follow=True, **query):
                self.texts.append(line.text)
        except BaseException as error:
            self.error = error

    def wait(self, count: int, seconds: float = 20.0) -> None:
        ends = time.monotonic() + seconds
        while len(self.texts) < count and time.monotonic() < ends and self._thread.is_alive():
            time.sleep(0.01)

    def stop(self) -> None:
        self.bench.cancel.cancel()
        self._thread.join(5)
        assert not self._thread.is_alive()
        assert isinstance(self.error, Cancelled)


def test_history_in_order_by_pages_and_past_empty_ones(google: Cloud, bench: Bench) -> None:
    say(google, *(f"line {number}" for number in range(2500)))
    google.world.control({"empty_pages": 2})
    assert [one.text for one in read(bench)] == [f"line {number}" for number in range(2500)]


def test_the_last_lines(google: Cloud, bench: Bench) -> None:
    say(google, *(f"line {number}" for number in range(30)), "two\nlines")
    assert [one.text for one in read(bench, tail=3)] == ["line 29", "two", "lines"]
    assert [*read(bench, tail=0)] == []


def test_since(google: Cloud, bench: Bench) -> None:
    say(google, "early")
    time.sleep(0.05)
    then = datetime.now(timezone.utc)
    say(google, "late")
    assert [one.text for one in read(bench, since=then)] == ["late"]
    assert [*read(bench, since=then + timedelta(hours=1))] == []


def test_the_systems_own_lines_only_when_asked_for(google: Cloud, bench: Bench) -> None:
    say(google, "mine")
    say(google, "Default STARTUP HTTP probe succeeded", stream="varlog/system")
    assert [one.text for one in read(bench)] == ["mine"]
    assert len([*read(bench, system=True)]) == 2


def test_structured_lines_show_their_message(google: Cloud, bench: Bench) -> None:
    say(google, "x", "y")
    for entry, payload in zip(
        google.world.logs, ({"message": "said so", "level": 1}, {"a": [1]}), strict=True
    ):
        entry.entry.json_payload.update(payload)
    assert [one.text for one in read(bench)] == ["said so", '{"a": [1.0]}']


def test_it_follows_what_comes(google: Cloud, bench: Bench) -> None:
    say(google, "before")
    follower = Follower(bench)
    follower.wait(1)
    say(google, "after", "and after")
    follower.wait(3)
    follower.stop()
    assert follower.texts == ["before", "after", "and after"]


def test_what_is_there_already_is_shown_before_anything_new_comes(google: Cloud, bench: Bench) -> None:
    say(google, "before")
    began = time.monotonic()
    follower = Follower(bench)
    follower.wait(1)
    assert time.monotonic() - began < 5
    follower.stop()


def test_a_session_that_ends_and_a_cut_line_lose_and_repeat_nothing(
    google: Cloud, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "_FIRST_PAUSE", 0.05)
    google.world.control({"tail_seconds": 0.15, "tail_suppresses": 3})
    follower = Follower(bench, tail=0)
    time.sleep(0.1)
    for number in range(100):
        if number == 40:
            google.world.control({"fail": {"method": "TailLogEntries", "times": 2}})
        if number == 60:
            google.world.control({"fail": {"method": "ListLogEntries", "code": "RESOURCE_EXHAUSTED",
                                           "message": "Quota exceeded: requests per minute"}})  # fmt: skip
        say(google, f"line {number}")
        time.sleep(0.01)
    follower.wait(100)
    follower.stop()
    assert google.world.calls["TailLogEntries"] > 3
    assert follower.texts == [f"line {number}" for number in range(100)]


@pytest.mark.slow
def test_fifty_thousand_lines_over_many_sessions_in_level_memory(
    google: Cloud, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour's worth of reconnects, faster: each session ends after 200 entries."""
    monkeypatch.setattr(logs, "_FIRST_PAUSE", 0.01)
    # The clock runs faster too: what is looked at again after a cut shrinks with it.
    monkeypatch.setattr(logs, "_OVERLAP", timedelta(seconds=0.2))
    google.world.control({"tail_entries": 200})
    total, batch = 50_000, 250
    seen = 0
    wrong: list[str] = []
    heaps: list[int] = []

    def speak() -> None:
        for start in range(0, total, batch):
            say(google, *(f"line {number}" for number in range(start, start + batch)))
            # Faster than any agent, and not faster than this machine can read.
            while start - seen > 300:
                time.sleep(0.005)

    say(google, "go")
    speaker = threading.Thread(target=speak, daemon=True)
    for line in read(bench, follow=True, tail=1):
        if line.text == "go":
            speaker.start()
            continue
        if line.text != f"line {seen}":
            wrong.append(f"{line.text} in the place of line {seen}")
            break
        seen += 1
        if seen == total - 10_000:
            tracemalloc.start()  # which makes all of it several times slower
        if seen > total - 10_000 and seen % 2_000 == 0:
            own = tracemalloc.take_snapshot().filter_traces((tracemalloc.Filter(True, logs.__file__),))
            heaps.append(sum(one.size for one in own.statistics("filename")))
        if seen == total:
            break
    tracemalloc.stop()
    assert wrong == []
    assert seen == total
    sessions = google.world.calls["TailLogEntries"]
    print(f"50,000 lines over {sessions} sessions")
    assert sessions >= 10
    assert heaps[-1] < heaps[0] * 1.5 + 400_000, heaps

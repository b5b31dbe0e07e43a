"""Where a log stream was read to: after any cut no line is lost and none comes twice."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holodeck_tui.deployers.azure.streams import Cursor, parse_line, parse_time
from holodeck_tui.deployers.base import LogLine

pytestmark = pytest.mark.unit
BEGIN = datetime(2026, 1, 1, tzinfo=timezone.utc)
# Steps of 0 are lines with the same time, as a container prints them in a burst; texts repeat too.
STEPS = st.lists(st.tuples(st.integers(0, 2), st.sampled_from("ab")), max_size=60)


@given(STEPS, st.lists(st.integers(0, 59), max_size=8), st.integers(1, 30))
def test_cuts_anywhere(steps: list[tuple[int, str]], cuts: list[int], tail: int) -> None:
    moment, lines = BEGIN, []
    for step, text in steps:
        moment += timedelta(microseconds=step)
        lines.append(LogLine(text, moment))
    cursor, read, at = Cursor(), [], 0
    for cut in [*sorted(cuts), len(lines)]:
        end = min(cut, len(lines))
        if end < at:
            continue
        # A new connection begins with lines that were read already, all those of the last time among them.
        start = max(0, at - tail)
        while start and lines[start - 1].timestamp == (lines[at - 1].timestamp if at else None):
            start -= 1
        cursor.resume()
        read += [line for line in lines[start:end] if cursor.is_new(line)]
        at = end
    assert read == lines


def test_more_lines_than_are_kept_are_noticed() -> None:
    cursor = Cursor()
    assert cursor.is_new(LogLine("a", BEGIN))
    cursor.resume()
    assert cursor.is_new(LogLine("z", BEGIN + timedelta(seconds=9)))
    assert cursor.gap


def test_lines_as_the_service_sends_them() -> None:
    line = parse_line('{"TimeStamp":"2026-01-01T00:00:00.1234567+00:00","Log":"hello\\n"}', "one")
    assert line == LogLine("hello", BEGIN + timedelta(microseconds=123456), "one")
    assert (
        parse_line('{"TimeStamp":"2026-01-01T00:00:00","Log":"Connecting to the container \'x\'..."}', "")
        is None
    )
    event = parse_line(
        '{"TimeStamp":"2026-01-01T00:00:00Z","Reason":"Pulled","Msg":"done","RevisionName":"r"}', ""
    )
    assert event == LogLine("r Pulled done", BEGIN, "")
    assert parse_line("no JSON at all", "one") == LogLine("no JSON at all", None, "one")
    assert parse_line("[1, 2]", "one") == LogLine("[1, 2]", None, "one")
    assert parse_line("", "one") is None


@pytest.mark.parametrize(
    "text",
    ["2026-01-01T00:00:00", "2026-01-01 00:00:00Z", "2026-01-01T01:00:00+0100", "2026-01-01T01:00:00+01:00"],
)
def test_times_in_every_spelling(text: str) -> None:
    assert parse_time(text) == BEGIN


@given(st.text())
def test_no_line_breaks_the_reading(text: str) -> None:
    parse_line(text, "one")
    parse_time(text)

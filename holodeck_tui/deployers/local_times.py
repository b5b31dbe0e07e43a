"""Times in logs: the engine's nanoseconds and our own microseconds, both RFC 3339."""

from __future__ import annotations

import re
from datetime import datetime

# docs.docker.com/engine/api: RFC 3339 with up to nine digits, in UTC or with an offset.
_STAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")


def parse_time(text: str | None) -> datetime | None:
    """An aware time in microseconds; None for anything else, and for the engine's "never" (year 1)."""
    match = _STAMP.fullmatch(text or "")
    if match is None or match[1].startswith("0001-"):
        return None
    fraction = (match[2] or "").ljust(6, "0")[:6]
    zone = "+00:00" if match[3] == "Z" else match[3]
    try:
        return datetime.fromisoformat(f"{match[1]}.{fraction}{zone}")
    except ValueError:
        return None


def split_time(line: str) -> tuple[datetime | None, str]:
    """The time a log line starts with, and the rest; (None, line) where it starts with none."""
    stamp, _, text = line.partition(" ")
    moment = parse_time(stamp)
    return (None, line) if moment is None else (moment, text)

"""One container's log stream: read, taken up again after every cut, no line twice and none lost."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.base import LogLine
from holodeck_tui.image.endpoints import check_safe
from holodeck_tui.image.reference import is_loopback

# The service sends so many earlier lines at most (az containerapp logs show --tail).
MOST_LINES = 300
# An idle stream is opened anew after so many seconds: a cut that nobody announced looks the same.
_IDLE_SECONDS = 60.0
_LONGEST_PAUSE = 15.0
# What the service says of itself at the beginning of every stream.
_NOTICE = re.compile(r"(?:Connecting to the container|Successfully Connected to container)\b")
_STAMP = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(\.\d+)?\s*(Z|[+-]\d\d:?\d\d)?")


@dataclass(frozen=True)
class Source:
    """A stream: its address, what to ask for a token, and the name its lines carry."""

    url: str
    token: Callable[[bool], str]
    name: str


class Ended(Exception):
    """The stream is no more: its replica is gone."""


class Cursor:
    """Knows how far a stream was read; memory does not grow with the lines."""

    def __init__(self) -> None:
        self._last: datetime | None = None
        self._at_last: Counter[str] = Counter()
        self._replayed: Counter[str] | None = None
        self.gap = False

    def resume(self) -> None:
        """The stream was opened again: it begins with lines that were read already."""
        self._replayed = Counter() if self._last is not None else None

    def is_new(self, line: LogLine) -> bool:
        """Whether the line was not read before. Lines of one stream come in the order of their times."""
        if line.timestamp is None:
            return self._replayed is None
        if self._last is None or line.timestamp > self._last:
            # The first line again should have been an old one; if not, more came than the service keeps.
            self.gap = self.gap or (
                self._replayed is not None and not self._replayed and self._last is not None
            )
            self._last, self._at_last, self._replayed = line.timestamp, Counter({line.text: 1}), None
            return True
        if self._replayed is not None:
            if line.timestamp < self._last:
                self._replayed[""] += 1
                return False
            self._replayed[line.text] += 1
            if self._replayed[line.text] <= self._at_last[line.text]:
                return False
        elif line.timestamp < self._last:
            return True
        self._at_last[line.text] += 1
        return True


def read_once(source: Source, ctx: Context, *, follow: bool, tail: int) -> Iterator[LogLine]:
    """The lines of one connection. Raises ``Ended``, ``throttled``, ``network`` or what refuses us."""
    import httpx

    check_safe(source.url, "The log stream")
    params: dict[str, str] = {"follow": str(follow).lower(), "output": "json", "tailLines": str(tail)}
    timeout = httpx.Timeout(_IDLE_SECONDS if follow else 20.0, connect=10.0)
    trust = not is_loopback(source.url.partition("//")[2].partition("/")[0])
    try:
        with httpx.Client(timeout=timeout, trust_env=trust, follow_redirects=False) as client:
            for again in (False, True):
                headers = {"Authorization": f"Bearer {source.token(again)}"}
                with client.stream("GET", source.url, params=params, headers=headers) as answer:
                    if answer.status_code == 401 and not again:
                        continue
                    _check(answer.status_code, answer.headers, source)
                    for raw in answer.iter_lines():
                        line = parse_line(raw, source.name)
                        if line is not None:
                            yield line
                    return
    except httpx.ReadTimeout:
        return
    except httpx.HTTPError as error:
        raise DeploymentError(
            "network",
            "The log stream was cut.",
            reason=ctx.redactor.clean(str(error)) or type(error).__name__,
            remedy="holodeck-deploy-tui logs",
        ) from error


def follow(source: Source, ctx: Context, cursor: Cursor, *, base: float = 0.2) -> Iterator[LogLine]:
    """New lines until the replica is gone or somebody says stop; opened again after every cut."""
    pause = base
    while not ctx.cancel.cancelled:
        try:
            for line in read_once(source, ctx, follow=True, tail=MOST_LINES):
                pause = base
                if cursor.is_new(line):
                    yield line
        except Ended:
            return
        except DeploymentError as error:
            if error.code not in {"network", "throttled"}:
                raise
            if error.code == "throttled":
                pause = max(pause, float(error.details[0]) if error.details else 1.0)
        cursor.resume()
        ctx.cancel.sleep(pause)
        pause = min(_LONGEST_PAUSE, pause * 2)


def parse_line(raw: str, name: str) -> LogLine | None:
    """``{"TimeStamp": …, "Log": …}`` (an event: ``Msg``), or the line itself; None for what is no log."""
    text = raw.strip("\r\n")
    if not text:
        return None
    try:
        data: Any = json.loads(text)
    except ValueError:
        data = None
    if not isinstance(data, dict) or not ({"Log", "Msg"} & data.keys()):
        return LogLine(text, None, name)
    log = str(data.get("Log") if "Log" in data else _event(data))
    if _NOTICE.match(log):
        return None
    return LogLine(log.rstrip("\r\n"), parse_time(str(data.get("TimeStamp") or "")), name)


def parse_time(text: str) -> datetime | None:
    """Azure's times: any number of digits after the second, and UTC where no zone is said."""
    match = _STAMP.search(text)
    if not match:
        return None
    fraction = f"{(match[2] or '.0')[1:7]:0<6}"
    zone = (match[3] or "Z").replace("Z", "+00:00")
    zone = zone if ":" in zone else f"{zone[:3]}:{zone[3:]}"
    stamp = datetime.fromisoformat(f"{match[1].replace(' ', 'T')}.{fraction}{zone}")
    return stamp.astimezone(timezone.utc)


def _event(data: Mapping[str, Any]) -> str:
    parts = (data.get("RevisionName"), data.get("Reason"), data.get("Msg"))
    return " ".join(str(part) for part in parts if part)


def _check(status: int, headers: Mapping[str, str], source: Source) -> None:
    if status == 200:
        return
    if status == 404:
        raise Ended
    if status == 429:
        wait = headers.get("retry-after", "")
        raise DeploymentError(
            "throttled",
            "The log stream asks to slow down.",
            reason="too many streams are open",
            remedy="Wait a minute and try again.",
            details=[wait] if wait.isdigit() else [],
        )
    refused = status in {401, 403}
    raise DeploymentError(
        "permission-denied" if refused else "network",
        f"The log of {source.name} cannot be read.",
        reason=f"the log stream answered HTTP {status}",
        remedy="az role assignment create --role Contributor --assignee YOU --scope GROUP"
        if refused
        else "Try again later.",
    )

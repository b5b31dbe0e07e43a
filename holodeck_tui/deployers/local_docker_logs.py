"""A container's log with the engine's own times, put together from the pieces the engine sends."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.errors import Cancelled
from holodeck_tui.deployers.base import LogLine
from holodeck_tui.deployers.local_docker_errors import translated
from holodeck_tui.deployers.local_times import parse_time

if TYPE_CHECKING:
    from docker import DockerClient
    from holodeck_tui.image.engine import Engine

# The engine cuts longer lines into pieces of this size, each with a time of its own.
_LONGEST = 4 * 1024 * 1024


def history(
    client: DockerClient, name: str, source: str, since: datetime | None, tail: int | None
) -> Iterator[LogLine]:
    """The lines until now."""
    from docker.errors import NotFound

    with translated(f"The log of {name} could not be read."), contextlib.suppress(NotFound):
        if tail is not None:
            lines: Iterable[LogLine] = _last(client, name, source, since, tail)
        else:
            pieces = client.api.logs(name, stream=True, follow=False, **_options(since, None))
            lines = assemble(pieces, source)
        for line in lines:
            if since is None or line.timestamp is None or line.timestamp >= since:
                yield line


def _last(client: DockerClient, name: str, source: str, since: datetime | None, tail: int) -> list[LogLine]:
    """The engine counts pieces of long lines as lines: ask for more until there are enough whole ones."""
    ask = tail + 1
    while True:
        pieces = list(client.api.logs(name, stream=True, follow=False, **_options(since, ask)))
        lines = list(assemble(pieces, source))
        # The first may be the rest of a line that was cut.
        if len(pieces) < ask or len(lines) > tail:
            return lines[-tail:] if tail else []
        ask *= 4


def follow(
    engine: Engine, name: str, source: str, since: datetime | None, stop: CancelToken
) -> Iterator[LogLine]:
    """The lines from ``since`` on, until the container ends, the engine goes away or ``stop`` is set."""
    from docker.errors import NotFound

    # Of its own: cutting this stream must not cut anything else.
    client = engine.open()
    forget = None
    try:
        with (
            translated(f"The log of {name} could not be followed."),
            contextlib.suppress(NotFound, Cancelled),
        ):
            stop.check()
            stream = client.api.logs(name, stream=True, follow=True, **_options(since, None))
            forget = stop.on_cancel(lambda: _cut(stream))
            yield from assemble(stream, source)
    finally:
        if forget is not None:
            forget()
        client.close()


def assemble(pieces: Iterable[bytes], source: str) -> Iterator[LogLine]:
    """Lines out of pieces. A piece without a newline at its end goes on in the next one."""
    text, moment = b"", None
    for piece in pieces:
        for part in _split(piece):
            stamp, _, rest = part.partition(b" ")
            when = parse_time(stamp.decode("ascii", "replace"))
            moment = moment or when
            text += part if when is None else rest
            if text.endswith(b"\n") or len(text) > _LONGEST:
                yield _line(text, moment, source)
                text, moment = b"", None
    if text:
        yield _line(text, moment, source)


def _split(piece: bytes) -> list[bytes]:
    # A carriage return ends no line.
    parts = piece.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _line(text: bytes, moment: datetime | None, source: str) -> LogLine:
    return LogLine(text.decode("utf-8", "replace").rstrip("\r\n"), moment, source)


def _options(since: datetime | None, tail: int | None) -> dict[str, Any]:
    options: dict[str, Any] = {"stdout": True, "stderr": True, "timestamps": True}
    if since is not None:
        # A float holds microseconds only nearly; what comes twice is dropped by who reads.
        options["since"] = max(0.001, since.timestamp() - 0.001)
    if tail is not None:
        options["tail"] = tail
    return options


def _cut(stream: Any) -> None:
    with contextlib.suppress(Exception):
        stream.close()

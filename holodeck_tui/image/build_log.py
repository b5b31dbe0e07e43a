"""The messages of an engine's build: lines for people, what it made on the way, how it ended."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import groupby

from holodeck_tui.core.context import Context
from holodeck_tui.image.stream import Message

_KEPT = 20
_MADE = re.compile(r"-{2,3}> ([0-9a-f]{11,64})")
_RUNNING = re.compile(r"---> Running in ([0-9a-f]{12,64})")
_NOISE = re.compile(r"\s*(?:-{2,3}> |Removing intermediate container|\[Warning\] one or more build args)")


class BuildLog:
    """Reads the messages of one build. ``failure`` holds the engine's words when it failed."""

    def __init__(self) -> None:
        self.image_id: str | None = None
        self.failure: str | None = None
        self.images: list[str] = []
        self.containers: list[str] = []
        self.last: deque[str] = deque(maxlen=_KEPT)
        self._rest = ""
        self._cached = False

    def read(self, messages: Iterable[Message], ctx: Context) -> None:
        """Take in a batch and emit its lines, what only explains with ``detail``."""
        lines: list[str] = []
        for message in messages:
            lines.extend(self._lines(message))
        self._emit(lines, ctx)

    def finish(self, ctx: Context) -> None:
        """Emit a last line that did not end."""
        self._emit([self._rest] if self._rest else [], ctx)
        self._rest = ""

    def _lines(self, message: Message) -> Iterator[str]:
        if message.get("error"):
            detail = message.get("errorDetail")
            said = detail.get("message") if isinstance(detail, dict) else None
            self.failure = str(said or message["error"])
        aux = message.get("aux")
        if isinstance(aux, dict) and aux.get("ID"):
            self.image_id = str(aux["ID"])
        text = message.get("stream")
        if not isinstance(text, str):
            text = message.get("status")
            text = f"{text}\n" if isinstance(text, str) else ""
        *whole, self._rest = (self._rest + text).split("\n")
        for line in whole:
            self._note(line)
            yield line

    def _note(self, line: str) -> None:
        running = _RUNNING.search(line)
        if running:
            self.containers.append(running[1])
        elif "Using cache" in line:
            # The next line names an image that an earlier build made.
            self._cached = True
        elif (made := _MADE.search(line)) is not None:
            if not self._cached:
                self.images.append(made[1])
            self._cached = False
        elif line.startswith("Step ") and " : FROM " in line:
            # FROM: what it names is the base.
            self._cached = True

    def _emit(self, lines: list[str], ctx: Context) -> None:
        shown = [line for line in lines if line.strip()]
        self.last.extend(line for line in shown if not _NOISE.match(line))
        for noise, group in groupby(shown, key=lambda line: _NOISE.match(line) is not None):
            ctx.log("build", group, detail=noise)

"""Events as narration on stderr: plain lines in a file or in CI, one moving line on a terminal."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable

import click

from holodeck_tui.core import units
from holodeck_tui.core.events import (
    Event,
    LogLines,
    Notice,
    Progress,
    Result,
    ServiceLog,
    StepFailed,
    StepFinished,
    StepStarted,
    Waiting,
)
from holodeck_tui.headless.ndjson import waiting
from holodeck_tui.headless.streams import Streams

# A line of progress every so many seconds keeps a CI log short and alive.
_PROGRESS_EVERY = 5.0
_ERASE = "\r\x1b[2K"


class Narration:
    """Renders events for people. ``live``: stderr is a terminal and one line may be rewritten.

    Service logs are data and go to stdout. All calls may come from any thread.
    """

    def __init__(
        self,
        streams: Streams,
        *,
        verbose: bool,
        quiet: bool,
        colour: bool,
        live: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._streams = streams
        self._verbose = verbose
        self._quiet = quiet
        self._colour = colour
        self._live = live and not quiet
        self._clock = clock
        self._guard = threading.RLock()
        self._step = ""
        self._now = ""
        self._since = 0.0
        self._shown = 0.0

    def __call__(self, event: Event) -> None:
        """Render one event."""
        with self._guard:
            if isinstance(event, ServiceLog):
                self._wipe()
                self._streams.data(service_line(event))
            elif isinstance(event, Notice):
                self._notice(event)
            elif not self._quiet:
                self._narrate(event)

    def _narrate(self, event: Event) -> None:
        if isinstance(event, StepStarted):
            self._step, self._now, self._since, self._shown = event.step, "", self._clock(), self._clock()
            if not self._live:
                self._say(f"{event.step}: started")
        elif isinstance(event, LogLines):
            self._now = event.lines[-1]
            if self._verbose or not event.detail:
                for line in event.lines:
                    self._say(f"{event.step}: {line}")
        elif isinstance(event, Waiting):
            self._now = waiting(event)
            if not self._live:
                self._say(f"{event.step}: {self._now}")
        elif isinstance(event, Progress):
            self._progress(event)
        elif isinstance(event, StepFinished):
            self._step = ""
            word = click.style(
                "skipped" if event.skipped else "done", fg="yellow" if event.skipped else "green"
            )
            took = "" if event.skipped else f" in {event.seconds:.1f} s"
            self._say(f"{event.step}: {word}{took}" + (f" ({event.detail})" if event.detail else ""))
        elif isinstance(event, StepFailed):
            self._step = ""
            self._say(f"{event.step}: {click.style('failed', fg='red')}")
        self.tick()

    def _progress(self, event: Progress) -> None:
        if event.id != "total" or event.total <= 0:
            return
        percent = min(100, event.current * 100 // event.total)
        self._now = f"{percent} % of {units.size(event.total)}"
        now = self._clock()
        if not self._live and now - self._shown >= _PROGRESS_EVERY:
            self._shown = now
            self._say(f"{event.step}: {self._now}")

    def _notice(self, event: Notice) -> None:
        if self._quiet:
            return
        if event.level == "warning":
            self._say(click.style("Warning: ", fg="yellow") + event.text)
        else:
            self._say(event.text)

    def result(self, result: Result) -> None:
        """Text has its summary from the command itself."""

    def tick(self) -> None:
        """Redraw the moving line: step, seconds, what goes on."""
        with self._guard:
            if self._live and self._step:
                seconds = int(self._clock() - self._since)
                line = f"{self._step}: {seconds} s" + (f"  {self._now}" if self._now else "")
                width = shutil.get_terminal_size().columns - 1
                self._streams.tell(_ERASE + line[:width], colour=True, end="")

    def close(self) -> None:
        """Take the moving line away."""
        with self._guard:
            self._wipe()
            self._step = ""

    def _say(self, text: str) -> None:
        self._wipe()
        self._streams.tell(text, colour=self._colour)

    def _wipe(self) -> None:
        if self._live:
            self._streams.tell(_ERASE, colour=True, end="")


def service_line(event: ServiceLog) -> str:
    """A line of the service's log with its time, as the target reported it."""
    from holodeck_tui.core.values import rfc3339

    return event.line if event.timestamp is None else f"{rfc3339(event.timestamp)} {event.line}"

"""Bytes sent or fetched by many threads, as one sum that never goes back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from holodeck_tui.core.context import Context
from holodeck_tui.core.events import Progress
from holodeck_tui.core.values import Step

_SECONDS = 0.1


class Meter:
    """Counts parts by name. A part that is sent again after a fault starts over; its bar does not."""

    def __init__(self, ctx: Context, step: Step, clock: Callable[[], float] = time.monotonic) -> None:
        self._ctx = ctx
        self._step: Step = step
        self._clock = clock
        self._guard = threading.Lock()
        self._parts: dict[str, tuple[int, int]] = {}
        self._told = 0.0
        self.sent = 0

    def expect(self, name: str, size: int) -> None:
        """Say that ``size`` bytes of ``name`` will go, before the first one does; once is enough."""
        with self._guard:
            self._parts.setdefault(name, (0, size))

    def add(self, name: str, position: int, count: int) -> None:
        """``count`` more bytes went; ``position`` is how far into the part they reach."""
        with self._guard:
            current, size = self._parts.get(name, (0, position))
            self._parts[name] = (max(current, position), max(size, position))
            self.sent += count
            now = self._clock()
            # The last byte is always told; those between, not more often than eyes can see.
            if position < size and now - self._told < _SECONDS:
                return
            self._told = now
            total = (
                sum(part[0] for part in self._parts.values()),
                sum(part[1] for part in self._parts.values()),
            )
            self._ctx.emit(Progress(self._step, name, *self._parts[name]))
            self._ctx.emit(Progress(self._step, "total", *total))

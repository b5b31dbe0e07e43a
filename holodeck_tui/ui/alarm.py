"""A call at a later moment that can be put off: one moment at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Alarm:
    """The loop's own timer: one of Textual's wakes the whole app at the old moment as well."""

    def __init__(self, call: Callable[[], object]) -> None:
        self._call = call
        self._waiting: asyncio.TimerHandle | None = None

    def ring_in(self, seconds: float | None) -> None:
        """In ``seconds``, and not when it was said before; None: not at all. On the loop's thread."""
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = None
        if seconds is not None:
            self._waiting = asyncio.get_running_loop().call_later(seconds, self._call)

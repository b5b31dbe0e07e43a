"""How long /health of each deployment takes: asked by a few threads at a time, never two rounds at once."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime
from queue import Empty, SimpleQueue

from holodeck_tui.core.context import Context
from holodeck_tui.core.values import Status

# Seconds of a question, questions at once, and beats kept (one a round: the last minute or so).
_PATIENCE, _AT_ONCE, KEPT = 3.0, 6, 12

Ask = Callable[[str, Context], float | None]


def ask_health(url: str, ctx: Context) -> float | None:
    """Milliseconds until /health said that it is healthy; None where it did not."""
    from holodeck_tui.core.probe import probe

    return probe(url, ctx, ready="", timeout=_PATIENCE).beat


class Pulse:
    """Keeps the last beats by URL. :meth:`round` blocks; the rest is for the UI thread."""

    def __init__(self, ask: Ask = ask_health) -> None:
        self._ask = ask
        self._beats: dict[str, deque[float | None]] = {}
        self._told: dict[str, datetime | None] = {}
        self._guard = threading.Lock()

    def beats(self, url: str | None) -> tuple[float | None, ...]:
        """The last ones, oldest first."""
        with self._guard:
            return tuple(self._beats.get(url or "", ()))

    def told(self, status: Status) -> None:
        """Its listing may have asked already."""
        if status.heard is None or not status.url or self._told.get(status.url) == status.checked_at:
            return
        self._told[status.url] = status.checked_at
        self._keep(status.url, status.heard.took_ms)

    def _keep(self, url: str, beat: float | None) -> None:
        with self._guard:
            self._beats.setdefault(url, deque(maxlen=KEPT)).append(beat)

    def round(self, urls: Iterable[str], ctx: Context) -> None:
        """Ask each once. Raises Cancelled."""
        waiting: SimpleQueue[str] = SimpleQueue()
        for url in dict.fromkeys(urls):
            waiting.put(url)

        def work() -> None:
            while not ctx.cancel.cancelled:
                try:
                    url = waiting.get_nowait()
                except Empty:
                    return
                try:
                    beat = self._ask(url, ctx)
                except Exception:  # cancelled, or a URL that is none: the listing tells more
                    beat = None
                self._keep(url, beat)

        crew = min(_AT_ONCE, waiting.qsize())
        threads = [threading.Thread(target=work, name="pulse", daemon=True) for _ in range(crew)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ctx.cancel.check()

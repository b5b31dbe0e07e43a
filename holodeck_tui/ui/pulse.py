"""How long /health of each deployment takes: asked by a few threads at a time, never two rounds at once."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from functools import cache
from queue import Empty, SimpleQueue

from holodeck_tui.core.context import Context

# Seconds of a question, questions at once, and beats kept (one a round: the last minute or so).
_PATIENCE, _AT_ONCE, KEPT = 3.0, 6, 12

Ask = Callable[[str, Context], float | None]


def ask_health(url: str, ctx: Context) -> float | None:
    """Milliseconds until /health said that it is healthy; None where it did not."""
    from holodeck_tui.core.probe import is_loopback, probe

    _warm(is_loopback(url))
    began = time.monotonic()
    answer = probe(url, ctx, ready="", timeout=_PATIENCE)
    took = (time.monotonic() - began) * 1000
    return took if answer.outcome in {"healthy", "degraded"} else None


@cache
def _warm(loopback: bool) -> None:
    """What the first client of a kind takes to import and read is not a deployment's time."""
    from holodeck_tui.core.probe import http_client

    with http_client("http://127.0.0.1" if loopback else "https://example.com", _PATIENCE):
        pass


class Pulse:
    """Keeps the last beats by URL. :meth:`round` blocks; the rest is for the UI thread."""

    def __init__(self, ask: Ask = ask_health) -> None:
        self._ask = ask
        self._beats: dict[str, deque[float | None]] = {}
        self._guard = threading.Lock()

    def beats(self, url: str | None) -> tuple[float | None, ...]:
        """The last ones, oldest first."""
        with self._guard:
            return tuple(self._beats.get(url or "", ()))

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
                with self._guard:
                    self._beats.setdefault(url, deque(maxlen=KEPT)).append(beat)

        crew = min(_AT_ONCE, waiting.qsize())
        threads = [threading.Thread(target=work, name="pulse", daemon=True) for _ in range(crew)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ctx.cancel.check()

"""What the dashboard asks of the deployments in view: how quickly /health answers, and how they are."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.values import Status
from holodeck_tui.ui.backend import background
from holodeck_tui.ui.judging import Judge
from holodeck_tui.ui.pulse import Pulse
from holodeck_tui.ui.rows import Row, key_of

if TYPE_CHECKING:
    from textual.message_pump import MessagePump

    from holodeck_tui.core.context import Context
    from holodeck_tui.ui.backend import Backend

# Seconds at least between two rounds of questions to the same address.
_APART = 8.0


class Asking:
    """One round of each kind at a time, in threads; ``answered`` is called on the thread of ``node``."""

    def __init__(self, node: MessagePump, answered: Callable[[], None]) -> None:
        self._node = node
        self._answered = answered
        self._pulse = Pulse()
        self._judge = Judge()
        self._under_way: dict[str, CancelToken] = {}
        self._beaten: dict[str, float] = {}

    def row(self, status: Status, *, stale: bool) -> Row:
        """``status`` with what is known beyond its listing."""
        self._pulse.told(status)
        return Row(self._judge.completed(status), stale, self._pulse.beats(status.url))

    def again(self) -> None:
        """What was judged is to be judged anew."""
        self._judge.again()

    def close(self) -> None:
        """Nobody wants the answers any more."""
        for token in self._under_way.values():
            token.cancel()

    def beat(self, backend: Backend, rows: Iterable[Row]) -> None:
        """Ask /health of each that was not asked just now, by a round before or by its listing."""
        now = time.monotonic()
        urls = [row.status.url for row in rows if row.status.url and (row.stale or row.status.heard is None)]
        urls = [url for url in urls if now - self._beaten.get(url, -_APART) >= _APART]
        if urls and "beat" not in self._under_way:
            self._beaten.update(dict.fromkeys(urls, now))
            self._round("beat", backend, lambda ctx: self._pulse.round(urls, ctx))

    def judge(self, backend: Backend, rows: Iterable[Row], listed: Iterable[Status]) -> None:
        """Ask about those of ``rows`` whose listing does not tell their state, a few at once."""
        statuses = {key_of(status.ref): status for status in listed}
        keys = dict.fromkeys(row.key for row in rows if not row.stale)
        refs = self._judge.wanted(statuses[key] for key in keys if key in statuses)
        if refs:
            self._round("judge", backend, lambda ctx: self._judge.round(refs, ctx))

    def _round(self, kind: str, backend: Backend, ask: Callable[[Context], None]) -> None:
        if kind in self._under_way:
            return
        token = self._under_way[kind] = CancelToken()

        def work() -> None:
            with backend.asking(token) as ctx:
                ask(ctx)

        def done(_: object) -> None:
            del self._under_way[kind]
            self._answered()

        background(self._node, work, done, done)

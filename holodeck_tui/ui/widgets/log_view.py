"""A view of a log that never freezes and never moves what is read: lines are drawn when seen."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from time import monotonic

from textual import events
from textual.timer import Timer

from holodeck_tui.ui.logs import inbox
from holodeck_tui.ui.logs.choose import Choice, Shown
from holodeck_tui.ui.logs.expression import Expression, TooSlow
from holodeck_tui.ui.logs.inbox import Batch
from holodeck_tui.ui.logs.layout import Layout
from holodeck_tui.ui.logs.store import LogStore
from holodeck_tui.ui.widgets.log_reader import EACH, FIRST, LogReader

# How often lines that came are taken over (seconds), and how many at once: the rest waits for the next time.
_TICK, _AT_ONCE = 0.05, 60_000


class LogView(LogReader):
    """Any thread may :meth:`write`; all else is for the UI thread.

    Nothing that is read moves, whatever arrives and whatever the store lets go.
    """

    DEFAULT_CSS = "LogView { height: 1fr; background: $background; }"

    def __init__(self, *, store: LogStore | None = None, id: str | None = None) -> None:  # noqa: A002
        super().__init__(store=store, id=id)
        self._inbox = inbox.Inbox()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ticks: Timer | None = None
        self._first = 0
        self._begun = 0

    def write(self, batch: Batch) -> None:
        """Hand over lines. Thread-safe and quick; they are shown at the next tick."""
        if self._inbox.put(batch) and self._loop is not None:
            # The loop of an app that has ended shows nothing more.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        if self._loop is not None and self._ticks is not None:
            # Not at once: what several deployments say together is put in the order of its times.
            self._loop.call_later(_TICK, self._ticks.resume)

    def on_mount(self) -> None:
        """Take over what comes."""
        self._loop = asyncio.get_running_loop()
        self._ticks = self.set_interval(_TICK, self.drain)

    def on_unmount(self) -> None:
        """Give the disk back."""
        self.store.close()

    def drain(self) -> None:
        """Take over lines that came, and let the filter go on."""
        looking = self._looking
        self._search_on(EACH)
        if looking is not None and looking.done and looking.found is None:
            self.notify("No more of them in this direction.", markup=False)
        batches, behind = self._inbox.take(_AT_ONCE), not self._shown.complete
        if not batches and not behind:
            if self._ticks is not None and self._looking is None:
                self._ticks.pause()  # a log that is quiet costs nothing
            return
        before = len(self._shown)
        if batches:
            inbox.append(self.store, batches)
        self._filter_on(EACH)
        self._forget()
        self._rows.extend()
        if not self.following and not behind:
            self.unseen += max(0, len(self._shown) - before)
        self._resize()
        if self._awaited is not None and self._awaited < self._shown.done:
            self._to_awaited()
        self.post_message(self.Changed())

    @property
    def searching(self) -> bool:
        """Whether filter or search still look at lines."""
        return self._looking is not None or not self._shown.complete

    def _filter_on(self, seconds: float) -> None:
        try:
            self._shown.extend(monotonic() + seconds)
        except TooSlow:
            assert self.choice.pattern is not None
            self.give_up(self.choice.pattern)

    def give_up(self, expression: Expression) -> None:
        """Neither filter nor search go on with it."""
        super().give_up(expression)
        self._looking = None
        if self.choice.pattern is expression:
            self.choose(replace(self.choice, pattern=None))

    def _forget(self) -> None:
        gone = self.store.first - self._first
        if not gone:
            return
        self._first = self.store.first
        lines = gone if self.choice.everything else self._shown.forget()
        rows = self._rows.forget(lines)
        if not self.following and rows:
            self.scroll_to(y=max(0, self.scroll_y - rows), animate=False, force=True)
        if self.cursor is not None and self.cursor < self.store.first:
            self.cursor = self.mark_from = None

    def choose(self, choice: Choice) -> None:
        """Show other lines; the one that is read stays in view."""
        kept = self.number_in_view()
        self._looking = None
        self._shown = Shown(self.store, choice)
        self._filter_on(FIRST)
        self._wake()
        self._relay(kept)

    def relay(self) -> None:
        """Wrapping, times or the width changed; the line that is read stays in view."""
        self._relay(self.number_in_view())

    def _relay(self, kept: int | None) -> None:
        room = max(8, self.scrollable_content_region.width - self._prefix_width())
        self._rows = Layout(self.store, self._shown, room if self.wrap else None)
        self._rows.extend()
        self._strips.clear()
        self._first = self.store.first
        self._resize()
        self._awaited = None if self.following else kept
        if kept is not None and kept < self._shown.done:
            self._to_awaited()
        self.post_message(self.Changed())

    def on_resize(self, _event: events.Resize) -> None:
        """Wrapped lines are laid out anew."""
        if self.wrap:
            self.relay()
        else:
            self._resize()

    def empty(self) -> None:
        """Begin anew with nothing."""
        self._inbox.clear()
        self.store.close()
        self._begun = self.store.first
        self.unseen = 0
        self.choose(self.choice)
        self.follow()

    @property
    def let_go(self) -> int:
        """How many of the oldest lines had no room any more."""
        return self.store.first - self._begun

"""A view of a log that never freezes and never moves what is read: lines are drawn when seen."""

from __future__ import annotations

import re
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message

from holodeck_tui.ui.logs import finding, inbox
from holodeck_tui.ui.logs.choose import Choice, Shown, plain
from holodeck_tui.ui.logs.inbox import Batch
from holodeck_tui.ui.logs.layout import Layout
from holodeck_tui.ui.logs.store import LogStore
from holodeck_tui.ui.widgets.log_lines import DRAWN, LogLines

# How often lines that came are taken over (seconds), and how many at once: the rest waits for the next time.
_TICK, _AT_ONCE = 0.05, 60_000


class LogView(LogLines, can_focus=True):
    """Any thread may :meth:`write`; all else is for the UI thread.

    While ``following``, the newest line is in view; scrolling up ends it and nothing that is read moves,
    whatever arrives and whatever the store lets go.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup,ctrl+u", "page(-1)", show=False),
        Binding("pagedown,ctrl+d", "page(1)", show=False),
        Binding("home,g", "top", show=False),
        Binding("left", "scroll_left", show=False),
        Binding("right", "scroll_right", show=False),
    ]
    DEFAULT_CSS = "LogView { height: 1fr; background: $background; }"

    class Changed(Message):
        """Lines came, the reader moved, or what is shown changed."""

    def __init__(self, *, store: LogStore | None = None, id: str | None = None) -> None:  # noqa: A002
        super().__init__(store=store, id=id)
        self.following = True
        self.unseen = 0
        self._inbox = inbox.Inbox()
        self._first = 0

    def write(self, batch: Batch) -> None:
        """Hand over lines. Thread-safe and quick; they are shown at the next tick."""
        self._inbox.put(batch)

    def on_mount(self) -> None:
        """Take over what comes."""
        self.set_interval(_TICK, self.drain)

    def on_unmount(self) -> None:
        """Give the disk back."""
        self.store.close()

    def drain(self) -> None:
        """Take over lines that came, and let the filter go on."""
        batches = self._inbox.take(_AT_ONCE)
        if not batches and self._shown.complete:
            return
        before = len(self._shown)
        if batches:
            inbox.append(self.store, batches)
        self._shown.extend()
        self._forget()
        self._rows.extend()
        new = max(0, len(self._shown) - before)
        if not self.following:
            self.unseen += new
        self._resize()
        self.post_message(self.Changed())

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

    def _resize(self) -> None:
        width = 0 if self.wrap else min(self.store.widest, DRAWN) + self._prefix_width()
        size = Size(width, self._rows.rows)
        if size != self.virtual_size:
            self.virtual_size = size
        if self.following:
            self.scroll_to(y=max(0, self._rows.rows - self._height()), animate=False, force=True)
        self.refresh()

    def _height(self) -> int:
        return max(1, self.scrollable_content_region.height)

    def choose(self, choice: Choice) -> None:
        """Show other lines; the one that is read stays in view."""
        kept = self.number_in_view()
        self._shown = Shown(self.store, choice)
        self._shown.extend()
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
        if not self.following and kept is not None:
            self.scroll_to(y=self._rows.top(self._shown.index(kept)), animate=False, force=True)
        self.post_message(self.Changed())

    def number_in_view(self) -> int | None:
        """The number of the line on top of the view."""
        if not len(self._shown) or not self._rows.rows:
            return None
        index, _ = self._rows.at(min(int(self.scroll_y), self._rows.rows - 1))
        return self._shown.number(min(index, len(self._shown) - 1))

    def follow(self) -> None:
        """To the newest line, and stay there."""
        self.following, self.unseen = True, 0
        self.cursor = self.mark_from = None
        self._strips.clear()
        self._resize()
        self.post_message(self.Changed())

    def watch_scroll_y(self, old: float, new: float) -> None:
        """Scrolling to the end takes up the newest line again."""
        super().watch_scroll_y(old, new)
        last = self._rows.rows - self._height()
        if new > old and new >= last and not self.following and self.cursor is None:
            self.following, self.unseen = True, 0
            self.post_message(self.Changed())

    def on_mouse_scroll_up(self) -> None:
        """The reader wants to read."""
        self._let_go()

    def on_scroll_up(self) -> None:
        """By the scroll bar."""
        self._let_go()

    def on_scroll_to(self) -> None:
        """By the scroll bar's grip."""
        self._let_go()

    def _let_go(self) -> None:
        if self.following and self._rows.rows > self._height():
            self.following = False
            self.post_message(self.Changed())

    def on_resize(self, _event: events.Resize) -> None:
        """Wrapped lines are laid out anew."""
        if self.wrap:
            self.relay()
        else:
            self._resize()

    def watch_show_horizontal_scrollbar(self) -> None:
        """It takes a row, and would cover the newest line until the next one comes."""
        if self.following:
            self.call_after_refresh(self._resize)

    def action_move(self, by: int) -> None:
        """The cursor, a line up or down; it comes into being where the view is."""
        if not len(self._shown):
            return
        if self.cursor is None:
            if by > 0 and self.following:
                return
            bottom = min(self._rows.rows, int(self.scroll_y) + self._height()) - 1
            index, _ = self._rows.at(max(0, bottom))
        else:
            index = min(max(0, self._shown.index(self.cursor) + by), len(self._shown) - 1)
        self.to_number(self._shown.number(index))

    def to_number(self, number: int) -> None:
        """Put the cursor on a line and bring it into view."""
        self.following = False
        self.cursor = number
        self._strips.clear()
        index = self._shown.index(number)
        top, height = self._rows.top(index), self._height()
        if top < self.scroll_y:
            self.scroll_to(y=top, animate=False, force=True)
        elif top >= self.scroll_y + height:
            self.scroll_to(y=top - height + 1, animate=False, force=True)
        self.refresh()
        self.post_message(self.Changed())

    def action_page(self, by: int) -> None:
        """A screen up or down."""
        self._by(by * (self._height() - 1))

    def action_top(self) -> None:
        """To the oldest line."""
        self._by(-self._rows.rows)

    def _by(self, rows: int) -> None:
        self.cursor = self.mark_from = None
        self._strips.clear()
        if rows < 0:
            self._let_go()
        last = max(0, self._rows.rows - self._height())
        self.scroll_to(y=min(last, max(0, self.scroll_y + rows)), animate=False, force=True)
        self.refresh()

    def find(self, pattern: re.Pattern[str], *, back: bool = False) -> bool:
        """To the next line with ``pattern`` after (or before) the cursor; whether there is one."""
        self.search = pattern
        self._strips.clear()
        self.refresh()
        start = self.cursor
        if start is None:
            start = self.number_in_view() if not back else self.store.end
            start = (start or 0) - (0 if back else 1)
        look = finding.before if back else finding.after
        found = look(self.store, self._shown, pattern, start)
        if found is None:
            return False
        self.to_number(found)
        return True

    def chosen(self) -> list[str]:
        """The texts of the marked lines, else of the one under the cursor, plain."""
        if self.cursor is None:
            return []
        first, last = sorted((self.cursor, self.cursor if self.mark_from is None else self.mark_from))
        begin, end = self._shown.index(first), self._shown.index(last)
        return [
            plain(self.store.line(self._shown.number(index)).text)
            for index in range(begin, min(end + 1, len(self._shown)))
        ]

    def mark(self) -> None:
        """Begin to mark lines where the cursor is, or at the newest in view."""
        if self.cursor is None:
            self.action_move(-1 if self.following else 0)
        self.mark_from = None if self.mark_from is not None else self.cursor
        self._strips.clear()
        self.refresh()

    def clear_marks(self) -> None:
        """No cursor, no marks, nothing searched for."""
        self.cursor = self.mark_from = self.search = None
        self._strips.clear()
        self.refresh()
        self.post_message(self.Changed())

    def empty(self) -> None:
        """Begin anew with nothing."""
        self._inbox.clear()
        self.store.close()
        self.unseen = 0
        self.choose(self.choice)
        self.follow()

    def on_click(self, event: events.Click) -> None:
        """The cursor, where it was clicked."""
        row = int(self.scroll_y) + event.y
        if 0 <= row < self._rows.rows:
            index, _ = self._rows.at(row)
            self.to_number(self._shown.number(index))

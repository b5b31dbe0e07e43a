"""Where the reader of a log is: at the newest line or held, with a cursor, marks and a search."""

from __future__ import annotations

from time import monotonic
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.selection import Selection

from holodeck_tui.ui.logs.choose import plain
from holodeck_tui.ui.logs.expression import Expression, TooSlow
from holodeck_tui.ui.logs.finding import Search
from holodeck_tui.ui.logs.store import LogStore
from holodeck_tui.ui.widgets.log_lines import DRAWN, LogLines

# Seconds that filter and search may take when they begin, and at each tick until they are done.
FIRST, EACH = 0.15, 0.03


class LogReader(LogLines, can_focus=True):
    """While ``following``, the newest line is in view; scrolling up ends it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup,ctrl+u", "page(-1)", show=False),
        Binding("pagedown,ctrl+d", "page(1)", show=False),
        Binding("home,g", "top", show=False),
        Binding("end", "newest", show=False),
        Binding("left", "scroll_left", show=False),
        Binding("right", "scroll_right", show=False),
    ]

    class Changed(Message):
        """Lines came, the reader moved, or what is shown changed."""

    def __init__(self, *, store: LogStore | None = None, id: str | None = None) -> None:  # noqa: A002
        super().__init__(store=store, id=id)
        self.following = True
        self.unseen = 0
        self._looking: Search | None = None
        self._awaited: int | None = None

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

    def _resize(self) -> None:
        width = (
            0 if self.wrap or not self._rows.rows else min(self.store.widest, DRAWN) + self._prefix_width()
        )
        size = Size(width, self._rows.rows)
        if size != self.virtual_size:
            self.virtual_size = size
        if self.following:
            self.scroll_to(y=max(0, self._rows.rows - self._height()), animate=False, force=True)
        self.refresh()

    def _height(self) -> int:
        return max(1, self.scrollable_content_region.height)

    def _to_awaited(self) -> None:
        """The line that was read before is laid out by now: back to it."""
        if self._awaited is not None:
            self.scroll_to(y=self._rows.top(self._shown.index(self._awaited)), animate=False, force=True)
            self._awaited = None

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

    def selection_updated(self, selection: Selection | None) -> None:
        """What is being selected does not move away under the mouse."""
        super().selection_updated(selection)
        if selection is not None:
            self._let_go()
        self.post_message(self.Changed())

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
        self.following, self._awaited = False, None
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

    def action_newest(self) -> None:
        """To the newest line, and stay there."""
        self.follow()

    def _by(self, rows: int) -> None:
        self.cursor = self.mark_from = self._awaited = None
        self._strips.clear()
        if rows < 0:
            self._let_go()
        last = max(0, self._rows.rows - self._height())
        self.scroll_to(y=min(last, max(0, self.scroll_y + rows)), animate=False, force=True)
        self.refresh()

    def find(self, expression: Expression, *, back: bool = False) -> bool:
        """To the next line with it after (or before) the cursor; whether there is one, or may be.

        In a long log it goes on looking while the app does other things.
        """
        self.search = expression
        self._strips.clear()
        self.refresh()
        start = self.cursor
        if start is None:
            start = self.store.end if back else self.number_in_view() or 0
        elif not back:
            start += 1
        self._looking = looking = Search(self.store, self._shown, expression, start, back=back)
        self._search_on(FIRST)
        return not looking.done or looking.found is not None

    def _wake(self) -> None:
        """There is something to go on with."""

    def _search_on(self, seconds: float) -> None:
        looking = self._looking
        if looking is None:
            return
        try:
            looking.go_on(monotonic() + seconds)
        except TooSlow:
            self.give_up(looking.expression)
            return
        if not looking.done:
            self._wake()
        else:
            self._looking = None
            if looking.found is not None:
                self.to_number(looking.found)
            self.post_message(self.Changed())

    @property
    def has_chosen(self) -> bool:
        """Whether anything is selected, marked or under the cursor."""
        return self.cursor is not None or self.text_selection is not None

    def chosen(self) -> list[str]:
        """What the mouse has selected, else the texts of the marked lines or of the cursor's, plain."""
        selection = self.text_selection
        if selection is not None and (selected := self.get_selection(selection)) is not None:
            return selected[0].split("\n")
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
        self.cursor = self.mark_from = self.search = self._looking = None
        self._strips.clear()
        self.refresh()
        self.post_message(self.Changed())

    def on_click(self, event: events.Click) -> None:
        """The cursor, where it was clicked; the end of a selection is no click."""
        if self.text_selection is not None:
            return
        row = int(self.scroll_y) + event.y
        if 0 <= row < self._rows.rows:
            index, _ = self._rows.at(row)
            self.to_number(self._shown.number(index))

"""A view of a log that never freezes and never moves what is read: lines are drawn when seen."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import ClassVar

from rich.cells import chop_cells
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from holodeck_tui.ui.logs.choose import Choice, Shown, level_of, plain
from holodeck_tui.ui.logs.layout import Layout, room_for
from holodeck_tui.ui.logs.store import NO_TIME, LogStore

# How often lines that came are taken over (seconds), and how many at once: the rest waits for the next time.
_TICK, _AT_ONCE = 0.05, 60_000
# More of a line than anybody reads; it is all in the store and in what is saved and copied.
_DRAWN = 20_000
_LEVEL_COLOURS = {1: "secondary", 3: "warning", 4: "error"}


@dataclass(frozen=True)
class Batch:
    """Lines of one source, cleaned, as they came. ``stamps`` are milliseconds since 1970 or ``NO_TIME``."""

    source: int
    texts: Sequence[str]
    stamps: Sequence[int]


class LogView(ScrollView, can_focus=True):
    """Any thread may :meth:`write`; all else is for the UI thread.

    While ``following``, the newest line is in view; scrolling up ends it and nothing that is read moves,
    whatever arrives and whatever the store lets go.
    """

    ALLOW_SELECT = True
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
        super().__init__(id=id)
        self.store = store or LogStore()
        self.following = True
        self.unseen = 0
        self.sources: list[str] = []
        self.times = True
        self.wrap = False
        self.cursor: int | None = None
        self.mark_from: int | None = None
        self.search: re.Pattern[str] | None = None
        self._inbox: deque[Batch] = deque()
        self._inbox_guard = threading.Lock()
        self._shown = Shown(self.store, Choice())
        self._rows = Layout(self.store, self._shown, None)
        self._strips: LRUCache[tuple[int, int], Strip] = LRUCache(2048)
        self._first = 0

    @property
    def choice(self) -> Choice:
        """What is shown."""
        return self._shown.choice

    @property
    def shown(self) -> int:
        """How many lines are shown."""
        return len(self._shown)

    @property
    def searching(self) -> bool:
        """Whether the filter still looks at older lines."""
        return not self._shown.complete

    def write(self, batch: Batch) -> None:
        """Hand over lines. Thread-safe and quick; they are shown at the next tick."""
        with self._inbox_guard:
            self._inbox.append(batch)

    def on_mount(self) -> None:
        """Take over what comes."""
        self.set_interval(_TICK, self.drain)

    def on_unmount(self) -> None:
        """Give the disk back."""
        self.store.close()

    def drain(self) -> None:
        """Take over lines that came, and let the filter go on."""
        with self._inbox_guard:
            batches, count = [], 0
            while self._inbox and count < _AT_ONCE:
                batches.append(self._inbox.popleft())
                count += len(batches[-1].texts)
        if not batches and self._shown.complete:
            return
        before = len(self._shown)
        if batches:
            self._store(batches)
        self._shown.extend()
        self._forget(before)
        self._rows.extend()
        new = max(0, len(self._shown) - before)
        if not self.following:
            self.unseen += new
        self._resize()
        self.post_message(self.Changed())

    def _store(self, batches: Sequence[Batch]) -> None:
        if len({batch.source for batch in batches}) == 1:
            texts = [text for batch in batches for text in batch.texts]
            stamps = [stamp for batch in batches for stamp in batch.stamps]
            self.store.append(texts, stamps, [batches[0].source] * len(texts))
            return
        merged = [
            (stamp, batch.source, text)
            for batch in batches
            for text, stamp in zip(batch.texts, batch.stamps, strict=True)
        ]
        # Stable: lines without a time stay where they came.
        merged.sort(key=lambda line: line[0])
        self.store.append(
            [text for _, _, text in merged],
            [stamp for stamp, _, _ in merged],
            [source for _, source, _ in merged],
        )

    def _forget(self, _before: int) -> None:
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
        width = 0 if self.wrap else min(self.store.widest, _DRAWN) + self._prefix_width()
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
        found = self._before(pattern, start) if back else self._after(pattern, start)
        if found is None:
            return False
        self.to_number(found)
        return True

    def _after(self, pattern: re.Pattern[str], start: int) -> int | None:
        everything = self.choice.everything
        for first, texts, _ in self.store.chunks(start + 1, self.store.end):
            for number, text in enumerate(texts, first):
                if pattern.search(plain(text)) and (everything or self._is_shown(number)):
                    return number
        return None

    def _before(self, pattern: re.Pattern[str], stop: int) -> int | None:
        size = 8192
        while stop > self.store.first:
            begin = max(self.store.first, stop - size)
            lines = [text for _, texts, _ in self.store.chunks(begin, stop) for text in texts]
            for number in range(stop - 1, begin - 1, -1):
                if pattern.search(plain(lines[number - begin])) and self._is_shown(number):
                    return number
            stop = begin
        return None

    def _is_shown(self, number: int) -> bool:
        index = self._shown.index(number)
        return index < len(self._shown) and self._shown.number(index) == number

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
        with self._inbox_guard:
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

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """What the mouse has marked, without reading anything else."""
        if selection.start is None or selection.end is None:
            return None
        first, last = selection.start.y, min(selection.end.y, self._rows.rows - 1)
        lines = [self._piece(row).plain for row in range(first, last + 1)]
        if not lines:
            return None
        lines[-1] = lines[-1][: selection.end.x]
        lines[0] = lines[0][selection.start.x :]
        return "\n".join(lines), "\n"

    def selection_updated(self, _selection: Selection | None) -> None:
        """Draw it."""
        self._strips.clear()
        self.refresh()

    def notify_style_update(self) -> None:
        """Another theme."""
        super().notify_style_update()
        self._strips.clear()

    def _prefix_width(self) -> int:
        width = 9 if self.times else 0
        if len(self.sources) > 1:
            width += min(18, max(map(len, self.sources))) + 1
        return width

    def _prefix(self, stamp: int, source: int, *, first: bool) -> Text:
        text = Text()
        if self.times:
            moment = ""
            if stamp != NO_TIME and first:
                moment = f"{datetime.fromtimestamp(stamp / 1000, timezone.utc).astimezone():%H:%M:%S}"
            text.append(f"{moment:9}", Style(dim=True))
        if len(self.sources) > 1:
            width = self._prefix_width() - len(text)
            name = self.sources[source] if first and source < len(self.sources) else ""
            text.append(f"{name[: width - 1]:{width}}", self._colour("primary"))
        return text

    def _piece(self, row: int) -> Text:
        """The text of one row, with its prefix and colours."""
        index, part = self._rows.at(row)
        line = self.store.line(self._shown.number(index))
        text = line.text
        more = len(text) - _DRAWN
        if more > 0 and not self.wrap:
            text = f"{text[:_DRAWN]} … {more:,} more characters"
        body = (
            Text.from_ansi(text, end="", no_wrap=True) if "\x1b" in text else Text(text, end="", no_wrap=True)
        )
        level = level_of(body.plain)
        if level in _LEVEL_COLOURS and "\x1b" not in text:
            body.stylize(self._colour(_LEVEL_COLOURS[level]))
        if self.search is not None:
            for match in self.search.finditer(body.plain[:_DRAWN]):
                body.stylize(Style(reverse=True, bold=True), *match.span())
        if self.wrap and self._rows.columns is not None:
            room = room_for(not text.isascii(), self._rows.columns)
            pieces = chop_cells(body.plain, room)
            begin = sum(map(len, pieces[:part]))
            body = body[begin : begin + len(pieces[part])] if part < len(pieces) else Text()
        return Text.assemble(self._prefix(line.stamp, line.source, first=part == 0), body, no_wrap=True)

    def render_line(self, y: int) -> Strip:
        """One row of the view."""
        left, top = self.scroll_offset
        width, row = self.size.width, top + y
        if row >= self._rows.rows:
            return Strip.blank(width, self.rich_style)
        key = (self._shown.number(self._rows.at(row)[0]), row)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._strips[key] = self._draw(row, key[0])
        return strip.crop_extend(left, left + width, self.rich_style).apply_offsets(left, row)

    def _draw(self, row: int, number: int) -> Strip:
        text = self._piece(row)
        base = self.rich_style
        if self._is_marked(number):
            base += Style(reverse=True) if self.app.native_ansi_color else Style(bgcolor=self._raw("panel"))
        selection = self.text_selection
        if selection is not None and (span := selection.get_span(row)) is not None:
            start, end = span
            style = self.screen.get_component_rich_style("screen--selection")
            text.stylize(style, start, len(text) if end == -1 else end)
        segments = text.render(self.app.console, end="")
        strip = Strip(Segment.apply_style(segments, base), text.cell_len)
        return strip.extend_cell_length(self.size.width, base)

    def _is_marked(self, number: int) -> bool:
        if self.cursor is None:
            return False
        first, last = sorted((self.cursor, self.cursor if self.mark_from is None else self.mark_from))
        return first <= number <= last

    def _colour(self, name: str) -> Style:
        colour = self._raw(name)
        return Style(color=colour) if colour else Style()

    def _raw(self, name: str) -> str | None:
        colour = self.app.theme_variables.get(name, "").removeprefix("ansi_")
        return colour if colour and colour != "default" else None

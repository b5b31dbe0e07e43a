"""How lines of a log are drawn: when they are seen, with their time, source, colours and marks."""

from __future__ import annotations

from datetime import datetime, timezone

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.cache import LRUCache
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from holodeck_tui.ui.logs.choose import Choice, Shown, level_of
from holodeck_tui.ui.logs.expression import Expression, TooSlow
from holodeck_tui.ui.logs.layout import Layout
from holodeck_tui.ui.logs.store import NO_TIME, LogStore

# More of a line than anybody reads; it is all in the store and in what is saved and copied.
DRAWN = 20_000
# Cells at most of a deployment's name before its lines.
_NAME = 18
_LEVEL_COLOURS = {1: "secondary", 3: "warning", 4: "error"}


class LogLines(ScrollView):
    """Draws what is shown of a store; where the reader is and what arrives is for who derives from it."""

    ALLOW_SELECT = True

    def __init__(self, *, store: LogStore | None = None, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.store = store or LogStore()
        self.sources: list[str] = []
        self.times = True
        self.wrap = False
        self.cursor: int | None = None
        self.mark_from: int | None = None
        self.search: Expression | None = None
        self._shown = Shown(self.store, Choice())
        self._rows = Layout(self.store, self._shown, None)
        self._strips: LRUCache[tuple[int, int], Strip] = LRUCache(2048)

    @property
    def choice(self) -> Choice:
        """What is shown."""
        return self._shown.choice

    @property
    def shown(self) -> int:
        """How many lines are shown."""
        return len(self._shown)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """What the mouse has marked, and nothing else; as far as can be seen where it left the log."""
        top, start, end = int(self.scroll_y), selection.start, selection.end
        first = top if start is None else start.y
        last = min(top + self.size.height if end is None else end.y + 1, self._rows.rows) - 1
        lines = [self._piece(row).plain for row in range(first, last + 1)]
        if not lines:
            return None
        if end is not None and last == end.y:
            lines[-1] = lines[-1][: end.x]
        if start is not None:
            lines[0] = lines[0][start.x :]
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
            width += min(_NAME, max(map(cell_len, self.sources))) + 1
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
            text.append(f"{set_cell_size(name, width - 1)} ", self._colour("primary"))
        return text

    def _piece(self, row: int) -> Text:
        """The text of one row, with its prefix and colours."""
        index, part = self._rows.at(row)
        line = self.store.line(self._shown.number(index))
        text = line.text
        more = len(text) - DRAWN
        if more > 0 and not self.wrap:
            text = f"{text[:DRAWN]} … {more:,} more characters"
        body = (
            Text.from_ansi(text, end="", no_wrap=True) if "\x1b" in text else Text(text, end="", no_wrap=True)
        )
        level = level_of(body.plain)
        if level in _LEVEL_COLOURS and "\x1b" not in text:
            body.stylize(self._colour(_LEVEL_COLOURS[level]))
        if self.search is not None:
            self._stylize_found(body, self.search)
        if self.wrap and self._rows.columns is not None:
            pieces = chop_cells(body.plain, self._rows.columns)
            begin = sum(map(len, pieces[:part]))
            body = body[begin : begin + len(pieces[part])] if part < len(pieces) else Text()
        return Text.assemble(self._prefix(line.stamp, line.source, first=part == 0), body, no_wrap=True)

    def _stylize_found(self, body: Text, search: Expression) -> None:
        try:
            # Without colours of our own a marked line is reversed as well.
            style = Style(reverse=True, bold=True, underline=self.app.native_ansi_color)
            for span in search.spans(body.plain[:DRAWN]):
                body.stylize(style, *span)
        except TooSlow:
            self.search = None
            self.call_later(self.give_up, search)

    def give_up(self, expression: Expression) -> None:
        """It is too slow on a line of this log: show and search without it, and say so."""
        self.search = None
        self._strips.clear()
        self.refresh()
        self.notify(
            f'"{expression.text}" takes too long on a line of this log and was given up. '
            "Often it is a repeat within a repeat, as in (a+)+.",
            severity="warning",
            markup=False,
        )

    def render_line(self, y: int) -> Strip:
        """One row of the view."""
        left, top = self.scroll_offset
        width, row, base = self.size.width, top + y, self.rich_style
        if row >= self._rows.rows:
            return Strip.blank(width, base)
        key = (self._shown.number(self._rows.at(row)[0]), row)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._strips[key] = self._draw(row, key[0], base)
        return strip.crop_extend(left, left + width, base).apply_offsets(left, row)

    def _draw(self, row: int, number: int, base: Style) -> Strip:
        text = self._piece(row)
        if self._is_marked(number):
            base += Style(reverse=True) if self.app.native_ansi_color else Style(bgcolor=self._raw("panel"))
        selection = self.text_selection
        if selection is not None and (span := selection.get_span(row)) is not None:
            start, end = span
            text.stylize(self._selected_style(), start, len(text) if end == -1 else end)
        segments = text.render(self.app.console, end="")
        strip = Strip(Segment.apply_style(segments, base), text.cell_len)
        return strip.extend_cell_length(self.size.width, base)

    def _selected_style(self) -> Style:
        """The ground of what is selected; its letters keep their colour where the theme says no other."""
        names = ("screen--selection",)
        full = self.screen.get_component_rich_style(*names)
        said = self.screen.get_component_rich_style(*names, partial=True)
        if said.color is not None:
            return full
        # The rich form of "transparent" letters is the ground's own colour: nothing could be read.
        return Style(bgcolor=full.bgcolor, reverse=full.reverse)

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

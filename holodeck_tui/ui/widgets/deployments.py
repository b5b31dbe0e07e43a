"""The table of deployments: fixed widths, rows keyed by deployment, only what differs is touched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.coordinate import Coordinate

from holodeck_tui.ui.rows import COLUMNS, HIDDEN, Column, Heading, Row, cells, fit
from holodeck_tui.ui.theme import Glyphs, look
from holodeck_tui.ui.widgets.rowwise import RowwiseTable

_MARK = "mark"


class _Cell(Text):
    """One line of one style, drawn as it is: Rich's wrapping takes most of the time of a table."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterable[Segment]:
        text, room = self.plain, options.max_width
        if cell_len(text) > room:
            text = set_cell_size(text, max(0, room - 1)) + "…"
        style = self.style if isinstance(self.style, Style) else console.get_style(self.style)
        yield Segment(text, style)


class _Mark(_Cell):
    """The first cell: it knows its row, so that rows can be put in order."""

    def __init__(self, text: str, key: str) -> None:
        super().__init__(text)
        self.key = key


class DeploymentTable(RowwiseTable):
    """Show rows with :meth:`show`; the cursor stays on its deployment while others come and go."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", show=False),
        Binding("k", "cursor_up", show=False),
        Binding("g,home", "scroll_top", show=False),
        Binding("G,end", "scroll_bottom", show=False),
        Binding("ctrl+d", "page_down", show=False),
        Binding("ctrl+u", "page_up", show=False),
    ]

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(cursor_type="row", zebra_stripes=False, header_height=1, id="deployments")
        self.chosen: set[str] = {column.id for column in COLUMNS} - HIDDEN
        self.marked: set[str] = set()
        self._glyphs = glyphs
        self._shown: dict[str, tuple[str, ...]] = {}
        self._order: list[str] = []
        self._lines: Sequence[Row | Heading] = ()
        self._fitted: list[tuple[Column, int]] = []
        self._painted = ""

    @property
    def under_cursor(self) -> Row | None:
        """The row that the cursor is on."""
        line = self._lines[self.cursor_row] if 0 <= self.cursor_row < len(self._lines) else None
        return line if isinstance(line, Row) else None

    @property
    def all_rows(self) -> Sequence[Row]:
        """As shown."""
        return [line for line in self._lines if isinstance(line, Row)]

    @property
    def in_view(self) -> Sequence[Row]:
        """The rows that can be seen now."""
        top = int(self.scroll_y)
        seen = self._lines[top : top + max(1, self.size.height)]
        return [line for line in seen if isinstance(line, Row)]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enter is the screen's, which names it in its footer and lets it be another key."""
        return action != "select_cursor" and super().check_action(action, parameters)

    def show(self, lines: Sequence[Row | Heading], *, now: datetime | None = None) -> None:
        """Show exactly these, in this order."""
        # Two scopes may list the same one.
        lines = list({line.key: line for line in lines}.values())
        self._lines = lines
        self._fit()
        moment = now or datetime.now(timezone.utc)
        columns = [column for column, _ in self._fitted]
        keys = [line.key for line in lines]
        wanted = set(keys)
        cursor = self._order[self.cursor_row] if 0 <= self.cursor_row < len(self._order) else None
        for gone in [key for key in self._order if key not in wanted]:
            self.remove_row(gone)
            del self._shown[gone]
        self.marked &= wanted
        order = [key for key in self._order if key in wanted]
        changed: dict[str, dict[str, Text]] = {}
        for line in lines:
            texts = self._texts(line, columns, moment)
            before = self._shown.get(line.key)
            if before == texts:
                continue
            self._shown[line.key] = texts
            made = self._cells(line, texts)
            if before is None:
                self.add_row(*made, key=line.key)
                order.append(line.key)
                continue
            changed[line.key] = dict(zip((_MARK, *(column.id for column in columns)), made, strict=False))
        self.update_rows(changed)
        if order != keys:
            place = {key: number for number, key in enumerate(keys)}
            self.sort(_MARK, key=lambda mark: place[mark.key])
        self._order = keys
        if cursor in wanted and cursor is not None:
            self._to(keys.index(cursor))
        self._to(self.validate_cursor_coordinate(self.cursor_coordinate).row)

    def go_to(self, key: str) -> None:
        """Put the cursor on a deployment, if it is shown."""
        if key in self._order:
            self.move_cursor(row=self._order.index(key))

    def toggle_mark(self) -> None:
        """Mark the row under the cursor, or take its mark away, and go on to the next."""
        row = self.under_cursor
        if row is None:
            return
        self.marked ^= {row.key}
        self.show(self._lines)
        self.action_cursor_down()

    def refit(self) -> None:
        """The width, the choice of columns or the theme has changed."""
        self._fitted = []
        self.show(self._lines)

    def on_resize(self, _event: events.Resize) -> None:
        """Columns that do not fit any more go; what is left is shared anew."""
        self.show(self._lines)

    def validate_cursor_coordinate(self, value: Coordinate) -> Coordinate:
        """Headings are nothing to be on: the next deployment that way, else the other way."""
        wanted = super().validate_cursor_coordinate(value)
        step = 1 if wanted.row >= self.cursor_row else -1
        lines = self._lines[: self.row_count]
        for way in (step, -step):
            at = wanted.row
            while 0 <= at < len(lines) and isinstance(lines[at], Heading):
                at += way
            if 0 <= at < len(lines):
                return Coordinate(at, wanted.column)
        return wanted

    def _to(self, row: int) -> None:
        if row != self.cursor_row:
            # Not move_cursor: that would scroll what is being read away.
            self.cursor_coordinate = Coordinate(row, self.cursor_column)

    def _fit(self) -> None:
        # A column for marks, and the scroll bar, whether or not there is one now: columns do not jump.
        fitted = fit(max(20, self.outer_size.width - 4), self.chosen)
        painted = self.app.theme
        if fitted == self._fitted and painted == self._painted and self.columns:
            return
        top, cursor = self.scroll_y, self.cursor_row
        self._fitted, self._painted = fitted, painted
        self.clear(columns=True)
        self._shown, self._order = {}, []
        self.add_column(" ", width=1, key=_MARK)
        for column, width in fitted:
            title = column.title.rjust(width) if column.right else column.title
            self.add_column(Text(title), width=width, key=column.id)
        if top or cursor > 0:
            self.call_after_refresh(self._restore, top, cursor)

    def _restore(self, top: float, cursor: int) -> None:
        self.move_cursor(row=cursor, scroll=False)
        self.scroll_to(y=top, animate=False)

    def _mark(self, key: str) -> str:
        return ("◆" if self._glyphs.unicode else "*") if key in self.marked else " "

    def _texts(self, line: Row | Heading, columns: Sequence[Column], moment: datetime) -> tuple[str, ...]:
        """The texts of its cells, and last what else makes its looks."""
        if isinstance(line, Heading):
            return ("", line.text, *([""] * (len(columns) - 1)), "heading")
        return (self._mark(line.key), *cells(line, columns, moment, self._glyphs), str(line.stale))

    def _cells(self, row: Row | Heading, texts: Iterable[str]) -> list[Text]:
        mark, *rest = texts
        if isinstance(row, Heading):
            bold = Style(bold=True)
            cut = [_Cell(text, bold) for _, text in zip(self._fitted, rest, strict=False)]
            return [_Mark(mark, row.key), *cut]
        dim = Style(dim=row.stale)
        made: list[Text] = [_Mark(mark, row.key)]
        for (column, width), text in zip(self._fitted, rest, strict=False):
            # Textual draws cells of one line without looking at their justification.
            shown = text.rjust(width) if column.right else text
            style = dim
            if column.id == "state":
                style += Style.parse(self._colour(look(row.status.state).colour))
            made.append(_Cell(shown, style))
        return made

    def _colour(self, name: str) -> str:
        colour = self.app.theme_variables.get(name, "")
        return "" if colour == "ansi_default" else colour.removeprefix("ansi_")

"""YAML with highlighting, a mark on each line that has a problem, and dots in place of secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.binding import BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widgets import TextArea

from holodeck_tui.config.sources import Severity
from holodeck_tui.core.redact import Redactor
from holodeck_tui.ui.hiding import hidden_spans, secrets_of
from holodeck_tui.ui.yaml_colours import yaml_colours

# C0 without tab, DEL, C1, bidirectional controls, separators: as core.redact takes them out elsewhere.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u061c\u2028-\u202e\u2066-\u2069\ufeff]")
_NO_MARKS: Mapping[int, Severity] = {}


class YamlPane(TextArea):
    """Posts :class:`Left` when it is left with a text that was changed in it.

    Textual's own undo goes first; where it has nothing left, :class:`Undo` and :class:`Redo` are posted.
    """

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "leave", "for 1-4")]

    class Left(Message):
        """The pane was left; ``text`` is what stands in it."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Undo(Message):
        """There is nothing of the pane's own to take back."""

    class Redo(Message):
        """There is nothing of the pane's own to make again."""

    def __init__(self, *, unicode: bool = True) -> None:
        super().__init__(
            language="yaml", theme="css", soft_wrap=False, show_line_numbers=True, compact=True, id="yaml"
        )
        self._marks = _NO_MARKS
        self._given = ""
        self._sign = "✖" if unicode else "x"
        self._warn = "▲" if unicode else "!"
        self._dot = "•" if unicode else "*"
        self._redactor = Redactor()
        self._hidden: dict[int, tuple[int, int]] = {}
        self._hidden_in = ""

    def on_mount(self) -> None:
        """The theme's colours."""
        self.watch(self.app, "theme", self._colour)

    def _colour(self) -> None:
        colours = yaml_colours(self.app.current_theme)
        self.register_theme(colours)
        self.theme = colours.name

    def go_to(self, line: int, column: int) -> None:
        """Put the cursor there (from 0), its line in the middle and seen from its beginning if that fits."""
        self.move_cursor((line, column), center=True)
        room = self.scrollable_content_region.width - self.gutter_width
        if column < room - 1:
            self.scroll_to(x=0, animate=False, force=True)

    @property
    def touched(self) -> bool:
        """Whether it was changed since :meth:`give`."""
        return self.text != self._given

    def give(self, text: str) -> None:
        """Show ``text``; the cursor and the scroll stay where they are as far as there is text."""
        at, scroll = self.cursor_location, self.scroll_offset
        self._redactor = secrets_of(text)
        self.load_text(text)
        # Line breaks of several kinds become one in here: only what was typed is a change.
        self._given = self.text
        self.move_cursor(self.document.clamp_location(at) if hasattr(self.document, "clamp_location") else at)
        self.scroll_to(scroll.x, scroll.y, animate=False)

    def mark(self, marks: Mapping[int, Severity]) -> None:
        """1-based lines and how bad they are."""
        self._redactor, self._hidden_in = secrets_of(self.text), ""
        if marks != self._marks:
            self._marks = marks
            self._line_cache.clear()
            self.refresh()

    def get_line(self, line_index: int) -> Text:
        """Signs of the same width for what would steer a terminal, and for secrets."""
        line = super().get_line(line_index)
        if line_index in self._hidden:
            start, end = self._hidden[line_index]
            text = line.plain
            dots = "".join("＊" if cell_len(one) == 2 else self._dot for one in text[start:end])  # noqa: RUF001
            line.plain = text[:start] + dots + text[end:]
        line.plain = _CONTROL.sub("\ufffd", line.plain)
        return line

    def render_lines(self, crop: Region) -> list[Strip]:
        """What must not be seen may be elsewhere since the last time."""
        text = self.text
        if text != self._hidden_in:
            self._hidden_in = text
            hidden = hidden_spans(text, self._redactor)
            if hidden != self._hidden:
                self._hidden = hidden
                self._line_cache.clear()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """With the mark beside the number."""
        strip = super().render_line(y)
        row = self.scroll_offset.y + y
        severity = self._marks.get(row + 1)
        if severity is None or row >= self.document.line_count:
            return strip
        at = self.gutter_width - 1
        colour = self.app.theme_variables.get("error" if severity == "error" else "warning", "red")
        sign = self._sign if severity == "error" else self._warn
        name = colour.removeprefix("ansi_")
        mark = Strip([Segment(sign)]).apply_style(self._ground(strip, at) + Style.parse(f"bold {name}"))
        return Strip.join([strip.crop(0, at), mark, strip.crop(at + 1)])

    @staticmethod
    def _ground(strip: Strip, at: int) -> Style:
        """The style of the cell that a mark stands on."""
        return next((one.style for one in strip.crop(at, at + 1) if one.style), Style.null())

    def on_blur(self) -> None:
        """Left."""
        if self.touched:
            self.post_message(self.Left(self.text))

    def action_undo(self) -> None:
        """Own changes first."""
        if self.touched and self.history.undo_stack:
            super().action_undo()
        else:
            self.post_message(self.Undo())

    def action_redo(self) -> None:
        """Own changes first."""
        if self.history.redo_stack:
            super().action_redo()
        else:
            self.post_message(self.Redo())

    def action_leave(self) -> None:
        """Back to keys that are commands."""
        self.screen.set_focus(None)

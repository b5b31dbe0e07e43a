"""What is told of a field or a problem, below form and YAML, in as many lines as it needs."""

from __future__ import annotations

from rich.cells import set_cell_size
from textual.content import Content
from textual.widgets import Static, TextArea

# Of the screen's height.
_PART = 4


class ToldLine(Static):
    """What has no room is said to be where ``more`` tells; all of it is clean text."""

    DEFAULT_CSS = """
    ToldLine { height: auto; min-height: 2; padding: 0 1; color: $secondary; }
    ToldLine.-wrong { color: $error; }
    """

    def __init__(self) -> None:
        super().__init__("", id="editor-told", markup=False)
        self._text, self._more = "", ""
        self._lines = 0

    def tell(self, text: str, more: str, *, wrong: bool) -> None:
        """Say ``text`` in place of what is said."""
        self._text, self._more = text, more
        self.set_class(wrong, "-wrong")
        self.on_resize()

    def on_resize(self) -> None:
        """Another width or height: other words fit."""
        width = self.content_size.width
        lines = fitted(self._text, width, max(2, self.screen.size.height // _PART), self._more)
        self.update(Content("\n".join(lines)))
        if len(lines) != self._lines:
            self._lines = len(lines)
            self.call_after_refresh(self._keep_in_sight)

    def _keep_in_sight(self) -> None:
        """What is written in may have gone below the edge."""
        focused = self.screen.focused
        if isinstance(focused, TextArea):
            focused.scroll_cursor_visible()
        elif focused is not None:
            focused.scroll_visible(animate=False)


def fitted(text: str, width: int, most: int, more: str) -> list[str]:
    """Lines of ``width`` cells; where they are more than ``most``, the last ends with ``more``."""
    if width <= 0:
        return [text]
    lines = [line.plain.rstrip() for line in Content(text).wrap(width)]
    if len(lines) <= most:
        return lines
    tail = f" … {more}"
    last = set_cell_size(lines[most - 1], min(len(lines[most - 1]), width - len(tail))).rstrip()
    return [*lines[: most - 1], last + tail]

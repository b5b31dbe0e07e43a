"""The tabs of the files and how the shown one stands, as far as there is room for them."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content
from textual.widgets import Static


class FileTabs(Static):
    """One line, made anew for each width."""

    def __init__(self) -> None:
        super().__init__("", id="editor-title")
        self._words: Callable[[int], Content] | None = None

    def show(self, words: Callable[[int], Content]) -> None:
        """``words`` makes the line of a number of cells."""
        self._words = words
        self.on_resize()

    def on_resize(self) -> None:
        """Other tabs fit."""
        if self._words is not None and self.content_size.width:
            self.update(self._words(self.content_size.width))

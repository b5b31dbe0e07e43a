"""Lists that move by vim's keys too."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import OptionList, SelectionList

_VIM: list[BindingType] = [
    Binding("j", "cursor_down", show=False),
    Binding("k", "cursor_up", show=False),
    Binding("g", "first", show=False),
    Binding("G", "last", show=False),
    Binding("ctrl+d", "page_down", show=False),
    Binding("ctrl+u", "page_up", show=False),
]


class Lines(OptionList):
    """One of some."""

    BINDINGS: ClassVar[list[BindingType]] = _VIM


class Ticks(SelectionList[str]):
    """Several of some."""

    BINDINGS: ClassVar[list[BindingType]] = _VIM

"""Choosing: one of some things with an explanation of the chosen one, several of some, or yes and no."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, OptionList, SelectionList, Static
from textual.widgets.option_list import Option

from holodeck_tui.ui.actions import Acting, bindings
from holodeck_tui.ui.copying import REMEDY, copy
from holodeck_tui.ui.widgets.button_row import ButtonRow
from holodeck_tui.ui.widgets.lists import Lines, Ticks


class ChooseScreen(Acting, ModalScreen[int]):
    """Answers the number of the chosen line, or None. ``explained`` has a text for each line.

    ``more`` stands below the title; ``remedy`` is what a key copies of it.
    """

    CSS_PATH = "choose.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [("escape,q", "dismiss", "cancel"), *bindings([REMEDY])]
    ACTIONS = (REMEDY,)

    def __init__(
        self,
        title: str,
        lines: Sequence[str],
        explained: Sequence[str],
        *,
        at: int = 0,
        more: str = "",
        remedy: str = "",
    ) -> None:
        super().__init__()
        self._title = title
        self._more, self.remedy = more, remedy
        self._lines = lines
        self._explained = explained
        self._at = at

    def compose(self) -> ComposeResult:
        """Title, lines, explanation."""
        with Vertical(classes="choose -explained" if self._more else "choose"):
            yield Static(Text(self._title, "bold"))
            if self._more:
                yield Static(Text(self._more), classes="more")
            yield Lines(*(Option(Text(line, no_wrap=True)) for line in self._lines), compact=True)
            yield Static("", classes="explained")
            yield Static("enter chooses · esc leaves everything as it is", classes="hint")

    def on_mount(self) -> None:
        """The line to begin with."""
        self.query_one(OptionList).highlighted = self._at
        self.query_one(OptionList).focus()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Explain it."""
        self.query_one(".explained", Static).update(Text(self._explained[event.option_index]))

    def action_remedy(self) -> None:
        """Copy."""
        copy(self, self.remedy)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Chosen."""
        self.dismiss(event.option_index)


class SeveralScreen(ModalScreen[list[str]]):
    """Answers the ids of what is ticked, or None."""

    CSS_PATH = "choose.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "done", "done")]

    def __init__(self, title: str, lines: Sequence[tuple[str, str, bool]]) -> None:
        super().__init__()
        self._title = title
        self._lines = lines

    def compose(self) -> ComposeResult:
        """Title and lines with ticks."""
        with Vertical(classes="choose"):
            yield Static(Text(self._title, "bold"))
            yield Ticks(*((Text(text), value, ticked) for value, text, ticked in self._lines), compact=True)
            yield Static("space ticks · esc is done", classes="hint")

    def action_done(self) -> None:
        """As it is ticked now."""
        self.dismiss(list(self.query_one(SelectionList).selected))


class AskScreen(ModalScreen[bool]):
    """A question that is answered with yes or no; the focus is on no."""

    CSS_PATH = "choose.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,n", "answer(False)", "no"),
        ("y", "answer(True)", "yes"),
    ]

    def __init__(self, question: str, more: str, yes: str) -> None:
        super().__init__()
        self._question = question
        self._more = more
        self._yes = yes

    def compose(self) -> ComposeResult:
        """Question, explanation, answers."""
        with Vertical(classes="choose"):
            yield Static(Text(self._question, "bold"))
            yield Static(Text(self._more))
            with ButtonRow(classes="answers"):
                yield Button("No", id="no", variant="primary")
                yield Button(self._yes, id="yes")

    def on_mount(self) -> None:
        """Nothing happens by pressing enter."""
        self.query_one("#no", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """The answer."""
        self.dismiss(event.button.id == "yes")

    def action_answer(self, answer: bool) -> None:
        """By key."""
        self.dismiss(answer)

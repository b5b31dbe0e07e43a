"""A few questions with proposals, answered at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen
from textual.suggester import SuggestFromList
from textual.widgets import Button, Input, Static

from holodeck_tui.ui.setting_up import Wanted

# Choices that stand below a question; the others come by key.
_TOLD = 4


class AnswersScreen(ModalScreen["list[str] | None"]):
    """Answers one text for each question, or None."""

    CSS_PATH = "answers.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "dismiss", "back"),
        ("down", "app.focus_next", ""),
        ("up", "app.focus_previous", ""),
        ("ctrl+n", "other", "the next choice"),
    ]

    def __init__(self, title: str, more: str, wanted: Sequence[Wanted]) -> None:
        super().__init__()
        self._title, self._more, self._wanted = title, more, wanted

    def compose(self) -> ComposeResult:
        """Questions, then two buttons."""
        with VerticalScroll(id="answers"):
            yield Static(self._title, markup=False, classes="question")
            yield Static(self._more, markup=False, classes="hint")
            for one in self._wanted:
                yield Static(f"{one.label}: {one.help}", markup=False, classes="label")
                hint = one.example or ("may stay empty" if one.optional else "required")
                suggester = SuggestFromList(one.choices) if one.choices else None
                yield Input(one.proposal, placeholder=hint, suggester=suggester, compact=True)
                if len(one.choices) > 1:
                    told = f"^n the next of {len(one.choices)}: {', '.join(one.choices[:_TOLD])}"
                    yield Static(told, markup=False, classes="choices")
            with Horizontal(id="answers-buttons"):
                yield Button("Show the change", id="go", variant="primary")
                yield Button("Back", id="back")

    def on_mount(self) -> None:
        """The first that is open."""
        fields = list(self.query(Input))
        next((one for one in fields if not one.value), fields[0]).focus()

    def on_input_submitted(self) -> None:
        """On to the next."""
        self.focus_next()

    def action_other(self) -> None:
        """The next choice into the field that is being filled in."""
        fields = list(self.query(Input))
        at = next((at for at, one in enumerate(fields) if one.has_focus), None)
        if at is None or not (choices := self._wanted[at].choices):
            return
        field = fields[at]
        place = choices.index(field.value) + 1 if field.value in choices else 0
        field.value = choices[place % len(choices)]
        field.cursor_position = len(field.value)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Done."""
        self.dismiss([one.value for one in self.query(Input)] if event.button.id == "go" else None)

"""A few questions with proposals, answered at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from holodeck_tui.ui.actions import Acting, Action, bindings, key_name
from holodeck_tui.ui.copying import REMEDY, copy
from holodeck_tui.ui.questions import Wanted
from holodeck_tui.ui.widgets.button_row import ButtonRow

# Choices that stand below a question; the others come by key.
_TOLD = 4
# Rows of the questions in the smallest terminal.
_FEWEST = 3

ACTIONS = (
    Action("questions.other", "ctrl+n", "the next choice", "The next choice into the field."),
    REMEDY,
)


class AnswersScreen(Acting, ModalScreen["list[str] | None"]):
    """Answers one text for each question, or None. All texts are cleaned already.

    ``remedy`` is what a key copies: what can be pasted of what to do about a look-up that brought less
    than was asked.
    ``left`` is what stood in the fields when it was left without an answer.
    """

    CSS_PATH = "answers.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "back", "back"),
        # Before the scrolling of what holds the fields.
        Binding("down", "app.focus_next", show=False, priority=True),
        Binding("up", "app.focus_previous", show=False, priority=True),
        *bindings(ACTIONS),
    ]
    ACTIONS = ACTIONS

    def __init__(self, title: str, more: str, wanted: Sequence[Wanted], remedy: str = "") -> None:
        super().__init__()
        self._title, self._more, self._wanted, self.remedy = title, more, wanted, remedy
        self.left = [one.proposal for one in wanted]

    def compose(self) -> ComposeResult:
        """Questions, then two buttons and the keys."""
        with Vertical(id="answers"):
            yield Static(self._title, markup=False, classes="question")
            yield Static(self._more, markup=False, classes="hint")
            with VerticalScroll(id="answers-questions", can_focus=False):
                for one in self._wanted:
                    with Vertical(classes="asked"):
                        yield from self._question(one)
            with ButtonRow(id="answers-buttons"):
                yield Button("Show the change", id="go", variant="primary", compact=True)
                yield Button("Back", id="back", compact=True)
            keys = "enter goes on · esc back · nothing is written before you have seen it"
            yield Static(keys, markup=False, classes="keys")

    def _question(self, one: Wanted) -> ComposeResult:
        said = f"{one.label}: {one.help}" if one.help.lower() != one.label.lower() else one.label
        yield Static(said, markup=False, classes="label")
        hint = one.example or ("may stay empty" if one.optional else "required")
        suggester = SuggestFromList(one.choices) if one.choices else None
        yield Input(one.proposal, placeholder=hint, suggester=suggester, compact=True)
        if len(one.choices) > 1:
            more = " …" if len(one.choices) > _TOLD else ""
            other = key_name(self.app, "questions.other")
            told = (
                f"{other} the next of {len(one.choices)}: {', '.join(map(_short, one.choices[:_TOLD]))}{more}"
            )
            yield Static(told, markup=False, classes="choices")
        yield Static(one.told(one.proposal), markup=False, classes="remark")

    def on_mount(self) -> None:
        """The first that must be answered."""
        fields = list(self.query(Input))
        pairs = zip(fields, self._wanted, strict=True)
        open_ones = (field for field, one in pairs if not field.value and not one.optional)
        next(open_ones, fields[0]).focus()

    def on_resize(self) -> None:
        """The questions get what the rest leaves."""
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        box, questions = self.query_one("#answers"), self.query_one("#answers-questions")
        others = (one for one in box.children if one is not questions)
        rest = sum(one.outer_size.height + one.styles.margin.height for one in others)
        rest += box.styles.gutter.height + questions.styles.margin.height
        questions.styles.max_height = max(_FEWEST, self.size.height - 1 - rest)

    def scroll_to_center(self, widget: Widget, *args: Any, **options: Any) -> None:
        """What Textual does with whatever is focused: a field is shown with its question."""
        asked = widget.parent
        if isinstance(asked, Vertical) and asked.has_class("asked"):
            asked.scroll_visible(animate=False)
        else:
            super().scroll_to_center(widget, *args, **options)

    def on_input_changed(self, event: Input.Changed) -> None:
        """The remark is about what stands there now."""
        at = list(self.query(Input)).index(event.input)
        remark = list(self.query(".remark").results(Static))[at]
        remark.update(self._wanted[at].told(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """On to the one below, however fast the key is repeated; from the last to the button."""
        fields = list(self.query(Input))
        below = fields.index(event.input) + 1
        (fields[below] if below < len(fields) else self.query_one("#go", Button)).focus()

    def action_other(self) -> None:
        """The next choice into the field that is being filled in, at first one that begins as it does."""
        fields = list(self.query(Input))
        at = next((at for at, one in enumerate(fields) if one.has_focus), None)
        if at is None or not (choices := self._wanted[at].choices):
            return
        field = fields[at]
        begins = (at for at, one in enumerate(choices) if one.startswith(field.value))
        place = choices.index(field.value) + 1 if field.value in choices else next(begins, 0)
        field.value = choices[place % len(choices)]
        field.cursor_position = len(field.value)

    def action_remedy(self) -> None:
        """Copy."""
        copy(self, self.remedy)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Done."""
        if event.button.id == "go":
            self.dismiss(self._values())
        else:
            self.action_back()

    def action_back(self) -> None:
        """Without an answer; what was typed can be gone on with."""
        self.left = self._values()
        self.dismiss(None)

    def _values(self) -> list[str]:
        return [one.value for one in self.query(Input)]


def _short(value: str) -> str:
    """A resource of a cloud by its own name; what stands before it is the same for all."""
    return value.rpartition("/")[2] if value.startswith(("arn:", "/subscriptions/")) else value

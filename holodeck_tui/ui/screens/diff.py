"""What saving changes, and the question whether to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from holodeck_tui.ui.base_app import app_of
from holodeck_tui.ui.widgets.button_row import ButtonRow


class DiffScreen(ModalScreen[bool]):
    """Answers True to write. ``problems`` forbid it. All texts are cleaned already."""

    CSS_PATH = "diff.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,n", "answer(False)", "back"),
        ("y", "answer(True)", "write"),
        ("left", "app.focus_previous", ""),
        ("right", "app.focus_next", ""),
        ("down,j", "move('down')", ""),
        ("up,k", "move('up')", ""),
        ("pagedown", "move('page_down')", ""),
        ("pageup", "move('page_up')", ""),
    ]

    def __init__(
        self, title: str, lines: Sequence[str], problems: Sequence[str] = (), *, ask: bool = True
    ) -> None:
        super().__init__()
        self._title, self._lines, self._problems = title, lines, problems
        self._ask = ask and not problems

    def compose(self) -> ComposeResult:
        """Title, problems, diff, answers: what is long is scrolled, and the answers stay in sight."""
        with Vertical(id="diff"):
            yield Static(self._title, markup=False, classes="question")
            with VerticalScroll(id="diff-lines"):
                if self._problems:
                    bad = app_of(self).glyphs.bad
                    told = "\n".join(f"{bad} {problem}" for problem in self._problems)
                    yield Static(Content(f"Not written while this is so:\n{told}"), classes="error")
                yield Static(shown(self._lines))
            with ButtonRow(id="diff-answers"):
                if self._ask:
                    yield Button("Write (y)", id="yes", variant="primary")
                yield Button("Back", id="no")

    def on_mount(self) -> None:
        """The first answer."""
        self.query(Button).first().focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """The answer."""
        self.dismiss(event.button.id == "yes")

    def action_move(self, way: str) -> None:
        """Through the diff, whatever is focused."""
        getattr(self.query_one("#diff-lines"), f"scroll_{way}")(animate=False)

    def action_answer(self, answer: bool) -> None:
        """By key."""
        if not answer or self._ask:
            self.dismiss(answer)


def shown(lines: Sequence[str]) -> Content:
    """A diff in colours."""
    return Content("\n").join([_line(line) for line in lines])


def _line(line: str) -> Content:
    style = {"+": "$success", "-": "$error", "@": "$secondary"}.get(line[:1], "")
    return Content.styled(line, style)

"""Destroy: what goes, what stays, and the name typed before anything does."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.events import Key, Paste
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.redact import sanitize
from holodeck_tui.core.values import ServiceRef
from holodeck_tui.ui.backend import background
from holodeck_tui.ui.base_app import app_of
from holodeck_tui.ui.rows import key_of, target
from holodeck_tui.ui.widgets.button_row import ButtonRow

if TYPE_CHECKING:
    from holodeck_tui.deployers.base import Destruction


class DestroyScreen(ModalScreen[bool]):
    """Answers True only when every name was typed and Destroy was pressed. The focus starts on Cancel."""

    CSS_PATH = "destroy.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "cancel", "cancel")]

    def __init__(self, refs: Sequence[ServiceRef]) -> None:
        super().__init__()
        self._refs = tuple(refs)
        self._known: set[str] = set()

    def compose(self) -> ComposeResult:
        """One part a service, then the buttons."""
        with Vertical(id="destroy"):
            with VerticalScroll(id="destroy-list", can_focus=False):
                for number, ref in enumerate(self._refs):
                    place = f"{ref.environment}, {target(ref)}" if ref.environment else target(ref)
                    title = sanitize(f"Destroy {ref.name} ({place})?")
                    yield Static(Text(title, "bold"))
                    yield Static("  looking at what would go …", id=f"plan-{number}", markup=False)
                    yield Input(
                        placeholder=f"type {sanitize(ref.name)}",
                        id=f"name-{number}",
                        compact=True,
                        # Else the second letter of a name that is typed at once would replace the first.
                        select_on_focus=False,
                    )
            with ButtonRow(id="destroy-answers"):
                yield Button("Cancel", id="no", variant="primary")
                yield Button("Destroy", id="yes", variant="error", disabled=True)

    def on_mount(self) -> None:
        """Nothing is lost by pressing enter."""
        self.query_one("#no", Button).focus()
        # What is answered before the first layout is given the height of one line, and the rest unseen.
        self.call_after_refresh(self._ask)

    def _ask(self) -> None:
        """Ask each target what would go."""
        backend = app_of(self).backend
        for number, ref in enumerate(self._refs):

            def plan(ref: ServiceRef = ref) -> Destruction:
                from holodeck_tui.pipeline import found

                with backend.asking() as ctx:
                    return found.plan_destroy(ref, ctx)

            background(self, plan, partial(self._planned, number), partial(self._unknown, number))

    def _planned(self, number: int, plan: Destruction) -> None:
        # Two columns: what has to be folded goes on below its beginning.
        shown = Table.grid(padding=(0, 1, 0, 0))
        shown.add_column(width=8)
        shown.add_column(overflow="fold")
        for word, lines in (("goes", plan.goes), ("stays", plan.stays)):
            for line in lines:
                shown.add_row(Text(f"  {word}", "bold" if word == "goes" else "dim"), Text(sanitize(line)))
        nothing = Text("  nothing of it is there any more", "dim")
        self.query_one(f"#plan-{number}", Static).update(shown if shown.row_count else nothing)
        self._known.add(key_of(self._refs[number]))
        self._judge()

    def _unknown(self, number: int, error: DeploymentError) -> None:
        why, remedy = sanitize(str(error)), sanitize(error.remedy)
        text = Padding(Text(f"what would go is not known: {why}\n{remedy}"), (0, 0, 0, 2))
        self.query_one(f"#plan-{number}", Static).update(text)

    def on_key(self, event: Key) -> None:
        """Who types means the name, also while a button has the focus."""
        letter = event.character or ""
        if event.is_printable and not letter.isspace():
            self._type(event, letter)

    def on_paste(self, event: Paste) -> None:
        """Who pastes means it too."""
        self._type(event, event.text.strip())

    def _type(self, event: Key | Paste, text: str) -> None:
        if isinstance(self.focused, Input):
            return
        event.stop()
        field = self.query(Input).first()
        field.focus()
        field.insert_text_at_cursor(text)

    def on_input_changed(self, _event: Input.Changed) -> None:
        """Only the exact names will do."""
        self._judge()

    def on_input_submitted(self, _event: Input.Submitted) -> None:
        """On to the next name, or to the button; enter alone never destroys."""
        if not self.query_one("#yes", Button).disabled:
            self.query_one("#yes", Button).focus()
        else:
            self.focus_next(Input)

    def _judge(self) -> None:
        typed = all(
            self.query_one(f"#name-{number}", Input).value.strip() == sanitize(ref.name)
            for number, ref in enumerate(self._refs)
        )
        known = all(key_of(ref) in self._known for ref in self._refs)
        self.query_one("#yes", Button).disabled = not (typed and known)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Yes or no."""
        self.dismiss(event.button.id == "yes")

    def action_cancel(self) -> None:
        """By key."""
        self.dismiss(False)

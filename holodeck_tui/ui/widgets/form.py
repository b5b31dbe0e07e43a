"""A form: a row for each field with its value, where that came from, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, OptionList, Select, Static

from holodeck_tui.ui.explaining import Facts, field_facts
from holodeck_tui.ui.form_fields import FormField, Heading, Keys, Row, Shown


class Choice(Select[str], inherit_bindings=False):
    """Opened by enter or space: the arrows go from field to field."""

    BINDINGS: ClassVar[list[BindingType]] = [("enter,space", "show_overlay", "")]

    def watch_expanded(self, expanded: bool) -> None:
        """Say what the first line of the list is: the name of a value alone would be there twice."""
        if expanded:
            self.query_one(OptionList).replace_option_prompt_at_index(0, "(not written)")


class Written(Input):
    """A field where every key is text; the footer says how the places' keys are keys again."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "leave", "for 1-4")]

    def action_leave(self) -> None:
        """Back to keys that are commands."""
        self.screen.set_focus(None)


class Entry(Horizontal):
    """One field. Posts :class:`Entered` when it is left with another text, :class:`Typed` as it is typed."""

    DEFAULT_CSS = """
    Entry { height: 1; }
    Entry .label { width: 24; color: $foreground; text-wrap: nowrap; text-overflow: ellipsis; }
    Entry Input, Entry Select { width: 24; }
    Entry Input > .input--placeholder { color: $secondary; }
    Entry SelectCurrent Static#label { color: $secondary; }
    Entry SelectCurrent.-has-value Static#label { color: $foreground; }
    Entry .note { width: 1fr; padding-left: 1; color: $secondary; }
    Entry .note { text-wrap: nowrap; text-overflow: ellipsis; }
    Entry .note.-wrong { color: $error; }
    """

    class Entered(Message):
        """``text`` shall be the value of ``field``; empty takes it away."""

        def __init__(self, field: FormField, text: str) -> None:
            super().__init__()
            self.field, self.text = field, text

    class Typed(Entered):
        """Not yet: it is being typed."""

    def __init__(self, field: FormField, shown: Shown, *, disabled: bool) -> None:
        super().__init__(disabled=disabled)
        self.field = field
        self._shown = shown
        self._settled = shown.text
        # What is written where there are choices and is none of them.
        self._no_choice = ""
        self.wrong = shown.wrong

    def compose(self) -> ComposeResult:
        """Label, field, note."""
        yield Static(self.field.label, markup=False, classes="label")
        text = self._shown.text
        if self.field.choices and (not text or text in self.field.choices):
            yield Choice(
                [(choice, choice) for choice in self.field.choices],
                prompt=self._instead,
                value=text or Select.NULL,
                compact=True,
            )
        else:
            yield Written(
                text,
                placeholder=self._instead,
                password=self.field.secret,
                select_on_focus=False,
                compact=True,
            )
        yield Static("", markup=False, classes="note")

    @property
    def _instead(self) -> str:
        default = self.field.default or ("required" if self.field.required else "")
        return self._shown.holds or default or ("choose" if self.field.choices else "")

    def explain(self) -> Facts:
        """For the help."""
        return field_facts(self.field, replace(self._shown, wrong=self.wrong))

    def on_mount(self) -> None:
        """The note."""
        self.show(self._shown)

    def show(self, shown: Shown, sign: str = "✖") -> None:
        """Another value or note; what is being typed is left alone."""
        self._shown = shown
        self.note(shown, sign)
        for one in self.query(Input):
            one.placeholder = self._instead
        if shown.text == self._settled:
            return
        self._settled = shown.text
        for one in self.query(Input):
            one.value = shown.text
        for choice in self.query(Select):
            known = shown.text in self.field.choices
            self._no_choice = "" if known else shown.text
            choice.prompt = self._no_choice or self._instead
            choice.value = shown.text if known else Select.NULL

    def note(self, shown: Shown, sign: str = "✖") -> None:
        """Only what is beside the field."""
        self.wrong = shown.wrong
        note = self.query_one(".note", Static)
        note.set_class(bool(shown.wrong), "-wrong")
        note.update(Content(f"{sign} {shown.wrong}" if shown.wrong else shown.note))

    @property
    def pending(self) -> bool:
        """Whether something is typed that is not handed over yet."""
        return bool(self.query("Input, Select")) and self.typed != self._settled

    @property
    def typed(self) -> str:
        """What stands in the field."""
        for one in self.query(Input):
            return one.value
        value = self.query_one(Select).value
        return self._no_choice if value is Select.NULL else str(value)

    @on(Select.Changed)
    def _chosen(self, event: Select.Changed) -> None:
        event.stop()
        if event.value is not Select.NULL:
            self._no_choice = ""
        self._hand_over()

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.value != self._settled:
            self.post_message(self.Typed(self.field, event.value))

    @on(Input.Submitted)
    @on(Input.Blurred)
    def _left(self, event: Input.Submitted | Input.Blurred) -> None:
        event.stop()
        self._hand_over()

    def take(self) -> str | None:
        """What stands in the field, if it is another text than before; it counts as taken then."""
        text = self.typed
        if text == self._settled:
            return None
        self._settled = text
        return text

    def _hand_over(self) -> None:
        text = self.take()
        if text is not None:
            self.post_message(self.Entered(self.field, text))


class Form(VerticalScroll, can_focus=False):
    """All rows. Rebuilt only where the rows themselves are others."""

    DEFAULT_CSS = """
    Form { padding: 0 1; }
    Form .why { display: none; margin-bottom: 1; }
    Form .why.-said { display: block; }
    Form .heading { text-style: bold; margin-top: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        ("down", "app.focus_next", ""),
        ("up", "app.focus_previous", ""),
        ("escape", "leave", ""),
    ]

    def __init__(self, *, frozen: bool = False) -> None:
        super().__init__(id="form")
        self._rows: tuple[Row, ...] = ()
        self._frozen = frozen

    def compose(self) -> ComposeResult:
        """Nothing yet."""
        yield Static("", markup=False, classes="why")

    def say(self, why: str) -> None:
        """Above the rows: why something is not there."""
        above = self.query_one(".why", Static)
        above.set_class(bool(why), "-said")
        above.update(Content(why))

    async def show(self, rows: Sequence[Row], values: Mapping[Keys, Shown], sign: str) -> None:
        """Rows, and what stands in each."""
        if tuple(rows) != self._rows:
            used = self.entry_in_use
            focused = used.field.path if used is not None else None
            self._rows = tuple(rows)
            if focused is not None:
                # Else it goes on to the YAML when its field goes, where the places' keys are text.
                self.screen.set_focus(None)
            await self._take_out()
            await self.mount_all(
                Static(Content(row.label), classes="heading")
                if isinstance(row, Heading)
                else Entry(row, values.get(row.path, Shown()), disabled=self._frozen)
                for row in rows
            )
            if focused is not None and self.screen.focused is None and not self.focus_on(focused):
                self.focus_on(())
        for entry in self.entries:
            entry.disabled = self._frozen
            entry.show(values.get(entry.field.path, Shown()), sign)

    def hold(self, why: str) -> None:
        """Let the rows be read and not be changed until the next :meth:`show`."""
        if self.entry_in_use is not None:
            # Else the focus goes on to the YAML, where the places' keys are text.
            self.screen.set_focus(None)
        for entry in self.entries:
            entry.disabled = True
        self.say(why)

    async def empty(self, why: str) -> None:
        """No rows, and a sentence in their place."""
        self._rows = ()
        await self._take_out()
        self.say(why)

    async def _take_out(self) -> None:
        await self.remove_children(".heading, Entry")

    @property
    def entries(self) -> list[Entry]:
        """The rows that are fields."""
        return list(self.query(Entry))

    @property
    def entry_in_use(self) -> Entry | None:
        """The one that has the focus."""
        return next((entry for entry in self.entries if entry.has_focus_within), None)

    def focus_on(self, path: Keys | None) -> bool:
        """Go to the field at ``path`` or below it."""
        for entry in self.entries:
            if path is not None and entry.field.path[: len(path)] == path and not entry.disabled:
                entry.query("Input, Select").first().focus()
                return True
        return False

    def note(self, values: Mapping[Keys, Shown], sign: str) -> None:
        """Only what is beside the fields: something is being typed."""
        for entry in self.entries:
            if entry.field.path in values:
                entry.note(values[entry.field.path], sign)

    def action_leave(self) -> None:
        """Back to keys that are commands."""
        self.screen.set_focus(None)

"""The configuration: a form of all fields beside the YAML, both of the same document."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from textual import on
from textual.timer import Timer
from textual.widgets import TextArea

from holodeck_tui.config.document import Document, YamlError
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.ui.actions import Action, bindings, key_name
from holodeck_tui.ui.backend import background
from holodeck_tui.ui.editing import AGENT, OVERLAY, Look, Part, entered, look
from holodeck_tui.ui.editor_words import held_form_words, no_form_words
from holodeck_tui.ui.form_fields import FormField, Keys
from holodeck_tui.ui.same_key import path_at, place_of
from holodeck_tui.ui.screens.telling import TellingScreen
from holodeck_tui.ui.widgets.form import Entry
from holodeck_tui.ui.widgets.yaml_pane import YamlPane

# After the last key, before what was typed is judged; and how often the disk is looked at. In seconds.
_TYPED, _DISK = 0.25, 2.0

ACTIONS = (
    Action("config.save", "ctrl+s", "save", "See what changes, then write it.", changes=True, priority=True),
    Action(
        "config.disk",
        "f5",
        "changed on disk",
        "Reload a file that was changed on the disk too, keep yours, or see the difference.",
        when=lambda screen: screen.apart,
        priority=True,
    ),
    Action("config.undo", "ctrl+z", "undo", "Take the last change back.", changes=True),
    Action("config.redo", "ctrl+y", "redo", "Make it again.", changes=True, footer=False),
    Action("config.other", "f2", "form/YAML", "Go to the other pane.", priority=True),
    Action("config.part", "f3", "next tab", "agent.yaml, deploy.yaml, each environment.", priority=True),
    Action("config.problem", "f8,n", "next problem", "Go to the next line that has a problem."),
    Action(
        "config.editor", "ctrl+e", "$EDITOR", "Open the file in your own editor.", changes=True, priority=True
    ),
)


class EditorScreen(TellingScreen):
    """One tab at a time; each file keeps its edits while another tab is shown."""

    CSS_PATH = "editor.tcss"
    ACTIONS = ACTIONS
    BINDINGS: ClassVar = bindings(ACTIONS)
    # Not the YAML: who comes by a place's key and goes on by the next one would type it into the file.
    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 - Textual declares it so

    def __init__(self) -> None:
        super().__init__()
        self._look: Look | None = None
        # Of the last look, and of the last at what was handed over: one at what is typed does not end it.
        self._number = self._judged = 0
        self._typing: Timer | None = None

    async def on_mount(self) -> None:
        """Open both files."""
        self._pane.read_only = self.holodeck.read_only
        try:
            self.open_files()
        except DeploymentError as error:
            self._tell(error.in_one, wrong=True)
            return
        self.show_text()
        self.set_interval(_DISK, self.look_at_disk)

    def action_show_part(self, number: int) -> None:
        """A tab."""
        if self._files and number < len(self._parts) and self._parts[number] != self._part:
            self.settle()
            self._part = self._parts[number]
            self._look = None
            self.show_text()

    @property
    def typing(self) -> bool:
        """In the YAML, or in a field that was not left yet."""
        return self._pane.touched or any(entry.pending for entry in self._form.entries)

    @property
    def apart(self) -> bool:
        """Whether the file was changed both here and on the disk."""
        return bool(self._files) and self.file.moved

    def show_text(self) -> None:
        """In the pane, then in the form."""
        if self._pane.text != self.file.text or self._pane.touched:
            self._pane.give(self.file.text)
        self._judge()

    def follow(self) -> None:
        """Judge anew; what is typed into the pane stays."""
        if self._pane.touched:
            self._try_text()
        else:
            self.show_text()

    def _judge(self) -> None:
        """Evaluate the file as it is edited now."""
        self._number += 1
        self._judged = self._number
        names = self._files[OVERLAY].environments()
        self._parts = (Part(AGENT), Part(OVERLAY), *(Part(OVERLAY, name) for name in names))
        if self._part not in self._parts:
            # The environment is gone: the same file's first tab, for the pane shows that file.
            self._part, self._look = Part(self._part.kind), None
        key, overlay = key_name(self.app, "config.problem"), self._part.kind == OVERLAY
        if self.file.error is not None:
            if self._look is None:
                # Another tab's form would stay.
                words = no_form_words(key, overlay=overlay and not names)
                self.call_later(self._form.empty, words)
            else:
                self._form.hold(held_form_words(key))
            self._no_yaml(self.file.error)
            return
        self._ask(self.file.copy(), partial(self._looked, self._number))

    def _ask(self, document: Document, then: Callable[[Look], Any]) -> None:
        launch, part = self.holodeck.launch, self._part
        background(self, partial(look, launch, part, document), then, self.failed)

    async def _looked(self, number: int, seen: Look) -> None:
        if number != self._judged:
            return
        first, self._look = self._look is None, seen
        form = self._form
        form.say(self._missing(seen))
        await form.show(seen.rows, seen.values, self.holodeck.glyphs.bad)
        if first and self.focused is None and not self.holodeck.read_only:
            form.focus_on(())
        if number == self._number:
            self._mark(seen.problems)

    @on(Entry.Entered)
    def _entered(self, event: Entry.Entered) -> None:
        if type(event) is Entry.Entered:
            self._enter(event.field, event.text)
            self.show_text()

    def _enter(self, field: FormField, text: str) -> None:
        if self.file.error is not None:
            self.notify("The YAML must be valid first.", severity="warning")
            return
        try:
            self.file.set((*self._part.prefix, *field.path), entered(field, text))
        except (DeploymentError, ValueError) as error:
            self.notify(self._clean(str(error)), severity="error", markup=False)

    @on(Entry.Typed)
    def _typed(self, event: Entry.Typed) -> None:
        self._soon(partial(self._try_field, event.field, event.text))

    def _try_field(self, field: FormField, text: str) -> None:
        """What the problems would be; nothing is changed."""
        if self.file.error is not None:
            return
        document = self.file.copy()
        path = (*self._part.prefix, *field.path)
        try:
            value = entered(field, text)
            document.remove(path, prune=True) if value is None else document.set(path, value)
        except (DeploymentError, ValueError) as error:
            self._tell(str(error), wrong=True)
            return
        self._number += 1
        self._ask(document, partial(self._tried, self._number))

    def _tried(self, number: int, seen: Look) -> None:
        if number == self._number:
            self._form.note(seen.values, self.holodeck.glyphs.bad)
            self._mark(seen.problems)

    @on(TextArea.Changed)
    def _text_typed(self) -> None:
        if self._files and self._pane.touched:
            self._soon(self._try_text)

    def _try_text(self) -> None:
        try:
            document = Document.parse(self._pane.text.encode(), self.file.path)
        except YamlError as error:
            self._number += 1
            self._no_yaml(error)
            return
        self._number += 1
        self._ask(document, partial(self._tried, self._number))

    def _soon(self, call: Callable[[], object]) -> None:
        if self._typing is not None:
            self._typing.stop()
        self._typing = self.set_timer(_TYPED, call)

    @on(YamlPane.Left)
    def _pane_left(self, event: YamlPane.Left) -> None:
        self.file.take(event.text)
        self.show_text()

    @on(TextArea.SelectionChanged)
    def _moved(self) -> None:
        if self._files:
            self._explain()

    def on_descendant_focus(self) -> None:
        """Another field."""
        self._explain()

    def settle(self) -> None:
        """Take what is typed and not handed over yet."""
        if self._typing is not None:
            self._typing.stop()
        if self._pane.touched:
            self.file.take(self._pane.text)
        for entry in self._form.entries:
            text = entry.take()
            if text is not None:
                self._enter(entry.field, text)

    @on(YamlPane.Undo)
    def action_undo(self) -> None:
        """Back."""
        self.settle()
        self.file.undo()
        self.show_text()

    @on(YamlPane.Redo)
    def action_redo(self) -> None:
        """Forth; what was typed since an undo is kept, and there is nothing to make again then."""
        self.settle()
        self.file.redo()
        self.show_text()

    def action_other(self) -> None:
        """The other pane, at the same key where both have it."""
        to_form = self.focused is self._pane
        self.set_class(not to_form, "-yaml")
        if to_form:
            if not self._form.focus_on(self._field_here()) and not self._form.focus_on(()):
                self.set_focus(None)
            return
        entry = self._form.entry_in_use
        if entry is not None and self.file.error is None:
            place = place_of(self.file.document, (*self._part.prefix, *entry.field.path))
            if place is not None:
                self._pane.go_to(*place)
        self._pane.focus()

    def _field_here(self) -> Keys | None:
        """The path of the field at the cursor of the pane."""
        try:
            document = Document.parse(self._pane.text.encode(), self.file.path)
        except YamlError:
            return None
        paths = [entry.field.path for entry in self._form.entries]
        return path_at(document, self._part.prefix, paths, self._pane.cursor_location)

    def action_part(self) -> None:
        """The next tab."""
        self.action_show_part((self._parts.index(self._part) + 1) % len(self._parts))

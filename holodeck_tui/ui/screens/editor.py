"""The configuration: a form of all fields beside the YAML, both of the same document."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult, SuspendNotSupported
from textual.containers import Horizontal
from textual.content import Content
from textual.style import Style
from textual.timer import Timer
from textual.widgets import Static, TextArea

from holodeck_tui.config.document import Document, YamlError
from holodeck_tui.config.sources import OVERLAY_FILE, Problem
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.ui.actions import Action, bindings
from holodeck_tui.ui.backend import background
from holodeck_tui.ui.edited_file import EditedFile
from holodeck_tui.ui.editing import AGENT, OVERLAY, Look, Part, entered, look, overlay_path, refusals
from holodeck_tui.ui.form_fields import FormField
from holodeck_tui.ui.own_editor import editor_words, run_editor
from holodeck_tui.ui.screens.base import PlaceScreen
from holodeck_tui.ui.widgets.form import Entry, Form
from holodeck_tui.ui.widgets.yaml_pane import YamlPane

# After the last key, before what was typed is judged; and how often the disk is looked at. In seconds.
_TYPED, _DISK = 0.25, 2.0

ACTIONS = (
    Action("config.save", "ctrl+s", "save", "See what changes, then write it.", changes=True, priority=True),
    Action("config.undo", "ctrl+z", "undo", "Take the last change back.", changes=True),
    Action("config.redo", "ctrl+y", "redo", "Make it again.", changes=True, footer=False),
    Action("config.other", "f2", "form/YAML", "Go to the other pane.", priority=True),
    Action("config.part", "f3", "next tab", "agent.yaml, deploy.yaml, each environment.", priority=True),
    Action("config.problem", "f8,n", "next problem", "Go to the next line that has a problem."),
    Action(
        "config.editor", "ctrl+e", "$EDITOR", "Open the file in your own editor.", changes=True, priority=True
    ),
)


class EditorScreen(PlaceScreen):
    """One tab at a time; each file keeps its edits while another tab is shown."""

    CSS_PATH = "editor.tcss"
    ACTIONS = ACTIONS
    BINDINGS: ClassVar = bindings(ACTIONS)
    # Not the YAML: who comes by a place's key and goes on by the next one would type it into the file.
    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 - Textual declares it so

    def __init__(self) -> None:
        super().__init__()
        self._parts: tuple[Part, ...] = (Part(AGENT), Part(OVERLAY))
        self._part = self._parts[0]
        self._files: dict[str, EditedFile] = {}
        self._look: Look | None = None
        self._number = 0
        self._typing: Timer | None = None
        self._asked = False
        self._lines: tuple[Problem, ...] = ()

    def content(self) -> ComposeResult:
        """Tabs, form beside YAML, one line about the field or problem."""
        yield Static("", id="editor-title")
        with Horizontal(id="editor-body"):
            yield Form(frozen=self.holodeck.read_only)
            yield YamlPane(unicode=self.holodeck.glyphs.unicode)
        yield Static("", id="editor-told", markup=False)

    @property
    def file(self) -> EditedFile:
        """The file of the tab that is shown."""
        return self._files[self._part.kind]

    @property
    def _pane(self) -> YamlPane:
        return self.query_one(YamlPane)

    async def on_mount(self) -> None:
        """Open both files."""
        launch = self.holodeck.launch
        self._pane.read_only = self.holodeck.read_only
        try:
            self._files = {AGENT: EditedFile(launch.agent), OVERLAY: EditedFile(overlay_path(launch))}
        except DeploymentError as error:
            self._tell(f"{error} {error.remedy}", wrong=True)
            return
        self._show_text()
        self.set_interval(_DISK, self._look_at_disk)

    def action_show_part(self, number: int) -> None:
        """A tab."""
        if self._files and number < len(self._parts) and self._parts[number] != self._part:
            self._settle()
            self._part = self._parts[number]
            self._look = None
            self._show_text()

    def _show_text(self) -> None:
        if self._pane.text != self.file.text or self._pane.touched:
            self._pane.give(self.file.text)
        self._judge()

    def _judge(self) -> None:
        """Evaluate the file as it is edited now."""
        self._number += 1
        if self.file.error is not None:
            self._no_yaml(self.file.error)
            return
        self._ask(self.file.copy(), partial(self._looked, self._number))

    def _ask(self, document: Document, then: Callable[[Look], Any]) -> None:
        launch, part = self.holodeck.launch, self._part
        background(self, partial(look, launch, part, document), then, self._not_looked)

    async def _looked(self, number: int, seen: Look) -> None:
        if number != self._number:
            return
        first, self._look = self._look is None, seen
        sign = self.holodeck.glyphs.bad
        parts = (Part(AGENT), Part(OVERLAY), *(Part(OVERLAY, name) for name in seen.environments))
        if parts != self._parts:
            self._parts = parts
            self._part = self._part if self._part in parts else parts[0]
        form = self.query_one(Form)
        await form.show(seen.rows, seen.values, sign)
        if first and self.focused is None and form.entries and not self.holodeck.read_only:
            self.set_focus(form.entries[0].query("Input, Select").first())
        self._mark(seen.problems)

    def _not_looked(self, error: DeploymentError) -> None:
        self._tell(f"{error} {error.remedy}", wrong=True)

    def _no_yaml(self, error: YamlError) -> None:
        text = f"not valid YAML: {self._clean(error.message)}"
        self._mark((Problem(self.file.path.name, error.line, error.column, "", text),))

    def _mark(self, problems: tuple[Problem, ...]) -> None:
        name = self.file.path.name
        self._lines = tuple(one for one in problems if one.file == name)
        self._pane.mark({one.line: one.severity for one in reversed(self._lines)})
        self._title(problems)
        self._explain()

    def _title(self, problems: tuple[Problem, ...]) -> None:
        errors = sum(1 for one in problems if one.severity == "error")
        warnings = len(problems) - errors
        parts: list[str | tuple[str, str | Style]] = []
        for number, part in enumerate(self._parts):
            name = part.environment or (self.holodeck.launch.agent.name if part.is_agent else OVERLAY_FILE)
            click = Style.from_meta({"@click": f"screen.show_part({number})"})
            here = part == self._part
            parts.append((f" {self._clean(name)} ", Style(bold=here, reverse=here) + click))
        if self.file.changed or self._pane.touched:
            parts.append(("   modified", "$warning"))
        if errors:
            parts.append((f"   {self.holodeck.glyphs.bad} {errors} problem{'s' * (errors != 1)}", "$error"))
        if warnings:
            parts.append((f"   {warnings} warning{'s' * (warnings != 1)}", "$warning"))
        if not problems:
            parts.append((f"   {self.holodeck.glyphs.ok} valid", "$success"))
        self.query_one("#editor-title", Static).update(Content.assemble(*parts))
        self.refresh_bindings()

    def _explain(self) -> None:
        """The problem of the line or the words of the field that is focused; else the first problem."""
        focused = self.focused
        entry = next((one for one in self.query(Entry) if one.has_focus_within), None)
        if focused is self._pane:
            line = self._pane.cursor_location[0] + 1
            here = [one for one in self._lines if one.line == line]
            if here:
                self._tell(self._words(here[0]), wrong=here[0].severity == "error")
                return
        elif entry is not None:
            field = entry.field
            default = f"  default {field.default}" if field.default else ""
            choices = f"  one of {', '.join(field.choices)}" if field.choices else ""
            self._tell(f"{'.'.join(field.path)}: {field.help}{choices}{default}", wrong=False)
            return
        first = next(iter(self._lines), None)
        self._tell(self._words(first) if first else "", wrong=first is not None and first.severity == "error")

    def _words(self, problem: Problem) -> str:
        subject = f"{problem.path}: " if problem.path else ""
        return f"line {problem.line}: {subject}{problem.message}"

    def _tell(self, text: str, *, wrong: bool) -> None:
        told = self.query_one("#editor-told", Static)
        told.set_class(wrong, "-wrong")
        told.update(Content(self._clean(text)))

    @on(Entry.Entered)
    def _entered(self, event: Entry.Entered) -> None:
        if type(event) is Entry.Entered:
            self._enter(event.field, event.text)
            self._show_text()

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
            self.query_one(Form).note(seen.values, self.holodeck.glyphs.bad)
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
        self._show_text()

    @on(TextArea.SelectionChanged)
    def _moved(self) -> None:
        if self._files:
            self._explain()

    def on_descendant_focus(self) -> None:
        """Another field."""
        self._explain()

    def _settle(self) -> None:
        """Take what is typed and not handed over yet."""
        if self._typing is not None:
            self._typing.stop()
        if self._pane.touched:
            self.file.take(self._pane.text)
        for entry in self.query_one(Form).entries:
            text = entry.take()
            if text is not None:
                self._enter(entry.field, text)

    @on(YamlPane.Undo)
    def action_undo(self) -> None:
        """Back."""
        self._settle()
        self.file.undo()
        self._show_text()

    @on(YamlPane.Redo)
    def action_redo(self) -> None:
        """Forth; what was typed since an undo is kept, and there is nothing to make again then."""
        self._settle()
        self.file.redo()
        self._show_text()

    def action_other(self) -> None:
        """The other pane."""
        to_form = self.focused is self._pane
        self.set_class(not to_form, "-yaml")
        if to_form:
            entries = self.query_one(Form).entries
            if entries:
                entries[0].query("Input, Select").first().focus()
            else:
                self.set_focus(None)
        else:
            self._pane.focus()

    def action_part(self) -> None:
        """The next tab."""
        self.action_show_part((self._parts.index(self._part) + 1) % len(self._parts))

    def action_problem(self) -> None:
        """The next problem below the cursor, or the first."""
        if not self._lines:
            self.notify("There is no problem in this file.", timeout=2)
            return
        line = self._pane.cursor_location[0] + 1
        following = next((one for one in self._lines if one.line > line), self._lines[0])
        self.add_class("-yaml")
        self._pane.focus()
        self._pane.move_cursor((following.line - 1, max(0, following.column - 1)), center=True)
        self._explain()

    def action_save(self) -> None:
        """What changes, then the question."""
        if not self._files:
            return
        self._settle()
        self._show_text()
        if not self.file.changed:
            self.notify("There is nothing to save.", timeout=2)
            return
        background(
            self,
            partial(refusals, self.holodeck.launch, self.file),
            self._ask_to_save,
            self._not_looked,
        )

    def unsaved(self) -> tuple[tuple[str, ...], list[str]]:
        """What is typed counts too."""
        if not self._files:
            return (), []
        self._settle()
        self._show_text()
        changed = [file for file in self._files.values() if file.changed]
        lines = [line for file in changed for line in (f"{file.path.name}:", *file.diff())]
        return tuple(self._clean(file.path.name) for file in changed), self._lines_of(lines)

    def save_all(self, saved: Callable[[], object]) -> None:
        """One file after the other; stays at the first that cannot be written."""
        changed = next((kind for kind, file in self._files.items() if file.changed), None)
        if changed is None:
            saved()
            return
        background(
            self,
            partial(refusals, self.holodeck.launch, self._files[changed]),
            partial(self._save_next, changed, saved),
            self._not_looked,
        )

    def _save_next(self, kind: str, saved: Callable[[], object], problems: list[str]) -> None:
        if not problems:
            self._write(kind)
        if not self._files[kind].changed:
            self.save_all(saved)
            return
        self.holodeck.switch_mode("config")
        self.action_show_part(self._parts.index(Part(kind)))
        if problems:
            self._ask_to_save(problems)

    def _ask_to_save(self, problems: list[str]) -> None:
        from holodeck_tui.ui.screens.diff import DiffScreen

        name = self.file.path.name
        cleaned = [self._clean(one) for one in problems]
        self.app.push_screen(
            DiffScreen(f"Write {name}?", self._lines_of(self.file.diff()), cleaned), self._save
        )

    def _lines_of(self, diff: list[str]) -> list[str]:
        return [self._clean(line.expandtabs(4)) for line in diff]

    def _save(self, answer: bool | None) -> None:
        if answer:
            self._write(self._part.kind)

    def _write(self, kind: str) -> None:
        file = self._files[kind]
        try:
            file.save()
        except DeploymentError as error:
            self.notify(self._clean(f"{error} {error.remedy}"), severity="error", markup=False)
            self._look_at_disk()
            return
        self.notify(f"{file.path.name} is written.", markup=False, timeout=3)
        self.holodeck.fleet.again()
        self._judge()

    def action_editor(self) -> None:
        """The user's own."""
        if not self._files:
            return
        self._settle()
        if self.file.changed:
            self.notify("Save or undo your changes first: the editor opens the file on the disk.")
            return
        environ = self.holodeck.launch.environ
        try:
            words = editor_words(environ)
            with self.app.suspend(), self.holodeck.interrupts_are_for_another():
                run_editor(words, self.file.path, environ)
        except SuspendNotSupported:
            self.notify("This terminal cannot be handed over.", severity="warning")
        except DeploymentError as error:
            text = f"{error.message} {error.reason}. {error.remedy}"
            self.notify(self._clean(text), severity="error", markup=False)
        self._look_at_disk()

    def _look_at_disk(self) -> None:
        if self._asked or not self.file.moved():
            return
        if not self.file.changed and not self._pane.touched:
            self._reload()
            return
        if not self.is_current:
            return
        from holodeck_tui.ui.screens.choose import ChooseScreen

        self._asked = True
        self.app.push_screen(
            ChooseScreen(
                f"{self.file.path.name} was changed on the disk.",
                ["reload", "keep mine", "show the difference"],
                [
                    "What is on the disk replaces what is edited here; undo brings it back.",
                    "Go on here; saving replaces what is on the disk now.",
                    "From what is on the disk to what is edited here.",
                ],
            ),
            self._answered,
        )

    def _answered(self, answer: int | None) -> None:
        self._asked = False
        if answer == 0:
            self._reload()
        elif answer == 1:
            self._settle()
            self.file.keep()
            self._show_text()
        elif answer == 2:
            from holodeck_tui.ui.screens.diff import DiffScreen

            self._asked = True
            title = f"{self.file.path.name}: from the disk (-) to here (+)"
            self.app.push_screen(
                DiffScreen(title, self._lines_of(self.file.disk_diff()), ask=False), self._seen
            )

    def _seen(self, _answer: bool | None) -> None:
        self._asked = False
        self._look_at_disk()

    def _reload(self) -> None:
        try:
            self.file.reload()
        except DeploymentError as error:
            self._not_looked(error)
            return
        self._pane.give(self.file.text)
        self._judge()

    def _clean(self, text: str) -> str:
        return self.holodeck.backend.redactor.clean(text)

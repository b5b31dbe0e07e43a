"""How the shown file stands: its tabs, the lines that have problems, and what is told of them."""

from __future__ import annotations

from functools import partial

from textual import getters
from textual.app import ComposeResult
from textual.containers import Horizontal

from holodeck_tui.config.document import YamlError
from holodeck_tui.config.sources import Problem
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.ui.actions import key_name, key_names
from holodeck_tui.ui.editing import Look
from holodeck_tui.ui.editor_words import (
    NO_FILE,
    Tabs,
    field_words,
    new_file_words,
    problem_facts,
    problem_words,
    title_words,
    unread_words,
)
from holodeck_tui.ui.explaining import Facts
from holodeck_tui.ui.screens.files import FilesScreen
from holodeck_tui.ui.widgets.file_tabs import FileTabs
from holodeck_tui.ui.widgets.form import Form
from holodeck_tui.ui.widgets.told_line import ToldLine
from holodeck_tui.ui.widgets.yaml_pane import YamlPane


class TellingScreen(FilesScreen):
    """Form and YAML of the shown tab, and what there is to say of them."""

    _pane = getters.query_one(YamlPane)
    _form = getters.query_one(Form)

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[Problem, ...] = ()

    def content(self) -> ComposeResult:
        """Tabs, form beside YAML, one line about the field or problem."""
        yield FileTabs()
        with Horizontal(id="editor-body"):
            yield Form(frozen=self.holodeck.read_only)
            yield YamlPane(unicode=self.holodeck.glyphs.unicode)
        yield ToldLine()

    def _missing(self, seen: Look) -> str:
        """What the form does not show, and why; in the pane, that there is no file yet."""
        said = [unread_words(one) for one in seen.unread]
        if self.file.is_new:
            key = "" if self.holodeck.read_only else key_name(self.app, "config.save")
            said.insert(0, new_file_words(self.holodeck.launch.agent.name, key))
        self._pane.placeholder = NO_FILE if self.file.is_new else ""
        return self._clean("\n".join(said))

    def failed(self, error: DeploymentError) -> None:
        """In the line below."""
        self._tell(error.in_one, wrong=True)

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
        tabs = Tabs(self._parts, self._part, self.holodeck.launch.agent.name)
        modified = self.file.changed or self.typing
        glyphs = self.holodeck.glyphs
        words = partial(title_words, tabs, problems, glyphs, modified=modified, moved=self.file.moved)
        self.query_one(FileTabs).show(words)
        self.refresh_bindings()

    def _explain(self) -> None:
        """The problem of the line or the words of the field that is focused; else the first problem."""
        entry = self._form.entry_in_use
        if entry is not None and self.file.error is None:
            self._tell(field_words(entry.field, entry.wrong), wrong=bool(entry.wrong))
            return
        shown = next(iter(self._lines), None)
        if self.focused is self._pane:
            line = self._pane.cursor_location[0] + 1
            shown = next((one for one in self._lines if one.line == line), shown)
        wrong = shown is not None and shown.severity == "error"
        self._tell(problem_words(shown) if shown else "", wrong=wrong)

    def _tell(self, text: str, *, wrong: bool) -> None:
        more = f"({key_names(self.app, 'app.help')[-1]} more)"
        self.query_one(ToldLine).tell(self._clean(text), more, wrong=wrong)

    def explain(self) -> Facts:
        """For the help where no field is focused: all problems of the file."""
        facts = problem_facts(self.file.path.name, self._lines) if self._files else ()
        return tuple((word, self._clean(said)) for word, said in facts)

    def action_problem(self) -> None:
        """The next problem below the cursor, or the first."""
        if not self._lines:
            self.notify("There is no problem in this file.", timeout=2)
            return
        line = self._pane.cursor_location[0] + 1
        following = next((one for one in self._lines if one.line > line), self._lines[0])
        self.add_class("-yaml")
        self._pane.focus()
        self._pane.go_to(following.line - 1, max(0, following.column - 1))
        self._explain()

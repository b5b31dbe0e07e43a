"""Setup: what this machine and its logins are ready for, and the first target written into the files."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.checks import Check
from holodeck_tui.deployers.discovery import Found
from holodeck_tui.ui.actions import Action, bindings, key_name
from holodeck_tui.ui.backend import background
from holodeck_tui.ui.screens.base import PlaceScreen
from holodeck_tui.ui.setting_up import TARGETS, Proposed, Wanted, diagnose, look_around, propose, wanted

# Findings mend themselves while they are looked at: seconds from an answer to the next question.
_AGAIN = 30.0
# Cells: room that is kept for a scroll bar, and what a finding is broken to at least.
_SCROLLBAR, _NARROWEST = 2, 20

ACTIONS = (
    Action("setup.target", "t", "choose a target", "Where the agent shall run.", changes=True),
    Action("setup.check", "v", "check again", "Look at everything again, now."),
    Action("setup.remedy", "y", "copy the remedy", "Copy what to do about the finding."),
    Action("setup.deploy", "d", "to the pipeline", "See the plan, then deploy."),
)
_LOOKS = {
    "ok": ("✔", "+", "$success"),
    "warn": ("▲", "!", "$warning"),
    "fail": ("✖", "x", "$error"),
    "skip": ("?", "?", "$secondary"),
}


class SetupScreen(PlaceScreen):
    """Every step can be skipped and done again: nothing is written before a diff was answered with yes."""

    CSS_PATH = "setup.tcss"
    ACTIONS = ACTIONS
    BINDINGS: ClassVar = bindings(ACTIONS)

    def __init__(self) -> None:
        super().__init__()
        self._checks: tuple[Check, ...] = ()
        self._asking = False
        self._target: str | None = None

    def content(self) -> ComposeResult:
        """A sentence, the findings, what to do about the one that is marked."""
        yield Static("", id="setup-title")
        yield OptionList(id="setup-found")
        yield Static("", id="setup-told", markup=False)

    def on_mount(self) -> None:
        """Look."""
        self.query_one(OptionList).focus()
        self._say("Looking at this machine, the agent and its target …")
        self.set_interval(_AGAIN, self._again)
        self.action_check()

    def _again(self) -> None:
        if self.is_current:
            self.action_check()

    def action_check(self) -> None:
        """Ask doctor; one question at a time."""
        if self._asking:
            return
        self._asking = True
        background(self, partial(diagnose, self.holodeck.backend, self._target), self._found, self._not_found)

    def _found(self, checks: tuple[Check, ...]) -> None:
        self._asking = False
        changed, self._checks = checks != self._checks, checks
        bad = sum(1 for check in checks if check.status == "fail")
        if bad:
            self._say(
                f"{bad} finding{'s' * (bad != 1)} to mend. {self._key('target')} chooses a target, "
                f"{key_name(self.app, 'app.config')} edits the files."
            )
        else:
            deploy, target = self._key("deploy"), self._key("target")
            self._say(f"Ready: {deploy} shows the plan and deploys. {target} chooses a target.")
        if changed:
            self._draw()

    def _draw(self) -> None:
        checks = self._checks
        found = self.query_one(OptionList)
        at = found.highlighted
        found.clear_options()
        found.add_options([Option(self._line(check)) for check in checks])
        found.highlighted = min(at or 0, len(checks) - 1) if checks else None

    def _not_found(self, error: DeploymentError) -> None:
        self._asking = False
        self._say(f"{error} {error.remedy}")

    def on_resize(self) -> None:
        """The findings are broken anew."""
        self.call_after_refresh(self._draw)

    def _line(self, check: Check) -> Content:
        """What does not fit goes on below its beginning."""
        glyph, plain, colour = _LOOKS[check.status]
        sign = glyph if self.holodeck.glyphs.unicode else plain
        name = f"{self._clean(check.name):<16} "
        room = self.query_one(OptionList).content_size.width - _SCROLLBAR - cell_len(name) - 2
        detail = Text(self._clean(check.detail)).wrap(self.app.console, max(room, _NARROWEST))
        below = "\n" + " " * (cell_len(name) + 2)
        return Content.assemble(
            (f"{sign} ", colour), (name, "bold"), below.join(line.plain.rstrip() for line in detail)
        )

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """What to do about it."""
        remedy = self._checks[event.option_index].remedy if event.option_index < len(self._checks) else ""
        text = f"Do: {self._clean(remedy)}   ({self._key('remedy')} copies it)" if remedy else ""
        self.query_one("#setup-told", Static).update(Content(text))

    def action_remedy(self) -> None:
        """Copy."""
        at = self.query_one(OptionList).highlighted
        remedy = self._clean(self._checks[at].remedy) if at is not None and at < len(self._checks) else ""
        if remedy:
            self.app.copy_to_clipboard(remedy)
            self.notify("Copied.", timeout=2)

    def action_deploy(self) -> None:
        """To the plan."""
        self.holodeck.action_go("pipeline")

    def action_target(self) -> None:
        """Choose one."""
        from holodeck_tui.ui.screens.choose import ChooseScreen

        names = list(TARGETS)
        self.app.push_screen(
            ChooseScreen(
                "Where shall the agent run?",
                [TARGETS[name][0] for name in names],
                [TARGETS[name][1] for name in names],
            ),
            lambda at: self._chosen(names[at]) if at is not None else None,
        )

    def _chosen(self, target: str) -> None:
        self._target = target
        if target == "local":
            self._propose(target, (), [])
            return
        self._say(f"Asking what your login sees of {TARGETS[target][0]} …")
        look = partial(look_around, self.holodeck.backend, target)
        background(self, look, partial(self._ask, target), self._refused)

    def _ask(self, target: str, found: Found) -> None:
        from holodeck_tui.ui.screens.answers import AnswersScreen

        # Whoever went on meanwhile is not called back, nor is one who chose another target.
        if target != self._target or not self.is_current:
            return
        told = [TARGETS[target][1]]
        if found.identity:
            told.append(f"{self.holodeck.glyphs.ok} {found.identity}")
        if found.error is not None:
            told.append(f"{self.holodeck.glyphs.bad} {found.error.message} Do: {found.error.remedy}")
        self._say(f"{self._key('target')} chooses a target, {self._key('deploy')} shows the plan.")
        seen = {name: tuple(self._clean(value) for value in values) for name, values in found.choices.items()}
        questions = wanted(target, self._agent_name(), seen)
        self.app.push_screen(
            AnswersScreen(TARGETS[target][0], "\n".join(self._clean(one) for one in told), questions),
            lambda answers: self._propose(target, questions, answers) if answers is not None else None,
        )

    def _agent_name(self) -> str:
        from holodeck_tui.ui.edited_file import EditedFile

        try:
            data = EditedFile(self.holodeck.launch.agent).document.data
        except DeploymentError:
            return ""
        return str(data.get("name", "")) if isinstance(data, dict) else ""

    def _propose(self, target: str, questions: tuple[Wanted, ...], answers: list[str]) -> None:
        given = [(one.path, answer) for one, answer in zip(questions, answers, strict=True)]
        background(self, partial(propose, self.holodeck.launch, target, given), self._show, self._refused)

    def _refused(self, error: DeploymentError) -> None:
        self.notify(self._clean(f"{error}. {error.remedy}"), severity="warning", markup=False)
        self.action_check()

    def _show(self, proposed: Proposed) -> None:
        from holodeck_tui.ui.screens.diff import DiffScreen

        lines = [line for file in proposed.files for line in (f"{file.path.name}:", *file.diff())]
        diff = [self._clean(line.expandtabs(4)) for line in (lines if len(proposed.files) > 1 else lines[1:])]
        problems = [self._clean(one) for one in proposed.problems]
        title = f"Write {proposed.names}?"
        self.app.push_screen(DiffScreen(title, diff, problems), partial(self._write, proposed))

    def _write(self, proposed: Proposed, answer: bool | None) -> None:
        if not answer:
            return
        try:
            for file in proposed.files:
                file.save()
        except DeploymentError as error:
            self._refused(error)
            return
        self.notify(f"{proposed.names}: written. {self._key('deploy')} shows the plan.", markup=False)
        self.holodeck.fleet.again()
        self.action_check()

    def _say(self, text: str) -> None:
        self.query_one("#setup-title", Static).update(Content(self._clean(text)))

    def _key(self, name: str) -> str:
        return key_name(self.app, f"setup.{name}")

    def _clean(self, text: str) -> str:
        return self.holodeck.backend.redactor.clean(text)

"""Setup: what this machine and its logins are ready for, and the first target written into the files."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.remedy import pasteable
from holodeck_tui.deployers.checks import Check
from holodeck_tui.ui.actions import Action, bindings, key_name
from holodeck_tui.ui.backend import background
from holodeck_tui.ui.copying import copiable, copy
from holodeck_tui.ui.findings import Logins, line
from holodeck_tui.ui.screens.base import PlaceScreen
from holodeck_tui.ui.screens.setup_guide import Guide
from holodeck_tui.ui.setting_up import Survey, prove_logins, survey
from holodeck_tui.ui.widgets.lists import Lines

if TYPE_CHECKING:
    from holodeck_tui.pipeline.discover import Login

# Findings mend themselves while they are looked at: seconds from an answer to the next question.
_AGAIN = 30.0
# Cells that are kept for a scroll bar.
_SCROLLBAR = 2

ACTIONS = (
    Action("setup.target", "t", "choose a target", "Where the agent shall run.", changes=True),
    Action("setup.deploy", "d", "to the pipeline", "See the plan, then deploy."),
    Action(
        "setup.check", "v", "check again", "Look at everything again, and ask the clouds who is logged in."
    ),
    Action(
        "setup.remedy",
        "y",
        "copy the remedy",
        "Copy what to do about the finding.",
        when=lambda screen: bool(screen.remedy),
    ),
    Action(
        "setup.stop",
        "escape",
        "go on without",
        "Stop waiting for the cloud and write the answers yourself.",
        when=lambda screen: screen.waits,
    ),
)


class SetupScreen(PlaceScreen):
    """Every step can be skipped and done again: nothing is written before a diff was answered with yes."""

    CSS_PATH = "setup.tcss"
    ACTIONS = ACTIONS
    BINDINGS: ClassVar = bindings(ACTIONS)

    def __init__(self) -> None:
        super().__init__()
        self._checks: tuple[Check, ...] = ()
        self._logins = Logins()
        self._shown: tuple[Check | Login | None, ...] = ()
        self._asking = False
        self._proving = False
        self._told = "Looking at this machine, the agent and its target …"
        self._guide = Guide(self, self._say, self._say_usual, self._look)

    @property
    def waits(self) -> bool:
        """Whether a cloud is being asked for the questions of a target."""
        return self._guide.waits

    def content(self) -> ComposeResult:
        """A sentence, the findings, what to do about the one that is marked."""
        yield Static("", id="setup-title")
        yield Lines(id="setup-found")
        yield Static("", id="setup-told", markup=False)

    def on_mount(self) -> None:
        """Look."""
        self.query_one(OptionList).focus()
        self._say_usual()
        self.set_interval(_AGAIN, self._again)
        self._look()

    def on_screen_resume(self) -> None:
        """The cloud has answered while somebody was elsewhere: now it is asked what that leaves open."""
        self._guide.resume()

    def _again(self) -> None:
        if self.is_current:
            self._look()

    def action_check(self) -> None:
        """Ask doctor and the clouds; one question at a time."""
        self._look()
        if not self._proving and self._logins.known:
            self._proving = True
            known = self._logins.known
            self.notify("Asking the clouds who is logged in …", timeout=3)
            prove = partial(prove_logins, self.holodeck.backend, known)
            background(self, prove, partial(self._proved, known), self.refused)

    def _look(self) -> None:
        if not self._asking:
            self._asking = True
            background(self, partial(survey, self.holodeck.backend), self._found, self._not_found)

    def _proved(self, before: tuple[Login, ...], after: tuple[Login, ...]) -> None:
        self._proving = False
        self._logins.answered(before, after)
        self._draw()

    def _found(self, found: Survey) -> None:
        self._asking = False
        self._checks = found.checks
        self._logins.known = found.logins
        self._tell(self._verdict(found))
        self._draw()

    def _verdict(self, found: Survey) -> str:
        target = self._key("target")
        bad = sum(1 for check in found.checks if check.status == "fail")
        if bad:
            edits = key_name(self.app, "app.config")
            many = "" if bad == 1 else "s"
            return f"{bad} finding{many} to mend. {target} chooses a target, {edits} edits the files."
        if not found.placed:
            return f"Nothing says yet where the agent shall run: {target} chooses a target."
        return f"Ready: {self._key('deploy')} shows the plan and deploys. {target} chooses a target."

    def _draw(self) -> None:
        """The list anew where something differs; what is marked stays marked, at first what fails."""
        beside = self._logins.beside(self._checks) if self._checks else ()
        shown = (*self._checks, *((None, *beside) if beside else ()))
        if shown != self._shown:
            self._shown = shown
            self._lay_out()

    def _lay_out(self) -> None:
        found = self.query_one(OptionList)
        at = found.highlighted
        width = found.content_size.width - _SCROLLBAR
        unicode, console = self.holodeck.glyphs.unicode, self.app.console
        unsure = f"; {self._key('check')} asks whether it holds"
        found.clear_options()
        found.add_options(
            Option("Logins to clouds", disabled=True)
            if one is None
            else Option(line(one, width, console, unicode=unicode, clean=self._clean, unsure=unsure))
            for one in self._shown
        )
        if at is None:
            at = next((at for at, one in enumerate(self._shown) if one and one.status == "fail"), 0)
        found.highlighted = min(at, len(self._shown) - 1) if self._shown else None

    def _not_found(self, error: DeploymentError) -> None:
        self._asking = False
        self._tell(error.in_one)

    def on_resize(self) -> None:
        """The findings are broken anew."""
        self.call_after_refresh(self._lay_out)

    @property
    def remedy(self) -> str:
        """What can be pasted of what is to be done about the finding."""
        return pasteable(self._remedy()) if self.is_mounted else ""

    def _remedy(self) -> str:
        at = self.query_one(OptionList).highlighted
        one = self._shown[at] if at is not None and at < len(self._shown) else None
        return self._clean(one.remedy) if one is not None else ""

    def on_option_list_option_highlighted(self) -> None:
        """What to do about it."""
        remedy = self._remedy()
        self.query_one("#setup-told", Static).update(
            Content(f"Do: {remedy}{copiable(remedy, self._key('remedy'))}" if remedy else "")
        )
        self.refresh_bindings()

    def action_remedy(self) -> None:
        """Copy."""
        copy(self, self.remedy)

    def action_deploy(self) -> None:
        """To the plan."""
        self.holodeck.action_go("pipeline")

    def action_target(self) -> None:
        """Choose one."""
        self._guide.begin()

    def action_stop(self) -> None:
        """What is known by now must do."""
        self._guide.stop()

    def refused(self, error: DeploymentError) -> None:
        """Something did not go: say why."""
        self.notify(self._clean(error.in_one), severity="warning", markup=False)

    def _tell(self, text: str) -> None:
        """Say what a look has found, at once or after what is waited for."""
        self._told = text
        if not self.waits:
            self._say_usual()

    def _say_usual(self) -> None:
        self._say(self._told)

    def _say(self, text: str) -> None:
        self.query_one("#setup-title", Static).update(Content(self._clean(text)))

    def _key(self, name: str) -> str:
        return key_name(self.app, f"setup.{name}")

    def _clean(self, text: str) -> str:
        return self.holodeck.backend.redactor.clean(text)

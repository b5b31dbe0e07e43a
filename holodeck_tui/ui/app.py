"""The app: places, header and footer, what happens on a crash, a signal and a wish to quit."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import sys
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar

from rich.text import Text
from textual import events
from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.command import Provider
from textual.screen import Screen
from textual.signal import Signal

from holodeck_tui import __version__
from holodeck_tui.core import crash
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.redact import sanitize
from holodeck_tui.state.scopes import state_home
from holodeck_tui.ui.actions import Acting, Action, bindings
from holodeck_tui.ui.backend import Backend, background
from holodeck_tui.ui.fleet import Fleet
from holodeck_tui.ui.launch import Launch
from holodeck_tui.ui.pasting import pasted
from holodeck_tui.ui.places import PLACES
from holodeck_tui.ui.preferences import Preferences, config_file, read_preferences
from holodeck_tui.ui.remembered import Memory
from holodeck_tui.ui.run_keeper import Run, RunKeeper
from holodeck_tui.ui.screens.base import PlaceScreen
from holodeck_tui.ui.theme import THEMES, Glyphs, first_theme, speaks_unicode

ACTIONS = (
    *(
        Action(
            f"app.{place.id}", place.key, place.title, place.help, footer=False, call=f"app.go('{place.id}')"
        )
        for place in PLACES
    ),
    Action("app.help", "question_mark,f1", "help", "What can be done here, and by which keys."),
    Action("app.command_palette", "ctrl+p", "everything", "Every action and deployment, by typing."),
    Action("app.leave", "ctrl+q", "quit", "Leave the app; asks about edits and a run.", priority=True),
    Action(
        "app.suspend_process", "ctrl+z", "to the shell", "Suspend the app; fg brings it back.", footer=False
    ),
)
# Seconds that a terminal which is gone may hold up the way out after a signal.
_LAST = 5.0
# Seconds after another program had the terminal, in which an interrupt was meant for that one.
_HEARD = 0.5


def _commands() -> type[Provider]:
    from holodeck_tui.ui.palette import ActionCommands

    return ActionCommands


class HolodeckApp(Acting, App[int]):
    """One per process. Screens find here: ``backend``, ``keeper``, ``fleet``, ``glyphs``, ``read_only``."""

    TITLE = "holodeck"
    # The first place's too: a file that comes with a screen makes Textual parse all of the others again.
    CSS_PATH: ClassVar = ["app.tcss", "screens/dashboard.tcss"]
    MODES: ClassVar = {place.id: place.factory() for place in PLACES}
    DEFAULT_MODE = PLACES[0].id
    COMMANDS: ClassVar = {*App.COMMANDS, _commands}
    ACTIONS = ACTIONS
    BINDINGS: ClassVar = [*bindings(ACTIONS), Binding("ctrl+c", "help_quit", show=False, system=True)]

    def __init__(self, launch: Launch, *, preferences: Preferences | None = None) -> None:
        super().__init__()
        self.launch = launch
        self.read_only = launch.read_only
        self.preferences = preferences or read_preferences(config_file())
        self.memory = Memory(state_home())
        unicode = speaks_unicode(launch.environ, getattr(sys.__stdout__, "encoding", "utf-8"))
        self.glyphs = Glyphs(unicode and not self.preferences.ascii)
        self.backend = Backend(launch)
        self.run_news: Signal[Run] = Signal(self, "run-news")
        self.keeper = RunKeeper(self.backend, self._run_news)
        self.fleet = Fleet(self, self.backend)
        self.left_running: Run | None = None
        self._spared = False
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = self._first_theme()
        if self.preferences.keymap:
            from holodeck_tui.ui.keymap import held

            self.preferences = held(self.preferences, ACTIONS)
            self.set_keymap(dict(self.preferences.keymap))

    def _first_theme(self) -> str:
        wanted = self.preferences.theme or self.memory.view.theme
        known = wanted if wanted in self.available_themes else None
        return first_theme(self.launch.environ, known)

    def on_mount(self) -> None:
        """Signals; the rest when there is something to look at."""
        self._listen()
        self.theme_changed_signal.subscribe(self, lambda theme: self.memory.change(self, theme=theme.name))
        self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))
        # Threads that import would have the first frame wait; header and footer are drawn before the rest.
        self.call_after_refresh(self.call_after_refresh, self._begin)

    def _begin(self) -> None:
        # What there is now stays for as long as the app: no need to look through it again and again.
        gc.freeze()
        gc.enable()
        self.fleet.open()
        launch = self.launch
        if not (launch.read_only or launch.target or launch.scopes) and launch.agent.exists():
            ask = partial(self.backend.settings, rehearsal=True)
            background(self, ask, lambda _: None, self._not_set_up)
        for wrong in self.preferences.wrong:
            self.notify(wrong, title="Your settings", severity="warning", markup=False)
        wanted = self.preferences.theme
        if wanted and wanted not in self.available_themes:
            self.notify(f"There is no theme {wanted}.", severity="warning", markup=False)

    def _not_set_up(self, error: DeploymentError) -> None:
        """Without a target Setup is the first place, unless somebody went elsewhere meanwhile."""
        if error.code == "deployment-missing" and self.current_mode == self.DEFAULT_MODE:
            self.action_go("setup")

    def _run_news(self, run: Run) -> None:
        self.post_message(events.Callback(callback=lambda: self._heard(run)))

    def _heard(self, run: Run) -> None:
        self.keeper.heard()
        self.run_news.publish(run)
        if run.result is not None:
            self.fleet.hurry()

    def action_go(self, place: str) -> None:
        """Show a place; what another place was doing goes on."""
        if self.current_mode != place and not self.screen.is_modal:
            self.switch_mode(place)

    def action_help(self) -> None:
        """What can be done here."""
        from holodeck_tui.ui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.chain()))

    def action_hurry(self, scope: str) -> None:
        """Ask a scope now."""
        self.fleet.hurry(scope)

    def chain(self) -> tuple[Any, ...]:
        """The focused node and all around it, nearest first, the app last."""
        start = self.focused or self.screen
        return tuple(start.ancestors_with_self)

    def get_system_commands(self, screen: Screen[Any]) -> Any:
        """Textual's own of use here; ours come from the registry."""
        for command in super().get_system_commands(screen):
            if command.title in {"Theme", "Screenshot"}:
                yield SystemCommand(*command)

    async def action_quit(self) -> None:
        """Textual's own way out takes ours."""
        self.action_leave()

    def action_leave(self) -> None:
        """Quit, or ask first what becomes of edits and of the run."""
        from holodeck_tui.ui.screens.unsaved import UnsavedScreen

        if isinstance(self.screen, UnsavedScreen):
            return
        for place in (stack[0] for stack in self._screen_stacks.values() if stack):
            names, lines = place.unsaved() if isinstance(place, PlaceScreen) else ((), [])
            if names:
                self.push_screen(UnsavedScreen(names, lines), partial(self._edits_answered, place))
                return
        self._leave_run()

    def _edits_answered(self, place: Screen[Any], answer: str | None) -> None:
        if answer == "save" and isinstance(place, PlaceScreen):
            place.save_all(self._leave_run)
        elif answer == "discard":
            self._leave_run()

    def _leave_run(self) -> None:
        run = self.keeper.run
        if run is None or not run.running:
            self.close()
            return
        from holodeck_tui.ui.screens.quit import QuitScreen

        if isinstance(self.screen, QuitScreen):
            return

        def answered(answer: str | None) -> None:
            if answer == "leave":
                self.left_running = run if run.running else None
                self.close()
            elif answer == "cancel":
                self.keeper.cancel()
                self.left_running = run if run.running else None
                self.close()

        self.push_screen(QuitScreen(run.title), answered)

    def close(self, code: int = 0) -> None:
        """Leave now. What was asked is cancelled and not waited for, but for a run that is left running."""
        self.fleet.close()
        spared = self.left_running.cancel if self.left_running else None
        self.backend.close(sparing=spared)
        self.exit(code, return_code=code)

    def _listen(self) -> None:
        """SIGTERM and SIGHUP end as Ctrl-C does headless; the terminal is put right before."""
        if os.name != "posix" or threading.current_thread() is not threading.main_thread():
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            with contextlib.suppress(RuntimeError, ValueError):
                loop.add_signal_handler(number, self._signalled, number)

    @contextlib.contextmanager
    def interrupts_are_for_another(self) -> Iterator[None]:
        """Meanwhile Ctrl-C, which the terminal sends to all of its programs, does not end the app."""
        self._spared = True
        try:
            yield
        finally:
            # The loop hears of a signal only after this.
            self.set_timer(_HEARD, self._spare_no_more)

    def _spare_no_more(self) -> None:
        self._spared = False

    def _signalled(self, number: int) -> None:
        if number == signal.SIGINT and self._spared:
            return
        run = self.keeper.run
        if run is not None and run.running:
            self.keeper.cancel()
            self.left_running = run
        # A terminal that is gone can block the way out for ever.
        timer = threading.Timer(_LAST, lambda: os._exit(130))
        timer.daemon = True
        timer.start()
        self.close(130)

    def notify(self, message: str, **how: Any) -> None:
        """A notice: plain text, cleaned, whoever shows it."""
        super().notify(sanitize(message, keep_newlines=True), **{**how, "markup": False})

    async def on_event(self, event: events.Event) -> None:
        """What is pasted comes from outside as well: cleaned here, for every field and pane."""
        if isinstance(event, events.Paste) and not event.is_forwarded:
            event = pasted(event, self.focused)
        await super().on_event(event)

    def on_app_focus(self) -> None:
        """Somebody looks again."""
        self.fleet.look(True)

    def on_app_blur(self) -> None:
        """Nobody looks."""
        self.fleet.look(False)

    def _fatal_error(self) -> None:
        # Textual's own prints the values of local variables.
        defect = self._exception or sys.exc_info()[1] or RuntimeError("unknown")
        trace = crash.describe(defect, self.backend.redactor)
        log = crash.write_log(trace, "app", __version__)
        error = crash.as_error(defect, log, self.backend.redactor)
        self._exit_renderables.append(
            Text(f"{error.message}\nWhy: {error.reason}\nDo:  {error.remedy}\n", overflow="fold")
        )
        if self.keeper.busy:
            self.keeper.cancel()
            self.left_running = self.keeper.run
        self._close_messages_no_wait()

    def panic(self, *renderables: Any) -> None:
        """An error that renders itself is told as any other: it might show values too."""
        self._fatal_error()


def launch_app(launch: Launch) -> tuple[int, Run | None]:
    """Run the app on this terminal; the exit code, and the run that still goes on, if any."""
    app = HolodeckApp(launch)
    app.run()
    return app.return_code or 0, app.left_running

"""The app: places, header and footer, what happens on a crash, a signal and a wish to quit."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import sys
import threading
from functools import partial
from typing import Any, ClassVar

from rich.text import Text
from textual import events
from textual.app import SystemCommand
from textual.binding import Binding
from textual.command import Provider
from textual.screen import Screen

from holodeck_tui import __version__
from holodeck_tui.core import crash
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.ui.actions import Action, bindings
from holodeck_tui.ui.backend import background
from holodeck_tui.ui.base_app import BaseApp
from holodeck_tui.ui.launch import Launch
from holodeck_tui.ui.pasting import pasted
from holodeck_tui.ui.places import PLACES
from holodeck_tui.ui.run_keeper import Run
from holodeck_tui.ui.screens.base import PlaceScreen

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
        "app.suspend_process",
        "ctrl+z",
        "to the shell",
        "Suspend the app; fg brings it back.",
        footer=False,
        # Windows has no such thing.
        when=lambda _: hasattr(signal, "SIGTSTP"),
    ),
)
# Seconds that a terminal which is gone may hold up the way out after a signal.
_LAST = 5.0


def _commands() -> type[Provider]:
    from holodeck_tui.ui.palette import ActionCommands

    return ActionCommands


class HolodeckApp(BaseApp):
    """One per process: where it begins, how it ends."""

    TITLE = "holodeck"
    # The first place's too: a file that comes with a screen makes Textual parse all of the others again.
    CSS_PATH: ClassVar = ["app.tcss", "screens/dashboard.tcss"]
    MODES: ClassVar = {place.id: place.factory() for place in PLACES}
    DEFAULT_MODE = PLACES[0].id
    COMMANDS: ClassVar = {_commands}
    ACTIONS = ACTIONS
    BINDINGS: ClassVar = [*bindings(ACTIONS), Binding("ctrl+c", "help_quit", show=False, system=True)]

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
            if answer == "cancel":
                self.keeper.cancel()
            if answer in {"leave", "cancel"}:
                # Also one that ended while this was asked: nobody has seen how.
                self.left_running = run
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

    async def on_event(self, event: events.Event) -> None:
        """What is pasted comes from outside as well: cleaned here, for every field and pane."""
        if isinstance(event, (events.Key, events.MouseDown)):
            self.fleet.stir()
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

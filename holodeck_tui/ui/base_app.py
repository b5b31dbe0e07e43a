"""What screens and widgets find at the app: none of them needs the app itself, which knows them all."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from typing import Any, cast

from textual import events
from textual.app import App
from textual.binding import Binding
from textual.command import Provider
from textual.driver import Driver
from textual.filter import LineFilter
from textual.message_pump import MessagePump
from textual.signal import Signal

from holodeck_tui.core.redact import sanitize
from holodeck_tui.state.scopes import state_home
from holodeck_tui.ui.actions import Acting
from holodeck_tui.ui.backend import Backend
from holodeck_tui.ui.fleet import Fleet
from holodeck_tui.ui.launch import Launch
from holodeck_tui.ui.plain_drawing import PlainDrawing, plain_key
from holodeck_tui.ui.preferences import Preferences, config_file, read_preferences
from holodeck_tui.ui.remembered import Memory
from holodeck_tui.ui.run_keeper import Run, RunKeeper
from holodeck_tui.ui.theme import THEMES, Glyphs, first_theme, speaks_unicode

# Seconds after another program had the terminal, in which an interrupt was meant for that one.
_HEARD = 0.5


class BaseApp(Acting, App[int]):
    """``backend`` asks, ``keeper`` has the run, ``fleet`` the deployments, ``memory`` how they are seen."""

    def __init__(self, launch: Launch, *, preferences: Preferences | None = None) -> None:
        # Said at once: else Textual takes every colour for one of ours and makes the terminal's own black.
        super().__init__(ansi_color=True if "NO_COLOR" in launch.environ else None)
        self.launch = launch
        self.read_only = launch.read_only
        self.preferences = preferences or read_preferences(config_file())
        self.memory = Memory(state_home())
        unicode = speaks_unicode(launch.environ, getattr(sys.__stdout__, "encoding", "utf-8"))
        self.glyphs = Glyphs(unicode and not self.preferences.ascii)
        self._drawing = PlainDrawing()
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

            self.preferences = held(self.preferences, self.ACTIONS)
            self.set_keymap(dict(self.preferences.keymap))

    def get_driver_class(self) -> type[Driver]:
        """Textual's, or on Unix the one that rests."""
        usual = super().get_driver_class()
        if usual.__module__ != "textual.drivers.linux_driver":
            return usual  # Windows, a browser, or what TEXTUAL_DRIVER names
        from holodeck_tui.ui.driver import RestingDriver

        return RestingDriver

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's, and what makes its own drawing ASCII where that is wanted."""
        usual = super().get_line_filters()
        return usual if self.glyphs.unicode else (*usual, self._drawing)

    def get_key_display(self, binding: Binding) -> str:
        """Textual's; where only ASCII can be shown, a name in place of a sign."""
        shown = super().get_key_display(binding)
        return shown if self.glyphs.unicode else plain_key(shown)

    def _first_theme(self) -> str:
        wanted = self.preferences.theme or self.memory.view.theme
        known = wanted if wanted in self.available_themes else None
        return first_theme(self.launch.environ, known)

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

    def notify(self, message: str, **how: Any) -> None:
        """A notice: plain text, cleaned, whoever shows it."""
        super().notify(sanitize(message, keep_newlines=True), **{**how, "markup": False})


def app_of(node: MessagePump | Provider) -> BaseApp:
    """The app that ``node`` is part of."""
    return cast("BaseApp", node.app)

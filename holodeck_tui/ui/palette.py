"""The palette: every action that can be taken now, and every deployment."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.markup import escape

from holodeck_tui.core.redact import sanitize
from holodeck_tui.core.values import Status
from holodeck_tui.ui.actions import Action, key_name, offered
from holodeck_tui.ui.base_app import BaseApp, app_of

# Of what has the words in its help only: after all whose titles match.
_SAID = 0.01


class ActionCommands(Provider):
    """Reads the registry where the palette was opened."""

    @property
    def _app(self) -> BaseApp:
        return app_of(self)

    async def discover(self) -> Hits:
        """Everything, the nearest first."""
        for title, key, call, help_text in self._commands():
            yield DiscoveryHit(_shown(title, key), call, text=title, help=help_text)

    async def search(self, query: str) -> Hits:
        """What matches, by its title or, after those, by what it does."""
        matcher = self.matcher(query)
        for title, key, call, help_text in self._commands():
            score = matcher.match(title) or _SAID * (query.casefold() in help_text.casefold())
            if score > 0:
                yield Hit(score, _shown(title, key), call, text=title, help=help_text)

    def _commands(self) -> list[tuple[str, str, Callable[[], Any], str]]:
        """Title, key (of an action), what it does, and that in words."""
        start = self.focused or self.screen
        found: list[tuple[str, str, Callable[[], Any], str]] = []
        for node, action in offered(tuple(start.ancestors_with_self)):
            if action.id != "app.command_palette":
                run = partial(self.app.run_action, action.name, node)
                found.append((_title(action), key_name(self.app, action.id), run, action.help))
        # Not as a provider of their own: in which order several are shown is a matter of chance.
        for title, help_text, call, _ in self.app.get_system_commands(self.screen):
            found.append((title, "", call, help_text))
        for status in self._app.fleet.snapshot.statuses:
            place = status.ref.environment or status.ref.scope
            title = f"Go to {status.ref.agent} ({place})"
            # Textual reads help as markup, and this comes from outside.
            where = escape(sanitize(status.url or status.ref.scope))
            found.append((sanitize(title), "", partial(self._show, status), where))
        return found

    def _show(self, status: Status) -> None:
        from holodeck_tui.ui.screens.dashboard import DashboardScreen

        self._app.action_go("deployments")
        below = self._app.screen_stack[0]
        if not isinstance(below, DashboardScreen) or self._app.screen.is_modal:
            return
        if len(self._app.screen_stack) > 1:
            # Logs are read over the dashboard.
            self._app.pop_screen()
        below.show(status.ref)


def _title(action: Action) -> str:
    return f"{action.title[:1].upper()}{action.title[1:]}"


def _shown(title: str, key: str) -> Content:
    return Content.assemble(title, (f"  {key}", "dim")) if key else Content(title)

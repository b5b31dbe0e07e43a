"""The header: the places with their keys, and the state of every scope."""

from __future__ import annotations

from rich.style import Style
from rich.text import Text
from textual.widget import Widget

from holodeck_tui.core.redact import sanitize
from holodeck_tui.ui.actions import key_name
from holodeck_tui.ui.base_app import BaseApp, app_of
from holodeck_tui.ui.places import PLACES
from holodeck_tui.ui.poller import ScopeState, Snapshot
from holodeck_tui.ui.rows import scope_name

_LOGIN = {"credentials-missing", "credentials-expired", "credentials-invalid"}


class Header(Widget):
    """One line. A click on a place goes there; a click on a scope asks it again."""

    DEFAULT_CSS = """
    Header { height: 1; dock: top; background: $panel; color: $foreground;
             link-style: none; link-color: $foreground;
             link-background: $panel; link-style-hover: underline; link-background-hover: $panel;
             link-color-hover: $foreground; padding: 0 1; }
    """

    _told: tuple[tuple[str, str | None, bool], ...] = ()

    def on_mount(self) -> None:
        """Redraw when a scope has another state."""
        self._app.fleet.news.subscribe(self, self._news)

    @property
    def _app(self) -> BaseApp:
        return app_of(self)

    def _news(self, snapshot: Snapshot) -> None:
        told = tuple(
            (one.scope, one.error.code if one.error else None, one.answered is None)
            for one in snapshot.scopes
        )
        if told != self._told:
            self._told = told
            self.refresh()

    def render(self) -> Text:
        """Places left, scopes right; where the width does not suffice, scopes that are well go first."""
        app = self._app
        colours = app.theme_variables
        left = Text("holodeck", style="bold")
        for place in PLACES:
            here = place.id == app.current_mode
            style = Style(bold=here, reverse=here, meta={"@click": f"app.go('{place.id}')"})
            left.append("  ")
            left.append(f" {key_name(app, f'app.{place.id}')} {place.title} ", style)
        if app.read_only:
            left.append("  read-only", "italic")
        room = self.size.width - left.cell_len - 1
        scopes = list(app.fleet.snapshot.scopes)
        right = self._scopes(scopes, colours)
        if right.cell_len > room:
            ill = [one for one in scopes if one.error]
            known = self._counts([one for one in scopes if not one.error], colours, 0)
            right = Text("  ").join(part for part in (self._scopes(ill, colours), known) if part)
            if not ill or right.cell_len > room:
                right = self._counts(scopes, colours, room)
        right.truncate(max(0, room), overflow="ellipsis")
        return Text.assemble(left, " " * max(1, room - right.cell_len), right)

    def _again(self) -> str:
        """The key that asks again, where there is one: on the other screens a click does."""
        has = any(action.id == "deployments.retry" for action in getattr(self.screen, "ACTIONS", ()))
        return f" ({key_name(self._app, 'deployments.retry')})" if has else ""

    def _counts(self, scopes: list[ScopeState], colours: dict[str, str], room: int) -> Text:
        """How many there are of each kind, for where their names have no room; the worst first."""
        glyphs = self._app.glyphs
        failed = sum(1 for one in scopes if one.error is not None)
        asked = sum(1 for one in scopes if one.error is None and one.answered is None)
        kinds = (
            (glyphs.bad, failed, "error"),
            (glyphs.busy, asked, "secondary"),
            (glyphs.ok, len(scopes) - failed - asked, "success"),
        )
        told = [
            Text(f"{glyph} {count}", _rich(colours.get(colour, "")))
            for glyph, count, colour in kinds
            if count
        ]
        words = Text(" scope" if len(scopes) == 1 else " scopes") + Text(self._again() if failed else "")
        shown = Text("  ").join(told)
        return shown + words if shown.cell_len + words.cell_len <= room else shown

    def _scopes(self, scopes: list[ScopeState], colours: dict[str, str]) -> Text:
        glyphs = self._app.glyphs
        shown = Text()
        for one in scopes:
            style = Style(meta={"@click": f"app.hurry('{sanitize(one.scope)}')"})
            name = scope_name(one.scope)
            if one.error is not None:
                word = ("login needed" if one.error.code in _LOGIN else "no answer") + self._again()
                text, colour = f"{glyphs.bad} {name}: {word}", "error"
            elif one.answered is None:
                text, colour = f"{glyphs.busy} {name}", "secondary"
            else:
                text, colour = f"{glyphs.ok} {name}", "success"
            shown.append(" " if not shown else "  ")
            shown.append(text, Style.parse(_rich(colours.get(colour, ""))) + style)
        return shown


def _rich(colour: str) -> str:
    """A theme's colour as Rich names it."""
    return colour.removeprefix("ansi_") if not colour.startswith("ansi_default") else "default"

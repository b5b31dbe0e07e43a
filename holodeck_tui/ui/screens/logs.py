"""Logs: of any number of deployments, merged or one by one, live."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.events import Callback, Key
from textual.widgets import Input, Static

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import ServiceRef
from holodeck_tui.ui.actions import bindings, key_name
from holodeck_tui.ui.copying import copy
from holodeck_tui.ui.logs.choose import LEVELS
from holodeck_tui.ui.logs.expression import Expression, read
from holodeck_tui.ui.logs.save import chosen, proposed, save
from holodeck_tui.ui.logs.streams import Stream, Wish, wish_from
from holodeck_tui.ui.logs.telling import nothing, states, told
from holodeck_tui.ui.rows import labels
from holodeck_tui.ui.screens.base import PlaceScreen
from holodeck_tui.ui.screens.log_actions import ACTIONS
from holodeck_tui.ui.screens.operate import name_of, tell
from holodeck_tui.ui.widgets.log_troubles import LogTroubles
from holodeck_tui.ui.widgets.log_view import LogView


class LogsScreen(PlaceScreen):
    """Opened over the dashboard. Streams are daemon threads: leaving waits for none."""

    CSS_PATH = "logs.tcss"
    ACTIONS = ACTIONS
    BINDINGS: ClassVar = [*bindings(ACTIONS)]
    AUTO_FOCUS = "LogView"

    def __init__(self, refs: Sequence[ServiceRef]) -> None:
        super().__init__()
        self.refs = tuple(refs)
        self._wish = Wish()
        self._streams: list[Stream] = []
        self._only: int | None = None
        self._copiable = False, False
        self._asked: Callable[[str], str | None] = lambda _: None

    def content(self) -> ComposeResult:
        """A line about the streams, the lines, a field when something is asked."""
        yield Static("", id="about")
        yield Static("", id="empty")
        yield LogView()
        yield LogTroubles()
        yield Static("", id="news")
        with Horizontal(id="ask"):
            yield Static("", id="asked")
            yield Input(compact=True)

    def on_mount(self) -> None:
        """Open the streams."""
        view = self.query_one(LogView)
        view.sources = labels(self.refs)
        self._connect(range(len(self.refs)))

    def on_unmount(self) -> None:
        """Close them."""
        for stream in self._streams:
            stream.stop()

    def _connect(self, numbers: Sequence[int]) -> None:
        view = self.query_one(LogView)

        def changed() -> None:
            self.post_message(Callback(callback=self._about))

        known = {stream.source: stream for stream in self._streams}
        for number in numbers:
            if number in known:
                known[number].stop()
            known[number] = stream = Stream(self.refs[number], number, changed)
            stream.start(self.holodeck.backend, self._wish, view.write)
        self._streams = [known[number] for number in sorted(known)]
        self._about()

    @on(LogView.Changed)
    def _about(self) -> None:
        view, glyphs = self.query_one(LogView), self.holodeck.glyphs
        streams = [self._streams[self._only]] if self._only is not None else self._streams
        who = name_of(streams[0].ref) if len(streams) == 1 else f"{len(streams)} deployments"
        state = states(streams, following=view.following, key=self._key("reconnect"))
        about = told(who, state, view, system=self._wish.system, dot=glyphs.dot)
        self.query_one("#about", Static).update(about)
        news = self.query_one("#news", Static)
        news.display = bool(view.unseen)
        if view.unseen:
            what = f"{view.unseen:,} new line{'s' * (view.unseen != 1)}"
            news.update(f"{glyphs.down} {what} ({self._key('follow')})")
        self._empty(view, streams)
        bad = [(name_of(one.ref), one.error) for one in streams if one.error is not None]
        troubles = self.query_one(LogTroubles)
        troubles.show(bad, "" if view.has_chosen else self._key("copy"))
        copiable = view.has_chosen, bool(troubles.remedies)
        if self._copiable != copiable:
            # The footer is made anew by this: not for every line that comes.
            self._copiable = copiable
            self.refresh_bindings()

    def _empty(self, view: LogView, streams: Sequence[Stream]) -> None:
        empty = self.query_one("#empty", Static)
        empty.display = not view.shown and not view.searching
        if empty.display:
            connecting = all(one.state == "connecting" or one.error is not None for one in streams)
            kept = view.store.end - view.store.first
            keys = {"filters": self._key("filter"), "history": self._key("history")}
            empty.update(Text(nothing(view.choice, kept, connecting=connecting, **keys)))

    def _key(self, name: str) -> str:
        return key_name(self.app, f"logs.{name}")

    @property
    def asking(self) -> bool:
        """Whether something is typed into the field."""
        return self.is_mounted and self.query_one("#ask").display

    def _ask(self, what: str, placeholder: str, value: str, then: Callable[[str], str | None]) -> None:
        """Ask for a word; ``then`` says what is wrong with it, or None."""
        field = self.query_one("#ask Input", Input)
        self._asked = then
        self.query_one("#asked", Static).update(what)
        field.placeholder, field.value = placeholder, value
        self.query_one("#ask").display = True
        field.focus()

    @on(Input.Submitted, "#ask Input")
    def _told(self, event: Input.Submitted) -> None:
        wrong = self._asked(event.value)
        if wrong:
            self.notify(wrong, severity="warning", markup=False)
            return
        self._close_field()

    def _close_field(self) -> None:
        self.query_one("#ask").display = False
        self.query_one(LogView).focus()

    def key_escape(self, event: Key) -> None:
        """Only no selection any more; Textual's own way would go back as well."""
        if self.selections:
            self.clear_selection()
            event.stop()

    def action_back(self) -> None:
        """Close the field, the filter's marks, or the screen."""
        view = self.query_one(LogView)
        if self.asking:
            self._close_field()
        elif view.cursor is not None or view.search is not None:
            view.clear_marks()
        else:
            self.dismiss()

    def action_search(self) -> None:
        """Ask for what."""
        view = self.query_one(LogView)

        def then(text: str) -> str | None:
            pattern, wrong = read(text)
            if pattern is not None and not view.find(pattern, back=view.following):
                return f'No line has "{text}".'
            return wrong

        self._ask("search", "a regular expression; small letters find both", _text(view.search), then)

    def _found(self, *, back: bool) -> None:
        view = self.query_one(LogView)
        if view.search is None:
            self.action_search()
        elif not view.find(view.search, back=back):
            self.notify("No more of them in this direction.", markup=False)

    def action_next(self) -> None:
        """The next one."""
        self._found(back=False)

    def action_previous(self) -> None:
        """The one before."""
        self._found(back=True)

    def action_filter(self) -> None:
        """Ask for what."""
        view = self.query_one(LogView)

        def then(text: str) -> str | None:
            pattern, wrong = read(text)
            if wrong is None:
                view.choose(replace(view.choice, pattern=pattern))
            return wrong

        self._ask("show only", "a regular expression; nothing shows all", _text(view.choice.pattern), then)

    def action_level(self) -> None:
        """The next level."""
        view = self.query_one(LogView)
        view.choose(replace(view.choice, level=(view.choice.level + 1) % len(LEVELS)))

    def action_context(self) -> None:
        """More lines around."""
        view = self.query_one(LogView)
        following = {0: 2, 2: 5, 5: 10, 10: 0}
        view.choose(replace(view.choice, context=following.get(view.choice.context, 0)))

    def action_follow(self) -> None:
        """The newest."""
        self.query_one(LogView).follow()

    def action_wrap(self) -> None:
        """Wrap or not."""
        view = self.query_one(LogView)
        view.wrap = not view.wrap
        view.relay()

    def action_times(self) -> None:
        """Times or not."""
        view = self.query_one(LogView)
        view.times = not view.times
        view.relay()

    def action_apart(self) -> None:
        """All, the first, the second and so on."""
        view = self.query_one(LogView)
        following = 0 if self._only is None else self._only + 1
        self._only = following if following < len(self.refs) else None
        view.choose(replace(view.choice, sources=None if self._only is None else frozenset({self._only})))

    def action_system(self) -> None:
        """The other log: from the beginning, in an empty view."""
        self._anew(replace(self._wish, system=not self._wish.system))

    def action_history(self) -> None:
        """Ask how much."""

        def then(text: str) -> str | None:
            try:
                self._anew(wish_from(text, self._wish.system))
            except ValueError as error:
                return str(error)
            return None

        self._ask("history", "500 (lines), 30s, 5m, 2h, 1d or all", "", then)

    def _anew(self, wish: Wish) -> None:
        self._wish = wish
        for stream in self._streams:
            stream.stop()
        self._streams = []
        self.query_one(LogView).empty()
        self._connect(range(len(self.refs)))

    def action_mark(self) -> None:
        """From here."""
        self.query_one(LogView).mark()

    def action_copy(self) -> None:
        """To the clipboard (OSC 52)."""
        lines = self.query_one(LogView).chosen()
        copy(self, "\n".join(lines) if lines else self.query_one(LogTroubles).remedies)

    def action_save(self) -> None:
        """Ask where."""
        cwd = self.holodeck.launch.cwd

        def then(text: str) -> str | None:
            path, wrong = chosen(cwd, text)
            if path is None:
                return wrong
            # The app's: it goes on until the screen gives the lines back.
            self.app.run_worker(self._save(path), exit_on_error=False)
            return None

        self._ask("save to", "a file", str(proposed(cwd, [ref.name for ref in self.refs])), then)

    async def _save(self, path: Path) -> None:
        view, app = self.query_one(LogView), self.holodeck
        try:
            count = await save(view.store, view.sources, path)
        except DeploymentError as error:
            tell(app, error)
            return
        app.notify(f"{count:,} lines in {path}", title="Saved", markup=False)

    def action_reconnect(self) -> None:
        """What has ended or failed."""
        self._connect([stream.source for stream in self._streams if stream.state != "following"])


def _text(expression: Expression | None) -> str:
    return expression.text if expression is not None else ""

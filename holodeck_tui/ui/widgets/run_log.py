"""The log of a run: what its steps print, then what the service itself says; with search and wrap."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.events import Callback
from textual.widgets import Input

from holodeck_tui.core.values import ServiceRef
from holodeck_tui.ui.logs.expression import read
from holodeck_tui.ui.logs.inbox import Batch
from holodeck_tui.ui.logs.store import NO_TIME
from holodeck_tui.ui.logs.streams import Stream, Wish
from holodeck_tui.ui.widgets.log_view import LogView

if TYPE_CHECKING:
    from holodeck_tui.ui.backend import Backend


class RunLog(Vertical):
    """A view of lines, and a field for what is searched."""

    DEFAULT_CSS = """
    RunLog LogView { padding: 0 1; background-tint: transparent; scrollbar-size-vertical: 1; }
    RunLog Input { display: none; background: $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "close", "close")]

    view = getters.query_one(LogView)
    _field = getters.query_one(Input)

    def __init__(self) -> None:
        super().__init__(classes="pipeline-log")
        self._stream: Stream | None = None
        self._since: datetime | None = None

    def compose(self) -> ComposeResult:
        """Lines, field."""
        view = LogView()
        view.times = False
        yield view
        yield Input(placeholder="search: a regular expression; small letters find both", compact=True)

    def on_unmount(self) -> None:
        """Close the stream."""
        self.pause()

    def anew(self) -> None:
        """Nothing is in it."""
        self.pause()
        self._stream = self._since = None
        self.view.clear_marks()
        self.view.empty()

    def write(self, lines: Sequence[str]) -> None:
        """Clean lines of the run."""
        if lines:
            self.view.write(Batch(0, tuple(lines), (NO_TIME,) * len(lines)))

    def listen(self, ref: ServiceRef, revision: str, backend: Backend, since: datetime) -> None:
        """Go on with what that revision says ``since`` then; after :meth:`pause` with what came meanwhile."""
        if self._stream is not None and self._since is None:
            return
        if self._stream is None:
            self.write(["", f"what {ref.name} says:"])
        self._stream = stream = Stream(ref, 0, lambda: self._later(stream))
        stream.start(backend, Wish(None, self._since or since, revision=revision), self.view.write)
        self._since = None

    def pause(self) -> None:
        """Nobody looks."""
        if self._stream is not None and self._since is None:
            self._stream.stop()
            self._since = datetime.now(timezone.utc)

    def _later(self, stream: Stream) -> None:
        self.post_message(Callback(callback=lambda: self._told(stream)))

    def _told(self, stream: Stream) -> None:
        if stream is self._stream and stream.error is not None:
            self.write([f"its log cannot be read: {stream.error.message}"])

    def search(self) -> None:
        """Ask for what."""
        self._field.value = self.view.search.text if self.view.search is not None else ""
        self._field.display = True
        self._field.focus()

    @on(Input.Submitted)
    def _asked(self, event: Input.Submitted) -> None:
        event.stop()
        expression, wrong = read(event.value)
        if wrong is None and expression is not None:
            found = self.view.find(expression, back=self.view.following)
            wrong = None if found else f'No line has "{event.value}".'
        if wrong is not None:
            self.notify(wrong, severity="warning", markup=False)
            return
        self._field.display = False
        self.view.focus()

    def next(self, *, back: bool = False) -> None:
        """To the next one, or the one before; asks where nothing was searched for."""
        if self.view.search is None:
            self.search()
        elif not self.view.find(self.view.search, back=back):
            self.notify("No more of them in this direction.", markup=False)

    def wrap(self) -> None:
        """Wrap long lines, or not."""
        self.view.wrap = not self.view.wrap
        self.view.relay()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Escape is the screen's where nothing is to be closed here."""
        if action != "close":
            return super().check_action(action, parameters)
        return self._field.display or self.view.search is not None or self.view.cursor is not None

    def action_close(self) -> None:
        """The field, else what was found."""
        if self._field.display:
            self._field.display = False
            self.view.focus()
        else:
            self.view.clear_marks()
            self.view.follow()

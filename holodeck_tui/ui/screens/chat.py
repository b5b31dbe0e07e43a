"""Chat: one message to the agent's own endpoint, and what it answers."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.redact import sanitize
from holodeck_tui.core.values import Status
from holodeck_tui.ui.backend import background
from holodeck_tui.ui.base_app import app_of

if TYPE_CHECKING:
    from holodeck_tui.pipeline.types import ChatReply

# Characters of one answer: folding far more of them holds up the app for seconds.
_MOST = 100_000


class ChatScreen(ModalScreen[None]):
    """Each message is a question of its own: ``holodeck serve`` is asked without a session."""

    CSS_PATH = "chat.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "dismiss", "close"),
        ("down", "move('down')", ""),
        ("up", "move('up')", ""),
        ("pagedown", "move('page_down')", ""),
        ("pageup", "move('page_up')", ""),
    ]

    def __init__(self, status: Status) -> None:
        super().__init__()
        self._status = status
        self._cancel = CancelToken()
        self._asked_at = 0.0

    def compose(self) -> ComposeResult:
        """What was said, and a line to say more."""
        ref = self._status.ref
        with Vertical(id="chat"):
            yield Static(Text(f"{sanitize(ref.agent)} at {sanitize(self._status.url or '')}", "bold"))
            with VerticalScroll(id="said", can_focus=False):
                yield Static(
                    "Each message stands alone: the agent does not remember the one before.", id="hint"
                )
            yield Input(placeholder="a message, sent by enter", id="message", compact=True)
            yield Static("arrows and page up go through what was said · esc closes", classes="keys")

    def on_mount(self) -> None:
        """Ready to type, at the end of what was said: also when its last line is folded later."""
        self.query_one("#said", VerticalScroll).anchor()
        self.query_one(Input).focus()
        self.set_interval(1, self._tick)

    def on_unmount(self) -> None:
        """Nobody waits for the answer any more."""
        self._cancel.cancel()

    def action_move(self, way: str) -> None:
        """Through what was said: what is typed stays where it is."""
        getattr(self.query_one("#said"), f"scroll_{way}")(animate=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Send it."""
        message = event.value
        if not message.strip():
            return
        event.input.clear()
        event.input.disabled = True
        self._say("you", message, "")
        self._asked_at = monotonic()
        self._say(self._status.ref.agent, "is asked …", "waiting")
        backend = app_of(self).backend

        def ask() -> ChatReply:
            from holodeck_tui.pipeline import found

            with backend.asking(self._cancel) as ctx:
                own = backend.settings_of(self._status.ref)
                return found.chat(self._status, message, ctx, own)

        background(self, ask, self._answered, self._failed)

    def _tick(self) -> None:
        """How long an agent has said nothing: one that hangs looks like one that thinks."""
        for waiting in self.query(".waiting").results(Static):
            seconds = int(monotonic() - self._asked_at)
            waited = f" {seconds} s" if seconds else ""
            waiting.update(_line(self._status.ref.agent, f"is asked …{waited}"))

    def _answered(self, reply: ChatReply) -> None:
        self._ready()
        text, rest = reply.text[:_MOST], len(reply.text) - _MOST
        more = f"\n… and {rest:,} characters more" if rest > 0 else ""
        self._say(self._status.ref.agent, text + more, "answer")

    def _failed(self, error: DeploymentError) -> None:
        self._ready()
        self._say("no answer", f"{error}\n{error.remedy}", "error")

    def _ready(self) -> None:
        self.query(".waiting").remove()
        field = self.query_one(Input)
        field.disabled = False
        field.focus()

    def _say(self, who: str, text: str, kind: str) -> None:
        said = self.query_one("#said", VerticalScroll)
        said.mount(Static(_line(who, text), classes=kind))
        said.scroll_end(animate=False)


def _line(who: str, text: str) -> Text:
    return Text.assemble((f"{sanitize(who)}  ", "bold"), sanitize(text, keep_newlines=True), overflow="fold")

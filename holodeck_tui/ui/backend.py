"""The engine as the app calls it: contexts, settings, and blocking calls in daemon threads.

Nothing here runs on the UI thread but :func:`background` and :meth:`Backend.close`, which return at once.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from textual import events
from textual.message_pump import MessagePump

from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.core.events import Event, Sink
from holodeck_tui.core.redact import Redactor
from holodeck_tui.ui.launch import Launch

if TYPE_CHECKING:
    from holodeck_tui.config.resolve import Settings
    from holodeck_tui.core.values import ServiceRef

T = TypeVar("T")


def _cancel(tokens: list[CancelToken]) -> None:
    for token in tokens:
        token.cancel()


def _drop(_event: Event) -> None:
    return None


class Backend:
    """One per app. ``redactor`` knows every secret of the shell and the ``.env`` files once learnt."""

    def __init__(self, launch: Launch) -> None:
        self.launch = launch
        self.redactor = Redactor()
        self._learnt = threading.Event()
        self._learning = threading.Lock()
        self._tokens: set[CancelToken] = set()
        self._guard = threading.Lock()

    def context(self, emit: Sink = _drop, cancel: CancelToken | None = None) -> Context:
        """A context of this shell. Its token is cancelled when the app closes; call from a worker."""
        self._learn()
        token = cancel or CancelToken()
        with self._guard:
            self._tokens.add(token)
        return Context(emit=emit, cancel=token, redactor=self.redactor, environ=self.launch.environ)

    def forget(self, ctx: Context) -> None:
        """The call that ``ctx`` was made for has ended."""
        with self._guard:
            self._tokens.discard(ctx.cancel)

    @contextlib.contextmanager
    def asking(self, cancel: CancelToken | None = None) -> Iterator[Context]:
        """A :meth:`context` for one question, forgotten when that has been answered; in a worker."""
        ctx = self.context(cancel=cancel)
        try:
            yield ctx
        finally:
            self.forget(ctx)

    def settings_of(self, ref: ServiceRef) -> Settings | None:
        """The settings whose deploy made ``ref``; None where it does not come from the app's agent."""
        from holodeck_tui.pipeline.found import settings_of

        if not self.launch.agent.exists():
            return None
        return settings_of(
            ref,
            lambda target, environment: self.settings(target=target, environment=environment, exactly=True),
        )

    def settings(
        self,
        *,
        target: str | None = None,
        environment: str | None = None,
        exactly: bool = False,
        rehearsal: bool = False,
    ) -> Settings:
        """The settings of the app's agent; ``target`` and ``environment`` None are the command line's.

        ``exactly``: an environment of None is none. Blocks; raises what ``load_settings`` raises.
        """
        from holodeck_tui.config.resolve import load_settings

        launch = self.launch
        return load_settings(
            launch.agent,
            target=target or launch.target,
            environment=environment if exactly else environment or launch.environment,
            environ=launch.environ,
            cwd=launch.cwd,
            home=launch.home,
            missing="warning" if rehearsal or launch.dry_run else "error",
        )

    def close(self, *, sparing: CancelToken | None = None) -> None:
        """Cancel every call under way but the one of ``sparing``; waits for none."""
        with self._guard:
            tokens, self._tokens = self._tokens, set()
        others = [token for token in tokens if token is not sparing]
        # Callbacks close sockets of other threads and may block.
        threading.Thread(target=_cancel, args=(others,), daemon=True).start()

    def _learn(self) -> None:
        with self._learning:
            if self._learnt.is_set():
                return
            from holodeck_tui.config.variables import Variables

            launch = self.launch
            variables = Variables(
                launch.environ, cwd=launch.cwd, agent_dir=launch.agent.parent, home=launch.home
            )
            # A .env that cannot be read is told by who needs it.
            with contextlib.suppress(DeploymentError):
                self.redactor.add(*variables.secrets())
            self._learnt.set()


def background(
    node: MessagePump,
    call: Callable[[], T],
    then: Callable[[T], None],
    failed: Callable[[DeploymentError], None],
) -> None:
    """``call`` in a daemon thread; then ``then`` or ``failed`` on the UI thread, if ``node`` is still there.

    A cancelled call ends silently; a defect of ours crashes the app, as one on the UI thread would.
    """

    def work() -> None:
        try:
            value = call()
        except Cancelled:
            return
        except DeploymentError as error:
            node.post_message(events.Callback(callback=partial(failed, error)))
        except Exception as defect:  # raised again where the app can tell it
            node.post_message(events.Callback(callback=partial(_raise, defect)))
        else:
            node.post_message(events.Callback(callback=partial(then, value)))

    threading.Thread(target=work, name="background", daemon=True).start()


def _raise(defect: Exception) -> None:
    raise defect

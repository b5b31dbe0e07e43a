"""A run that goes on whatever screen is shown, and what every screen can know of it.

A screen starts a run with :meth:`RunKeeper.start` and listens with ``app.run_news.subscribe(self, ...)``.
On mount it reads ``keeper.run.events`` from the beginning; at each news from where it stopped. Events are
appended by the run's thread and never change, so reading a slice on the UI thread is safe.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.events import Event, LogLines, Result, StepStarted, Waiting
from holodeck_tui.core.redact import sanitize
from holodeck_tui.core.values import Step

if TYPE_CHECKING:
    from holodeck_tui.core.context import Context
    from holodeck_tui.ui.backend import Backend

Work = Callable[["Context"], Result]
Again = Callable[[tuple[Step, ...]], Work]


@dataclass
class Run:
    """One run. ``events`` grow only; ``result`` is set once, last. Times are of the keeper's clock.

    ``times`` says when each event came; it is never shorter than ``events``. ``again`` makes the work of
    another run to the same place with these steps; None where what failed is no deploy. ``stopping``: it
    was asked to.
    """

    title: str
    cancel: CancelToken
    started: float
    again: Again | None = None
    events: list[Event] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    result: Result | None = None
    ended: float | None = None
    step: str = ""
    doing: str = ""
    stopping: bool = False
    done: threading.Event = field(default_factory=threading.Event)

    @property
    def running(self) -> bool:
        """Whether it still goes on."""
        return self.result is None


class RunKeeper:
    """Keeps one run at a time. ``news`` is called from any thread, at most once until :meth:`heard`."""

    def __init__(
        self,
        backend: Backend,
        news: Callable[[Run], None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.run: Run | None = None
        self.clock = clock
        self._backend = backend
        self._news = news
        self._told = False
        self._guard = threading.Lock()

    @property
    def busy(self) -> bool:
        """Whether a run goes on."""
        return self.run is not None and self.run.running

    def start(self, title: str, work: Work, again: Again | None = None) -> Run:
        """Do ``work`` in a daemon thread: load settings there, call the engine, return its result.

        ``title`` names it in the footer (``deploy ticket-routing to this machine``). Raises ``busy``
        while another run goes on. A DeploymentError that ``work`` raises becomes the run's result.
        """
        if self.busy:
            assert self.run is not None
            raise DeploymentError(
                "busy",
                "One run at a time.",
                reason=f"{self.run.title} goes on",
                remedy="Wait until it has ended, or cancel it.",
            )
        run = Run(sanitize(title), CancelToken(), self.clock(), again)
        self.run = run
        threading.Thread(target=self._work, args=(run, work), name="run", daemon=True).start()
        self._tell(run)
        return run

    def cancel(self) -> None:
        """Ask the run to stop; its result says 130 when it has."""
        if self.run is not None:
            self.run.stopping = True
            # Callbacks close sockets of other threads and may block.
            threading.Thread(target=self.run.cancel.cancel, name="cancel", daemon=True).start()

    def heard(self) -> None:
        """The last news were taken; the next may come."""
        with self._guard:
            self._told = False

    def _work(self, run: Run, work: Work) -> None:
        def emit(event: Event) -> None:
            if isinstance(event, Result):
                return  # the last event, appended when the work has ended
            run.times.append(self.clock())
            run.events.append(event)
            if isinstance(event, StepStarted):
                run.step, run.doing = event.step, ""
            elif isinstance(event, Waiting):
                run.doing = f"waits for {event.what}"
            elif isinstance(event, LogLines) and not event.detail:
                run.doing = event.lines[-1]
            self._tell(run)

        ctx = self._backend.context(emit, run.cancel)
        try:
            result = work(ctx)
        except DeploymentError as error:
            result = Result(False, int(error.exit_code), None, error=error)
        except Exception as defect:  # the run's screen tells it; the app goes on
            result = self._defect(defect)
        finally:
            self._backend.forget(ctx)
        run.ended = self.clock()
        run.times.append(run.ended)
        run.events.append(result)
        run.result = result
        run.done.set()
        self._tell(run, always=True)

    def _defect(self, defect: Exception) -> Result:
        from holodeck_tui import __version__
        from holodeck_tui.core import crash

        redactor = self._backend.redactor
        log = crash.write_log(crash.describe(defect, redactor), "run", __version__)
        return Result(False, 1, None, error=crash.as_error(defect, log, redactor))

    def _tell(self, run: Run, *, always: bool = False) -> None:
        with self._guard:
            if self._told and not always:
                return
            self._told = True
        self._news(run)

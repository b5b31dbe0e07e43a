"""Cancelling and deadlines: every wait looks at a token and names what it waits for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from holodeck_tui.core.errors import Cancelled, DeploymentError


class CancelToken:
    """Set once, from any thread or a signal handler; seen by every wait of a run."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._callbacks: list[Callable[[], None]] = []
        self._guard = threading.RLock()

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked to stop."""
        return self._event.is_set()

    def cancel(self) -> None:
        """Ask everything to stop; callbacks run once, in the caller's thread."""
        with self._guard:
            self._event.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def check(self) -> None:
        """Raise :class:`Cancelled` if somebody asked to stop."""
        if self._event.is_set():
            raise Cancelled

    def sleep(self, seconds: float) -> None:
        """Wait that many seconds, or raise :class:`Cancelled` at once when asked to stop."""
        if self._event.wait(max(0.0, seconds)):
            raise Cancelled

    def on_cancel(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` on cancel (to close a socket, say); returns what takes it back."""
        with self._guard:
            if not self._event.is_set():
                self._callbacks.append(callback)
                return lambda: self._forget(callback)
        callback()
        return lambda: None

    def _forget(self, callback: Callable[[], None]) -> None:
        with self._guard:
            if callback in self._callbacks:
                self._callbacks.remove(callback)


class Deadline:
    """``seconds`` from now, for ``what``; :meth:`check` raises a ``timeout`` that names it."""

    def __init__(self, seconds: float, what: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self.what = what
        self._clock = clock
        self._end = clock() + seconds

    @property
    def left(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, self._end - self._clock())

    def check(self, *, code: str = "timeout", remedy: str = "") -> None:
        """Raise ``DeploymentError(code)`` once the time is over."""
        if self._clock() >= self._end:
            raise DeploymentError(
                code,
                f"Gave up waiting for {self.what}.",
                reason=f"it took longer than {self.seconds:g} s",
                remedy=remedy,
            )

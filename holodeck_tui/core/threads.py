"""Calls that block in somebody else's code and still end at once when the user says stop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.errors import Cancelled

T = TypeVar("T")

# Windows does not interrupt a wait without an end, so a Ctrl-C is looked for this often (seconds).
_LOOK = 0.2


def interruptible(call: Callable[[], T], cancel: CancelToken) -> T:
    """``call()`` in a daemon thread; raises :class:`Cancelled` at once when asked to stop.

    A call left behind that way runs to its own end unseen: only for calls whose effect does not
    matter then (a question, a probe).
    """
    cancel.check()
    done = threading.Event()
    results: list[T] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            results.append(call())
        except BaseException as error:  # handed to the caller's thread below
            errors.append(error)
        done.set()

    threading.Thread(target=work, daemon=True, name="interruptible").start()
    forget = cancel.on_cancel(done.set)
    try:
        while not done.wait(_LOOK):
            pass
    finally:
        forget()
    if errors:
        raise errors[0]
    if results:
        return results[0]
    raise Cancelled

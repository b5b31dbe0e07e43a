"""Calls that block in somebody else's code and still end at once when the user says stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TypeVar

from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.errors import Cancelled

T = TypeVar("T")
A = TypeVar("A")

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


def in_threads(call: Callable[[A], T], items: Iterable[A], *, at_once: int, name: str) -> list[T]:
    """``call`` of every item, ``at_once`` of them in threads called ``name``; the answers in their order.

    A single one needs no thread. Raises what the first call that failed raised, when all have ended.
    """
    items = list(items)
    if len(items) < 2:
        return [call(item) for item in items]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(at_once, len(items)), thread_name_prefix=name) as pool:
        return list(pool.map(call, items))

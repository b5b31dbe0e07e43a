"""Work in a thread, so that the main one always hears Ctrl-C and can redraw the moving line."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Generic, TypeVar

from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.errors import Cancelled

T = TypeVar("T")
_TICK = 0.1


class Worker(Generic[T]):
    """Runs one job. The first signal cancels it, the second leaves the process at once.

    ``leave`` is called for the second signal, in the handler: it must not touch buffered streams.
    Questions of the job are asked in the main thread, where Ctrl-C ends the reading.
    """

    def __init__(
        self,
        cancel: CancelToken,
        *,
        tick: Callable[[], None],
        stopping: Callable[[], None],
        leave: Callable[[], None],
    ) -> None:
        self._cancel = cancel
        self._tick = tick
        self._stopping = stopping
        self._leave = leave
        self._questions: queue.SimpleQueue[tuple[Callable[[], bool], queue.SimpleQueue[bool | None]]] = (
            queue.SimpleQueue()
        )
        self._asking = False
        self._signals = 0
        self._value: list[T] = []
        self._error: list[BaseException] = []

    def run(self, job: Callable[[], T]) -> T:
        """The job's value, or its exception."""
        thread = threading.Thread(target=self._work, args=(job,), name="work", daemon=True)
        told = False
        with self._listening():
            thread.start()
            while thread.is_alive():
                thread.join(_TICK)
                if self._signals and not told:
                    told = True
                    self._stopping()
                    # Callbacks close sockets of other threads and may block.
                    threading.Thread(target=self._cancel.cancel, name="cancel", daemon=True).start()
                self._answer()
                self._tick()
        if self._error:
            raise self._error[0]
        return self._value[0]

    def ask(self, question: Callable[[], bool]) -> bool:
        """Called by the job: have the main thread put ``question`` and return the answer."""
        answer: queue.SimpleQueue[bool | None] = queue.SimpleQueue()
        self._questions.put((question, answer))
        said = answer.get()
        if said is None:
            raise Cancelled
        return said

    def _work(self, job: Callable[[], T]) -> None:
        try:
            self._value.append(job())
        except BaseException as error:  # raised again in the main thread
            self._error.append(error)

    def _answer(self) -> None:
        with contextlib.suppress(queue.Empty):
            question, answer = self._questions.get_nowait()
            self._asking = True
            try:
                answer.put(question())
            except (KeyboardInterrupt, EOFError):
                self._cancel.cancel()
                answer.put(None)
            finally:
                self._asking = False

    @contextlib.contextmanager
    def _listening(self) -> Iterator[None]:
        before = {number: signal.getsignal(number) for number in _signals()}
        for number in before:
            signal.signal(number, self._heard)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _heard(self, _number: int, _frame: FrameType | None) -> None:
        if self._asking:
            raise KeyboardInterrupt
        self._signals += 1
        if self._signals > 1:
            self._leave()
            os._exit(130)


def _signals() -> list[signal.Signals]:
    wanted = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        wanted.append(signal.SIGHUP)
    if hasattr(signal, "SIGBREAK"):
        wanted.append(signal.SIGBREAK)
    return wanted

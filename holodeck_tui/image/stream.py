"""A long answer of the engine, message by message, that can be cut at any moment."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any

from holodeck_tui.core.context import Context
from holodeck_tui.image.engine import Engine

if TYPE_CHECKING:
    from requests import Response

    from docker import APIClient

Message = dict[str, Any]
# Often enough to feel live, seldom enough that a front end is not drowned.
_BATCH_SECONDS = 0.1
_JOIN_SECONDS = 10


def engine_stream(
    engine: Engine, call: Callable[[APIClient], Iterator[Message]], ctx: Context
) -> Generator[list[Message], None, None]:
    """Batches of what ``call`` yields, at least every 0.1 s while there is anything.

    The call runs in a thread of its own, so that a silent engine does not hold up a cancel: that shuts
    the connection, which makes the engine stop its work, and raises ``Cancelled``. What ``call`` raises
    is raised here.
    """
    connection = _Connection(engine, call)
    forget = ctx.cancel.on_cancel(connection.cut)
    try:
        connection.start()
        while True:
            batch, done = connection.batch()
            ctx.cancel.check()
            if batch:
                yield batch
            if done:
                break
        if connection.error is not None:
            raise connection.error
    finally:
        forget()
        connection.cut()
        connection.join()


class _Connection:
    def __init__(self, engine: Engine, call: Callable[[APIClient], Iterator[Message]]) -> None:
        self.error: BaseException | None = None
        self._client = engine.open()
        self._client.api.hooks["response"].append(self._answered)
        self._call = call
        self._messages: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._response: Response | None = None
        self._guard = threading.Lock()
        self._is_cut = False
        self._thread = threading.Thread(target=self._run, name="engine-stream", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def batch(self) -> tuple[list[Message], bool]:
        """What came in within the batch's time, and whether that was the end."""
        found: list[Message] = []
        end = time.monotonic() + _BATCH_SECONDS
        with contextlib.suppress(queue.Empty):
            while (left := end - time.monotonic()) > 0:
                message = self._messages.get(timeout=left)
                if message is None:
                    return found, True
                found.append(message)
        return found, False

    def cut(self) -> None:
        """End the connection, whichever thread reads from it."""
        with self._guard:
            self._is_cut = True
            response = self._response
        self._messages.put(None)
        if response is not None:
            _shut(response)

    def join(self) -> None:
        if self._thread.ident is not None:
            self._thread.join(_JOIN_SECONDS)
        self._client.close()

    def _answered(self, response: Response, *_args: Any, **_kwargs: Any) -> None:
        with self._guard:
            self._response = response
            too_late = self._is_cut
        if too_late:
            _shut(response)

    def _run(self) -> None:
        try:
            for message in self._call(self._client.api):
                self._messages.put(message)
        except BaseException as error:  # carried over to the thread that waits
            self.error = error
        finally:
            self._messages.put(None)


def _shut(response: Response) -> None:
    from docker.errors import DockerException
    from docker.types import CancellableStream

    # It ended by itself, or (over ssh) cannot be cut: then closing has to do.
    with contextlib.suppress(OSError, AttributeError, DockerException, ValueError):
        CancellableStream(iter(()), response).close()

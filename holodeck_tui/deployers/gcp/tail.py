"""One session of Cloud Logging's tail, read in a thread of its own into a short queue."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled
from holodeck_tui.deployers.gcp.client import Clients
from holodeck_tui.deployers.gcp.errors import is_transient, translated
from holodeck_tui.deployers.gcp.names import Place

if TYPE_CHECKING:
    from google.cloud.logging_v2.types import LogEntry

# The server holds lines back so long to put them in order (TailLogEntriesRequest.buffer_window).
_BUFFER_SECONDS = 2
# A session says nothing when it begins: what came while it did is looked up after so long.
_SETTLED = 3.0
_LOOK = 0.2
# Answers that wait to be read; a reader that is slow slows the server.
_WAITING = 64


class Tail:
    """Opened, read once, closed. Google ends each after an hour."""

    def __init__(self, clients: Clients, place: Place, wanted: str, ctx: Context) -> None:
        self._client = clients.logging
        self._request = {
            "resource_names": [f"projects/{place.project}"],
            "filter": wanted,
            "buffer_window": {"seconds": _BUFFER_SECONDS},
        }
        self._ctx = ctx
        self._over = threading.Event()
        self._answers: queue.Queue[Any] = queue.Queue(_WAITING)
        self._stream: Any = None
        self._opened = 0.0
        self._forget: Callable[[], None] = lambda: None

    def open(self) -> None:
        """Begin the session; what is wrong with it shows in :meth:`batches`."""
        # The SDK would block here until the first line comes (as google-cloud-pubsub knows too).
        self._client.transport.tail_log_entries._prefetch_first_result_ = False  # type: ignore[attr-defined]
        with translated("Following the log", self._ctx):
            self._stream = self._client.tail_log_entries(requests=self._requests(), retry=None, timeout=None)
        self._opened = time.monotonic()
        self._forget = self._ctx.cancel.on_cancel(self.close)
        threading.Thread(target=self._pump, daemon=True, name="log-tail").start()

    def batches(self) -> Iterator[tuple[list[LogEntry], bool]]:
        """Entries, and whether others may be missing before them: they are in the history then.

        Ends where the session does: after its hour, or with a cut line.
        """
        settled = False
        while True:
            self._ctx.cancel.check()
            try:
                answer = self._answers.get(timeout=_LOOK)
            except queue.Empty:
                if not settled and time.monotonic() - self._opened > _SETTLED:
                    settled = True
                    yield [], True
                continue
            if answer is None:
                return
            if isinstance(answer, BaseException):
                self._raise(answer)
                return
            yield [*answer.entries], bool(answer.suppression_info) or not settled
            settled = True

    def close(self) -> None:
        """End the session."""
        self._over.set()
        self._forget()
        if self._stream is not None:
            self._stream.cancel()

    def _pump(self) -> None:
        last: BaseException | None = None
        try:
            for answer in self._stream:
                self._put(answer)
        except Exception as error:  # raised again where it is read
            last = error
        self._put(last)

    def _put(self, answer: Any) -> None:
        while not self._over.is_set():
            try:
                self._answers.put(answer, timeout=_LOOK)
            except queue.Full:
                continue
            return

    def _raise(self, error: BaseException) -> None:
        """What is a fault; the end of the hour (OutOfRange) and a cut line are none."""
        if self._ctx.cancel.cancelled:
            raise Cancelled from error
        if type(error).__name__ in {"OutOfRange", "Cancelled"} or is_transient(error):
            return
        with translated("Following the log", self._ctx):
            raise error

    def _requests(self) -> Iterator[Any]:
        from google.cloud.logging_v2.types import TailLogEntriesRequest

        yield TailLogEntriesRequest(self._request)
        # The session lasts as long as the asking side stays open.
        self._over.wait()

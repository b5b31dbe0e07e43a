"""Open connections of an HTTP client, so that a cancelled run need not wait for a silent server."""

from __future__ import annotations

import contextlib
import socket
import threading
import weakref
from typing import Any


class Sockets:
    """Learns of connections by httpx's ``trace`` extension and cuts them all at once."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._open: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._cut = False

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """To be passed as ``extensions={"trace": …}`` of a request."""
        if not event.endswith(("connect_tcp.complete", "start_tls.complete")):
            return
        stream = info.get("return_value")
        found = stream.get_extra_info("socket") if stream is not None else None
        if isinstance(found, socket.socket):
            with self._guard:
                self._open.add(found)
                late = self._cut
            if late:
                _shut(found)

    def cut(self) -> None:
        """Wake every read and write that waits; they fail at once."""
        with self._guard:
            self._cut = True
            found = list(self._open)
        for one in found:
            _shut(one)


def _shut(one: socket.socket) -> None:
    # Not the method of SSLSocket: it would take the session away from under a reader in another thread.
    with contextlib.suppress(OSError):
        socket.socket.shutdown(one, socket.SHUT_RDWR)

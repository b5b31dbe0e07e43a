"""A real TCP proxy that does to connections what networks and registries do on bad days."""

from __future__ import annotations

import re
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Fault:
    """What happens to requests whose head matches ``line``, ``times`` times.

    ``answer`` is sent instead of forwarding; ``cut_after`` forwards that many bytes of the request and
    then resets the connection (or, with ``gently``, just closes it); ``bytes_per_second`` slows it down.
    """

    line: str
    times: int = 1
    answer: str = ""
    cut_after: int = -1
    gently: bool = False
    bytes_per_second: int = 0
    hits: int = 0

    def takes(self, head: bytes) -> bool:
        if self.hits >= self.times or not re.match(self.line.encode(), head, re.DOTALL | re.IGNORECASE):
            return False
        self.hits += 1
        return True


@dataclass
class Proxy:
    """Forwards to ``target``; half of ``round_trip`` seconds passes on the way in each direction."""

    target: tuple[str, int]
    round_trip: float = 0.0
    faults: list[Fault] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    received: int = 0
    host: str = ""

    def start(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._server.getsockname()[1]}"
        self._open: set[socket.socket] = {self._server}
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        # Woken before it is closed: the next listener may get the same descriptor, and this thread with it.
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        for one in list(self._open):
            with suppress(OSError):
                one.close()

    def count(self, pattern: str) -> int:
        return sum(1 for line in self.lines if re.match(pattern, line))

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                server = socket.create_connection(self.target)
                for one in (client, server):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self._open.add(one)
                threading.Thread(target=self._upstream, args=(client, server), daemon=True).start()
                threading.Thread(target=self._pump, args=(server, client), daemon=True).start()

    def _upstream(self, client: socket.socket, server: socket.socket) -> None:
        fault: Fault | None = None
        left = -1
        pipe = _Delayed(server, self.round_trip / 2)
        with suppress(OSError):
            while data := client.recv(1 << 16):
                self.received += len(data)
                if re.match(rb"(GET|HEAD|PUT|POST|PATCH|DELETE) ", data):
                    head = data.split(b"\r\n\r\n", 1)[0]
                    self.lines.append(head.split(b"\r\n", 1)[0].decode())
                    fault = next((one for one in self.faults if one.takes(head)), None)
                    left = fault.cut_after if fault else -1
                    if fault and fault.answer:
                        # A real server reads the request's head before it answers; the rest it need not.
                        client.sendall(fault.answer.replace("\n", "\r\n").encode())
                        time.sleep(0.05)
                        break
                if left >= 0:
                    pipe.send(data[:left])
                    left -= len(data)
                    if left <= 0:
                        if fault and not fault.gently:
                            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        break
                else:
                    if fault and fault.bytes_per_second:
                        time.sleep(len(data) / fault.bytes_per_second)
                    pipe.send(data)
        pipe.close()
        for one in (client, server):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
            self._open.discard(one)

    def _pump(self, server: socket.socket, client: socket.socket) -> None:
        pipe = _Delayed(client, self.round_trip / 2)
        with suppress(OSError):
            while data := server.recv(1 << 16):
                pipe.send(data)
        pipe.close()
        with suppress(OSError):
            client.shutdown(socket.SHUT_WR)


class _Delayed:
    """Sends what it is given a fixed time later, in order, without holding up the reader."""

    def __init__(self, sink: socket.socket, delay: float) -> None:
        self._sink = sink
        self._delay = delay
        if delay:
            import queue

            self._queue: queue.SimpleQueue[tuple[float, bytes] | None] = queue.SimpleQueue()
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    def send(self, data: bytes) -> None:
        if self._delay:
            self._queue.put((time.monotonic() + self._delay, data))
        else:
            self._sink.sendall(data)

    def close(self) -> None:
        if self._delay:
            self._queue.put(None)
            self._thread.join(5)

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            due, data = item
            time.sleep(max(0.0, due - time.monotonic()))
            try:
                self._sink.sendall(data)
            except OSError:
                return


@contextmanager
def proxy_to(host: str, *faults: Fault, round_trip: float = 0.0) -> Iterator[Proxy]:
    """A proxy in front of ``host`` (``name:port``) on a free port of this machine."""
    name, _, port = host.partition(":")
    proxy = Proxy((name, int(port)), round_trip, list(faults))
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()

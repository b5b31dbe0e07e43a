"""A door to the container engine that writes down every request: what the engine was told, byte by byte."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Request:
    """One request to the engine, with its body put together again."""

    method: str
    path: str
    head: bytes
    body: bytes


@dataclass
class Recorder:
    """``address`` is for DOCKER_HOST."""

    address: str
    streams: list[bytearray] = field(default_factory=list)

    def requests(self) -> list[Request]:
        return [request for stream in self.streams for request in _requests(bytes(stream))]


@contextlib.contextmanager
def recording(engine: str) -> Iterator[Recorder]:
    """A door to ``engine``, which is the address that DOCKER_HOST names."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = Recorder(f"tcp://127.0.0.1:{listener.getsockname()[1]}")
        given = (listener, engine, made)
        serving = threading.Thread(target=_serve, args=given, daemon=True, name="door to the engine")
        serving.start()
        try:
            yield made
        finally:
            # Woken before it is closed: a thread that waits there when the process is stopped for a moment goes
            # on at the next listener that gets this descriptor, and leads who comes there to the engine.
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            serving.join(5)


def _serve(listener: socket.socket, engine: str, made: Recorder) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        server = _connect(engine)
        stream = bytearray()
        made.streams.append(stream)
        threading.Thread(target=_pump, args=(client, server, stream), daemon=True).start()
        threading.Thread(target=_pump, args=(server, client, bytearray()), daemon=True).start()


def _connect(engine: str) -> socket.socket:
    parts = urlsplit(engine)
    if parts.scheme == "unix":
        made = socket.socket(socket.AF_UNIX)
        made.connect(parts.path)
        return made
    return socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 2375))


def _pump(source: socket.socket, sink: socket.socket, record: bytearray) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            record += data
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def _requests(stream: bytes) -> Iterator[Request]:
    while stream:
        head, _, stream = stream.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        method, path, _ = lines[0].decode().split(" ", 2)
        headers = {}
        for line in lines[1:]:
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        body = b""
        if headers.get("transfer-encoding") == "chunked":
            body, stream = _chunks(stream)
        else:
            length = int(headers.get("content-length", "0"))
            body, stream = stream[:length], stream[length:]
        yield Request(method, path, head, body)


def _chunks(stream: bytes) -> tuple[bytes, bytes]:
    body = b""
    while stream:
        size, _, stream = stream.partition(b"\r\n")
        length = int(size.split(b";")[0] or b"0", 16)
        body, stream = body + stream[:length], stream[length + 2 :]
        if length == 0:
            break
    return body, stream

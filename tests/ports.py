"""Ports for servers that other programs open: below those the system hands out, and each worker's own.

A port that was found free by opening and closing it is soon given to somebody else by the system; then two
tests talk to each other's servers.
"""

from __future__ import annotations

import itertools
import os
import socket

# Linux hands out 32768 and above (ip_local_port_range), the others 49152 and above (RFC 6335).
_FIRST, _EACH, _WORKERS = 20_000, 1_000, 12


def _mine() -> range:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _WORKERS
    return range(_FIRST + worker * _EACH, _FIRST + (worker + 1) * _EACH)


# Another run beside this one has the same ports: begin elsewhere.
_NEXT = itertools.count(os.getpid() * 37)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on and that this worker has not given for long."""
    mine = _mine()
    for number in itertools.islice(_NEXT, _EACH):
        port = mine[number % _EACH]
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise AssertionError(f"none of {mine} is free")

"""Ports of this machine's loopback: a free one, whether one is free, and who holds it."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterable

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.redact import sanitize

HOST = "127.0.0.1"
# How many ports above the wanted one are tried before the system chooses.
_NEARBY = 100


def is_free(port: int) -> bool:
    """Whether something could listen on ``port`` of the loopback now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if os.name == "nt":
            probe.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_EXCLUSIVEADDRUSE", -5), 1)
        else:
            # Connections that linger after a server ended do not hold its port.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def any_free(avoid: int | None = None) -> int:
    """A port that was free a moment ago, chosen by the system, and not ``avoid``."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.bind((HOST, 0))
            port = int(probe.getsockname()[1])
        if port != avoid:
            return port


def choose(wanted: int, taken: Iterable[int] = ()) -> int:
    """``wanted`` if free, else the next free one above it, else any. ``taken`` are spoken for."""
    spoken = set(taken)
    for port in range(wanted, min(wanted + _NEARBY, 65536)):
        if port >= 1 and port not in spoken and is_free(port):
            return port
    return any_free()


def port_taken(port: int, holder: str | None) -> DeploymentError:
    """The error that says who holds ``port``."""
    return DeploymentError(
        "port-taken",
        f"Port {port} of this machine cannot be used.",
        reason=f"it is held by {holder}" if holder else "something else listens there",
        remedy="Stop it, or set another one in deploy.yaml: local: {port: "
        f"{choose(port + 1 if port < 65535 else 8080)}}}",
    )


def holding_process(port: int) -> str | None:
    """``process 4711 (nginx)`` where the system tells it, else None."""
    import psutil

    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            local = connection.laddr
            if connection.status != psutil.CONN_LISTEN or not local or local.port != port:
                continue
            if connection.pid is None:
                return None
            with contextlib.suppress(psutil.Error):
                return f"process {connection.pid} ({sanitize(psutil.Process(connection.pid).name())})"
            return f"process {connection.pid}"
    return None

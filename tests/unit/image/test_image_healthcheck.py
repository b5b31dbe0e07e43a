"""The container's own health check, against a real server and as the real script."""

from __future__ import annotations

import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import ClassVar

import pytest

from holodeck_tui.image.assets import script
from holodeck_tui.image.healthcheck import main

pytestmark = pytest.mark.unit


class Handler(http.server.BaseHTTPRequestHandler):
    answers: ClassVar[dict[str, tuple[int, bytes]]] = {
        "/healthy": (200, b'{"status": "healthy", "agent_ready": true}'),
        "/unhealthy": (200, b'{"status": "unhealthy"}'),
        "/degraded": (200, b'{"status": "degraded"}'),
        "/plain": (200, b"OK"),
        "/list": (200, b"[1]"),
        "/broken": (503, b'{"status": "healthy"}'),
    }

    def do_GET(self) -> None:
        status, body = self.answers.get(self.path, (404, b"no"))
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        return


@pytest.fixture(scope="module")
def port() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield str(server.server_address[1])
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/healthy", 0),
        ("/plain", 0),
        ("/list", 0),
        ("/unhealthy", 1),
        ("/degraded", 1),
        ("/broken", 1),
        ("/missing", 1),
    ],
)
def test_the_body_decides_and_not_the_status_alone(port: str, path: str, code: int) -> None:
    assert main(path, port) == code


def test_nobody_listens() -> None:
    assert main("/health", "1") == 1


def test_the_copy_in_the_image_needs_nothing_but_python(port: str) -> None:
    def run(path: str) -> int:
        # A proxy in the container's environment must not get the container's question to itself.
        env = {"HOLODECK_PORT": port, "http_proxy": "http://127.0.0.1:1", "PATH": "/usr/bin:/bin"}
        command = [sys.executable, "-I", "-", path]
        return subprocess.run(command, input=script("healthcheck.py"), env=env, check=False).returncode

    assert run("/healthy") == 0
    assert run("/unhealthy") == 1

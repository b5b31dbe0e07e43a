"""The HTTP side: the services' own addresses (/health, /ready, chat) and the control endpoint."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.contract.gcp.world import World


def start_front(world: World) -> ThreadingHTTPServer:
    """Serve on a free port of this machine; ``world.url`` is its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the interface's name
            return

        def do_GET(self) -> None:
            if self.path == "/control":
                self._send(200, _notes(world))
            else:
                self._run({"/health": _health, "/ready": _ready})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}")
            if self.path != "/control":
                self._run(
                    {"/chat": lambda _world, _revision: {"content": f"You said: {body.get('message')}"}}
                )
                return
            try:
                world.control(body)
            except (KeyError, TypeError, ValueError) as error:
                self._send(400, {"error": f"{type(error).__name__}: {error}"})
            else:
                self._send(200, {})

        def _run(self, answers: dict[str, Callable[[World, str], Any]]) -> None:
            parts = self.path.split("/")
            end = f"/{parts[-1]}"
            if len(parts) < 6 or parts[1] != "run" or end not in answers:
                self._send(404, {})
                return
            name = f"projects/{parts[2]}/locations/{parts[3]}/services/{parts[4]}"
            with world.lock:
                world.advance()
                service = world.services.get(name)
                serving = _serving(service) if service is not None else None
                if service is None or serving is None:
                    self._send(404, {})
                elif not service.invoker_iam_disabled and "authorization" not in self.headers:
                    self._send(403, {"error": "The request was not authenticated."})
                else:
                    self._send(200, answers[end](world, f"{name}/revisions/{serving}"))

        def _send(self, status: int, document: Any) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    world.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True, kwargs={"poll_interval": 0.05}).start()
    return server


def _serving(service: Any) -> str | None:
    split = sorted(service.traffic_statuses, key=lambda one: one.percent)
    return str(split[-1].revision) if split else None


def _health(world: World, revision: str) -> dict[str, Any]:
    if revision in world.sick:
        return {"status": "unhealthy", "backend_ready": False, "backend_diagnostics": ["no such model"]}
    return {"status": "healthy", "backend_ready": True}


def _ready(world: World, revision: str) -> dict[str, Any]:
    return {"ready": revision not in world.sick}


def _notes(world: World) -> dict[str, Any]:
    with world.lock:
        return {
            "calls": dict(world.calls),
            "requests": world.requests,
            "services": sorted(world.services),
            "secrets": sorted(world.secrets),
            "wrong_answers": world.wrong_answers,
        }

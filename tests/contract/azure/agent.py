"""The agent that an imitated app runs: a real server here that answers for the serving revision."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.contract.azure.world import App, World


def open_agent(world: World, app: App) -> tuple[str, Callable[[], None]]:
    """``127.0.0.1:PORT`` and what closes it again."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            world.advance()
            serving = app.serving
            if serving is None:
                self.say({"error": "no healthy upstream"}, 503)
            elif self.path == "/ready":
                self.say({"ready": True})
            else:
                mode = serving.env.get("STANDIN", "healthy")
                status = "unhealthy" if mode == "unhealthy" else "healthy"
                self.say({"status": status, "agent_name": serving.env.get("STANDIN_NAME", "")})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            self.say({"content": f"heard {body.get('message')}", "session_id": "x", "message_id": "x"})

        def say(self, value: Any, status: int = 200) -> None:
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

    def close() -> None:
        server.shutdown()
        server.server_close()

    return f"127.0.0.1:{server.server_port}", close

"""A target of the tests' own, as a third party would write one: each revision is a server in a thread."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import Change, Deployment, ServiceRef, Status
from holodeck_tui.deployers.base import BaseDeployer, Destruction, LogLine, LogQuery, Needs, Revision

HEALTHY: dict[str, Any] = {"status": "healthy", "backend_ready": True}


class World:
    """What the target has, and how it behaves; one per test."""

    def __init__(self) -> None:
        self.health: dict[str, Any] = dict(HEALTHY)
        self.ready = True
        self.status: str | None = None
        self.no_url = False
        self.lines = [f"line {number}" for number in range(1, 31)]
        self.service: tuple[ServiceRef, str] | None = None
        self.specs: list[Any] = []
        self.revisions: list[str] = []
        self.server: ThreadingHTTPServer | None = None
        self.needs = Needs(image=False, registry=False, reason="it runs the files themselves")
        self.fails: DeploymentError | None = None
        self.on_deploy: Any = None
        self.asked = threading.Event()

    def open(self) -> str:
        world = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                world.asked.set()
                answer = world.health if self.path == "/health" else {"ready": world.ready}
                self.reply(answer)

            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                self.reply({"content": "Good \x1b[2Jmorning"})

            def reply(self, answer):
                body = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        if self.server is None:
            self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None


class ThreadDeployer(BaseDeployer):
    provider: ClassVar[str] = "local"
    world: ClassVar[World]

    def needs(self, settings, ctx):
        if self.world.fails is not None:
            raise self.world.fails
        return self.world.needs

    def service_name(self, settings):
        return f"threads-{settings.agent_name}"

    def find(self, settings, ctx):
        if self.world.fails is not None:
            raise self.world.fails
        return self.world.service[0] if self.world.service else None

    def deploy(self, spec, ctx):
        world = self.world
        if world.on_deploy is not None:
            world.on_deploy(ctx)
        ref = ServiceRef("local", f"id-{spec.name}", spec.name, "local", spec.agent, spec.environment)
        if not world.specs or self._differences(world.specs[-1], spec):
            world.revisions.insert(0, f"r{len(world.revisions) + 1}")
        world.specs.append(spec)
        world.service = (ref, world.revisions[0])
        url = None if world.no_url else world.open()
        return Deployment(ref, url, "deploying", world.revisions[0], spec.image)

    def get_status(self, ref, ctx):
        world = self.world
        if world.service is None:
            return Status(ref, "missing")
        url = None if world.no_url else world.open()
        return Status(ref, world.status or "healthy", "as told", url, None, world.service[1])  # type: ignore[arg-type]

    def plan_destroy(self, ref, ctx):
        return Destruction(ref, (f"service {ref.name}",), ("image x (used by y)",))

    def destroy(self, ref, ctx):
        self.world.service = None
        self.world.specs.clear()
        self.world.close()
        return self.plan_destroy(ref, ctx)

    def stream_logs(self, ref, query: LogQuery, ctx) -> Iterator[LogLine]:
        for text in self.world.lines[-query.tail :] if query.tail else self.world.lines:
            yield LogLine(text, datetime(2026, 1, 1, tzinfo=timezone.utc))
        while query.follow:
            ctx.cancel.sleep(0.01)

    def list(self, scope, ctx):
        return [Status(self.world.service[0], "healthy")] if self.world.service else []

    def changes(self, spec, ctx):
        return self._differences(self.world.specs[-1], spec)

    def revisions(self, ref, ctx):
        return [Revision(name, None, None, name == self.world.service[1]) for name in self.world.revisions]

    def rollback(self, ref, to, ctx):
        known = self.world.revisions
        if to is not None and to not in known:
            raise DeploymentError("revision-unknown", f"There is no revision {to}.")
        self.world.service = (ref, to or known[1])
        return Deployment(ref, self.world.open(), "deploying", self.world.service[1])

    def pause(self, ref, ctx):
        return Status(ref, "stopped")

    def resume(self, ref, ctx):
        return Status(ref, "healthy")

    def _differences(self, old, new):
        pairs = {
            "content_hash": (old.bundle.content_hash, new.bundle.content_hash),
            "image": (old.image, new.image),
            "env": (dict(old.env), dict(new.env)),
        }
        return [Change(name, str(a), str(b)) for name, (a, b) in pairs.items() if a != b]


class PlainDeployer(ThreadDeployer):
    """The same without what not every target can do."""

    pause = None
    rollback = None

"""On this machine, in both runtimes, with an agent that tells its own secret: nothing of it anywhere else."""

from __future__ import annotations

import gzip
import json
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.contract.standins import remove_images_of, standin_base, standin_path
from tests.integration.canary.conftest import Cage
from tests.integration.canary.recorder import Recorder, recording
from tests.integration.canary.scanner import Scanner

pytestmark = [
    pytest.mark.integration,
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="the stand-in's command is a script of POSIX"),
]

READING = (
    "validate",
    "bundle --to out",
    "bundle --output json",
    "plan",
    "plan --output json",
    "deploy --dry-run",
    "status --output json",
    "logs --output json",
    "list",
    "chat secret? --output json",
    "set deployment.port=8081",
    "unset deployment.port --output json",
)


class Collector(ThreadingHTTPServer):
    """Takes spans and keeps their bytes; no header, where a collector's own key belongs."""

    spans: list[bytes]


@pytest.fixture
def collector() -> Iterator[Collector]:
    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.spans.append(
                gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
            )
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    made = Collector(("127.0.0.1", 0), Take)
    made.spans = []
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def live(cage: Cage, collector: Collector, overlay: str, look: Callable[[], list[str]] = list) -> list[str]:
    """The whole life of a service in ``cage``; the canaries that were found on the way."""
    cage.environ |= {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server_port}",
        "OTEL_EXPORTER_OTLP_HEADERS": f"authorization={cage.canaries['OTEL_PASSWORD']}",
    }
    overlay = f"target: local\n{overlay}"
    hits: list[str] = []
    cage.write(overlay=overlay)
    try:
        told = cage.call("deploy", "-v", "--output", "json")
        assert '"state": "healthy"' in told
        assert "my secret is ***" in cage.call("logs"), "the stand-in told its secret"
        hits += cage.found() + look()
        for words in READING:
            cage.call(*words.split(), "-v")
        cage.call("doctor", "-v", code=None)
        cage.write(mode="crash", overlay=overlay, text="two")
        for output in ("text", "json"):
            told = cage.call("deploy", "-v", "--output", output, code=5)
            assert "last words 29 ***" in told
        cage.write(overlay=overlay, text="three")
        cage.call("deploy", "-v")
        hits += cage.found()
        cage.call("rollback", "--yes", "-v")
    finally:
        cage.write(overlay=overlay)
        cage.call("destroy", "--yes", "-v")
    assert len(collector.spans) >= 4
    assert any(b"holodeck.deploy.run" in one for one in collector.spans)
    hits += [hit for one in collector.spans for hit in cage.scanner.data(one, "a span")]
    return hits + cage.found()


def test_processes(cage: Cage, collector: Collector, tmp_path: Path) -> None:
    cage.environ["PATH"] = standin_path(tmp_path / "bin")
    assert live(cage, collector, "local: {runtime: process}\n") == []


@pytest.mark.docker
def test_containers_images_and_what_the_engine_is_told(cage: Cage, collector: Collector) -> None:
    engine = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    with standin_base(cage.agent) as base, recording(engine) as recorder:
        cage.environ["DOCKER_HOST"] = recorder.address
        overlay = f"local: {{runtime: docker}}\nimage: {{base: '{base}'}}\n"
        try:
            found = live(cage, collector, overlay, lambda: _engine_holds(cage))
        finally:
            remove_images_of(cage.agent)
        assert found + _told(cage.scanner, recorder) == []


def _told(scanner: Scanner, recorder: Recorder) -> list[str]:
    """Canaries in what was sent to the engine, but in the environment of a new container, where they belong."""
    requests = recorder.requests()
    builds = [one for one in requests if "/build" in one.path]
    assert builds
    assert all(b"Dockerfile" in one.body and b"agent.yaml" in one.body for one in builds), (
        "contexts were seen"
    )
    created = [one for one in requests if one.path.partition("?")[0].endswith("/containers/create")]
    given = [json.loads(one.body).get("Env") or [] for one in created]
    assert any(scanner.text("\n".join(env), "the environment") for env in given), "there they do arrive"
    hits = []
    for one in requests:
        body = one.body
        if one in created:
            body = json.dumps({**json.loads(body), "Env": []}).encode()
        hits += scanner.data(one.head + b"\n" + body, f"{one.method} {one.path[:60]}")
    return hits


def _engine_holds(cage: Cage) -> list[str]:
    """Canaries in every layer and the history of the image, in labels and names of all that was made."""
    hits = []
    name = f"holodeck/{cage.agent}"
    listed = docker("images", "--format", "{{.Repository}}:{{.Tag}}", name).split()
    assert len(listed) == 1
    saved = subprocess.run(["docker", "save", *listed], capture_output=True, check=True).stdout
    assert b"standin" in saved, "the layers were read"
    hits += cage.scanner.data(saved, "docker save")
    history = docker("history", "--no-trunc", "--format", "{{json .}}", *listed)
    assert "ENTRYPOINT" in history
    hits += cage.scanner.text(history, "docker history")
    hits += cage.scanner.text(docker("inspect", *listed), "docker inspect")
    service = f"label=com.holodeck.agent={cage.agent}"
    for kind in ("container", "network", "volume"):
        words = [kind, "ls", "-q", *(["-a"] if kind == "container" else []), "--filter", service]
        names = docker(*words).split()
        assert names, kind
        for made in json.loads(docker(kind, "inspect", *names)):
            made.get("Config", {}).pop("Env", None)
            hits += cage.scanner.text(json.dumps(made), f"docker {kind} inspect")
    return hits


def docker(*words: str) -> str:
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=True).stdout


def test_the_recorder_writes_down_what_is_sent() -> None:
    """The search in the engine's requests could fail: bodies of both kinds arrive whole."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        with recording(f"tcp://127.0.0.1:{server.getsockname()[1]}") as recorder:
            port = int(recorder.address.rpartition(":")[2])
            client = socket.create_connection(("127.0.0.1", port))
            behind, _ = server.accept()
            client.sendall(b"POST /a HTTP/1.1\r\nContent-Length: 6\r\n\r\ncanary")
            client.sendall(
                b"POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ncan\r\n3\r\nary\r\n0\r\n\r\n"
            )
            client.close()
            while behind.recv(1000):
                pass
            behind.close()
        assert [(one.path, one.body) for one in recorder.requests()] == [("/a", b"canary"), ("/b", b"canary")]
    assert "door to the engine" not in {thread.name for thread in threading.enumerate()}

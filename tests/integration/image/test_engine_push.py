"""Pushing to real registries, and what is said when one does not take it."""

from __future__ import annotations

import base64
import http.server
import json
import socket
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from holodeck_tui.core.errors import Cancelled, DeploymentError, ExitCode
from holodeck_tui.core.events import Progress
from holodeck_tui.core.values import ImageRef
from holodeck_tui.image.base import engine_base
from holodeck_tui.image.builder import build
from holodeck_tui.image.credential import Credential
from holodeck_tui.image.engine import Engine
from holodeck_tui.image.pusher import find_pushed, push
from tests.ports import free_port
from tests.registry import RegistryProcess

from .conftest import Made, Recorder

pytestmark = [pytest.mark.integration, pytest.mark.docker]

Agent = Callable[..., Made]
ME = Credential("me", "pass word", origin="test")
ACCEPT = "application/vnd.docker.distribution.manifest.v2+json"


def digest_at(host: str, repository: str, tag: str, login: Credential | None = None) -> str:
    """What the registry itself answers, asked without any code of ours."""
    headers = {"Accept": ACCEPT}
    if login is not None:
        pair = base64.b64encode(f"{login.username}:{login.password}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    request = urllib.request.Request(f"http://{host}/v2/{repository}/manifests/{tag}", headers=headers)
    with urllib.request.urlopen(request) as answer:
        return str(answer.headers["Docker-Content-Digest"])


def built(engine: Engine, made: Made, recorder: Recorder) -> ImageRef:
    image = build(made.plan(engine, recorder.ctx), recorder.ctx, engine=engine)
    recorder.events.clear()
    return image


def test_the_digest_is_the_registrys_and_a_second_push_sends_nothing(
    engine: Engine, base: str, agent: Agent, recorder: Recorder, open_registry: RegistryProcess, unique: str
) -> None:
    image = built(engine, agent(base, host=open_registry.host), recorder)
    assert find_pushed(image, None, recorder.ctx, engine=engine) is None
    pushed = push(image, None, recorder.ctx, engine=engine)
    assert pushed == replace(image, digest=pushed.digest, in_registry=True)
    assert pushed.digest == digest_at(open_registry.host, f"{unique}/agent", "1")
    assert pushed.pinned == f"{open_registry.host}/{unique}/agent@{pushed.digest}"

    written = open_registry.requests("PUT", "POST", "PATCH")
    recorder.events.clear()
    assert push(image, None, recorder.ctx, engine=engine) == pushed
    assert open_registry.requests("PUT", "POST", "PATCH") == written
    assert find_pushed(image, None, recorder.ctx, engine=engine) == pushed
    assert push(pushed, None, recorder.ctx, engine=engine) == pushed


def test_what_was_built_is_pushed_even_when_its_name_has_moved_on(
    engine: Engine, base: str, agent: Agent, recorder: Recorder, open_registry: RegistryProcess, unique: str
) -> None:
    image = built(engine, agent(base, host=open_registry.host), recorder)
    engine.client.api.tag(
        engine.client.images.get(base).id, f"{open_registry.host}/{unique}/agent", "1", force=True
    )
    pushed = push(image, None, recorder.ctx, engine=engine)
    url = f"http://{open_registry.host}/v2/{unique}/agent/manifests/{pushed.digest}"
    request = urllib.request.Request(url, headers={"Accept": ACCEPT})
    with urllib.request.urlopen(request) as answer:
        assert json.loads(answer.read())["config"]["digest"] == image.digest


def test_progress_is_one_sum_that_never_goes_back(
    engine: Engine, base: str, agent: Agent, recorder: Recorder, open_registry: RegistryProcess
) -> None:
    import os

    files = {f"data/{number}.bin": os.urandom(3 << 20) for number in range(3)}
    tools = [{"type": "vectorstore", "name": "kb", "description": "d", "source": "data"}]
    image = built(engine, agent(base, host=open_registry.host, files=files, tools=tools), recorder)
    push(image, None, recorder.ctx, engine=engine)
    sums = [event for event in recorder.events if isinstance(event, Progress) and event.id == "total"]
    assert sums
    shares = [event.current / event.total for event in sums]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert sums[-1].total >= 9 << 20
    assert {event.id for event in recorder.events if isinstance(event, Progress)} > {"total"}


def test_a_login_is_used_and_never_shown(
    engine: Engine, base: str, agent: Agent, recorder: Recorder, closed_registry: RegistryProcess, unique: str
) -> None:
    image = built(engine, agent(base, host=closed_registry.host), recorder)
    pushed = push(image, ME, recorder.ctx, engine=engine)
    assert pushed.digest == digest_at(closed_registry.host, f"{unique}/agent", "1", ME)
    assert "pass word" not in recorder.text


@pytest.mark.parametrize("login", [None, Credential("me", "wrong-password", origin="test")])
def test_without_the_right_login_it_is_unauthorized(
    engine: Engine,
    base: str,
    agent: Agent,
    recorder: Recorder,
    closed_registry: RegistryProcess,
    login: Credential | None,
) -> None:
    image = built(engine, agent(base, host=closed_registry.host), recorder)
    with pytest.raises(DeploymentError) as caught:
        push(image, login, recorder.ctx, engine=engine)
    error = caught.value
    assert error.code == "registry-unauthorized"
    assert error.exit_code == ExitCode.MISSING
    assert f"docker login {closed_registry.host}" in error.remedy
    assert "wrong-password" not in str(error) + repr(error.details)


def test_no_registry_there(engine: Engine, base: str, agent: Agent, recorder: Recorder) -> None:
    image = built(engine, agent(base, host=f"127.0.0.1:{free_port()}"), recorder)
    with pytest.raises(DeploymentError) as caught:
        push(image, None, recorder.ctx, engine=engine)
    assert caught.value.code == "registry-unreachable"


def test_a_host_that_nobody_knows(engine: Engine, base: str, agent: Agent, recorder: Recorder) -> None:
    image = built(engine, agent(base, host="no-such-host.invalid"), recorder)
    with pytest.raises(DeploymentError) as caught:
        push(image, None, recorder.ctx, engine=engine)
    assert caught.value.code == "registry-unreachable"
    assert "no-such-host.invalid" in caught.value.message


def test_an_image_that_was_never_built(
    engine: Engine, recorder: Recorder, open_registry: RegistryProcess
) -> None:
    image = ImageRef(f"{open_registry.host}/x/y:1", f"sha256:{'0' * 64}")
    with pytest.raises(DeploymentError) as caught:
        push(image, None, recorder.ctx, engine=engine)
    assert caught.value.code == "image-missing"
    assert caught.value.remedy == "holodeck-deploy-tui build"


class Forbidding(http.server.BaseHTTPRequestHandler):
    """A registry that shows everything and lets nobody write."""

    protocol_version = "HTTP/1.1"
    writes = 0

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        if self.path == "/v2/":
            status, body = 200, b"{}"
        elif self.command in {"POST", "PUT", "PATCH"}:
            status = 403
            body = (
                b'{"errors": [{"code": "DENIED", "message": "requested access to the resource is denied"}]}'
            )
            type(self).writes += 1
        else:
            status, body = 404, b'{"errors": [{"code": "MANIFEST_UNKNOWN"}]}'
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = _answer  # noqa: N815 - the server's own spelling
    do_HEAD = _answer  # noqa: N815
    do_POST = _answer  # noqa: N815
    do_PUT = _answer  # noqa: N815
    do_PATCH = _answer  # noqa: N815

    def log_message(self, *_args: object) -> None:
        return


@pytest.fixture
def forbidding() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Forbidding)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_a_login_without_the_right_is_denied(
    engine: Engine, base: str, agent: Agent, recorder: Recorder, forbidding: str
) -> None:
    image = built(engine, agent(base, host=forbidding), recorder)
    with pytest.raises(DeploymentError) as caught:
        push(image, None, recorder.ctx, engine=engine)
    assert caught.value.code == "registry-denied"
    # The engine would try each layer five times, and say why after a minute.
    assert "Retrying in 5 seconds" in recorder.text
    assert "Retrying in 10 seconds" not in recorder.text


def test_a_mirror_gets_the_traffic_and_the_image_keeps_its_name(
    engine: Engine, base: str, agent: Agent, open_registry: RegistryProcess, unique: str
) -> None:
    mirror = {"HOLODECK_REGISTRY_ENDPOINTS": f"registry.example.com=http://{open_registry.host}"}
    recorder = Recorder(mirror)
    image = built(engine, agent(base, host="registry.example.com"), recorder)
    pushed = push(image, None, recorder.ctx, engine=engine)
    assert pushed.pinned == f"registry.example.com/{unique}/agent@{pushed.digest}"
    assert pushed.digest == digest_at(open_registry.host, f"{unique}/agent", "1")
    tags = engine.client.images.get(image.digest).tags
    assert tags == [f"registry.example.com/{unique}/agent:1"], "the mirror's name does not stay"
    assert push(image, None, recorder.ctx, engine=engine) == pushed


@pytest.fixture
def black_hole() -> Iterator[str]:
    """A host that takes connections and never says a word, but for the manifest that is not there."""
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen()
    held: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            held.append(connection)
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    def answer(connection: socket.socket) -> None:
        asked = connection.recv(4096)
        if b"/manifests/" in asked:
            connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            connection.close()

    threading.Thread(target=accept, daemon=True).start()
    yield f"127.0.0.1:{server.getsockname()[1]}"
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    for connection in held:
        connection.close()


def test_a_push_that_hangs_can_be_cancelled(
    engine: Engine, base: str, agent: Agent, recorder: Recorder, black_hole: str
) -> None:
    image = built(engine, agent(base, host=black_hole), recorder)
    threading.Timer(1.0, recorder.ctx.cancel.cancel).start()
    begun = time.monotonic()
    with pytest.raises(Cancelled):
        push(image, None, recorder.ctx, engine=engine)
    assert time.monotonic() - begun < 8


def test_a_base_is_pulled_from_its_registry_and_pinned(
    engine: Engine, base: str, agent: Agent, recorder: Recorder, closed_registry: RegistryProcess, unique: str
) -> None:
    name = f"{closed_registry.host}/{unique}/base"
    source = ImageRef(f"{name}:7", str(engine.client.images.get(base).id))
    digest = push(source, ME, recorder.ctx, engine=engine).digest
    engine.client.images.remove(f"{name}:7")
    made = agent(f"{name}:7")

    with pytest.raises(DeploymentError) as caught:
        engine_base(made.settings, recorder.ctx, engine)
    assert caught.value.code == "base-unavailable"
    assert "docker login" in caught.value.remedy

    import os
    from pathlib import Path

    pair = base64.b64encode(b"me:pass word").decode()
    config = Path(os.environ["HOME"]) / ".docker" / "config.json"
    config.parent.mkdir()
    config.write_text(json.dumps({"auths": {closed_registry.host: {"auth": pair}}}))
    recorder = Recorder({"HOME": os.environ["HOME"], "DOCKER_CONFIG": str(config.parent)})
    found = engine_base(made.settings, recorder.ctx, engine)
    assert found.digest == digest
    assert found.pinned == f"{name}@{digest}"
    assert found.engine_id == source.digest
    image = build(made.plan(engine, recorder.ctx), recorder.ctx, engine=engine)
    assert engine.client.images.get(image.digest).attrs["Config"]["User"] == "1000:1000"
    assert engine_base(made.settings, recorder.ctx, engine, refresh=True) == found
    assert "pass word" not in recorder.text


def test_a_base_that_nobody_has(
    engine: Engine, agent: Agent, recorder: Recorder, open_registry: RegistryProcess
) -> None:
    with pytest.raises(DeploymentError) as caught:
        engine_base(agent(f"{open_registry.host}/no/base:1").settings, recorder.ctx, engine)
    assert caught.value.code == "base-unavailable"
    assert caught.value.exit_code == ExitCode.MISSING

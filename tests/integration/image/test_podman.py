"""The same builder and pusher against Podman's socket."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import ImageRef
from holodeck_tui.image.builder import build, find_built
from holodeck_tui.image.engine import Engine, connect
from holodeck_tui.image.pusher import find_pushed, push
from tests.registry import RegistryProcess

from .conftest import Made, Recorder, import_base
from .test_engine_push import digest_at

pytestmark = [pytest.mark.integration, pytest.mark.podman]

Agent = Callable[..., Made]


@pytest.fixture(scope="module")
def podman_socket(tmp_path_factory: pytest.TempPathFactory, open_registry: RegistryProcess) -> Iterator[Path]:
    """``podman system service`` with storage of its own, on a socket of its own."""
    folder = tmp_path_factory.mktemp("p")
    socket = folder / "p.sock"
    # Podman takes no plain http, not even on this machine, unless it is told.
    folder.joinpath("registries.conf").write_text(
        f'[[registry]]\nlocation = "{open_registry.host}"\ninsecure = true\n'
    )
    folder.joinpath("policy.json").write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
    environ = {
        **os.environ,
        "CONTAINERS_REGISTRIES_CONF": str(folder / "registries.conf"),
        "HOME": str(folder),
    }
    folder.joinpath(".config", "containers").mkdir(parents=True)
    folder.joinpath(".config", "containers", "policy.json").write_text(
        folder.joinpath("policy.json").read_text()
    )
    log = folder / "log"
    with log.open("w") as output:
        service = subprocess.Popen(
            [
                "podman",
                f"--root={folder}/graph",
                f"--runroot={folder}/run",
                "--storage-driver=vfs",
                "--cgroup-manager=cgroupfs",
                "system",
                "service",
                "--time=0",
                f"unix://{socket}",
            ],
            env=environ,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + 30
        while not socket.exists():
            assert service.poll() is None, log.read_text()
            assert time.monotonic() < deadline, "podman does not come up"
            time.sleep(0.05)
        yield socket
    finally:
        service.terminate()
        service.wait(20)


@pytest.fixture
def engine(podman_socket: Path) -> Iterator[Engine]:
    """Podman instead of the machine's engine."""
    found = connect({"DOCKER_HOST": f"unix://{podman_socket}"})
    yield found
    found.close()


@pytest.fixture
def base(engine: Engine, unique: str) -> str:
    """A tiny base in Podman's storage; the storage goes with the test."""
    import_base(engine, f"{unique}-base", unique=unique)
    return f"{unique}-base:1"


def test_podman_is_recognised(engine: Engine) -> None:
    assert engine.kind == "podman"
    assert engine.platform.startswith("linux/")


def test_the_same_files_and_configuration(
    engine: Engine, base: str, agent: Agent, recorder: Recorder
) -> None:
    plan = agent(base, files={"data/é.txt": b"1"}).plan(engine, recorder.ctx)
    image = build(plan, recorder.ctx, engine=engine)
    config = engine.client.images.get(image.digest).attrs["Config"]
    own = plan.config.over({"Env": ["PATH=/bin"], "Labels": {"of": "base"}})
    assert config["Entrypoint"] == own["Entrypoint"]
    assert config["User"] == own["User"]
    assert config["WorkingDir"] == own["WorkingDir"]
    assert set(own["Env"]) <= set(config["Env"])
    assert {**own["Labels"], **plan.volatile}.items() <= config["Labels"].items()
    container = engine.client.containers.create(image.digest)
    try:
        data = b"".join(container.export())
    finally:
        container.remove()
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        found = {
            member.name.rstrip("/"): (member.mode & 0o7777, member.uid, member.gid, member.isdir())
            for member in archive
        }
    for layer in plan.layers:
        for entry in layer.entries:
            assert found[entry.path] == (entry.mode, entry.uid, entry.gid, entry.folder), entry.path


def test_a_second_build_is_none(engine: Engine, base: str, agent: Agent, recorder: Recorder) -> None:
    plan = agent(base).plan(engine, recorder.ctx)
    first = build(plan, recorder.ctx, engine=engine)
    recorder.events.clear()
    assert build(plan, recorder.ctx, engine=engine) == first == find_built(plan, engine)
    assert recorder.events == []


def test_the_pushed_digest_is_the_registrys(
    engine: Engine, base: str, agent: Agent, recorder: Recorder, open_registry: RegistryProcess, unique: str
) -> None:
    made = agent(base, host=open_registry.host)
    image = build(made.plan(engine, recorder.ctx), recorder.ctx, engine=engine)
    pushed = push(image, None, recorder.ctx, engine=engine)
    assert pushed.in_registry
    assert pushed.digest == digest_at(open_registry.host, f"{unique}/agent", "1")
    assert find_pushed(image, None, recorder.ctx, engine=engine) == pushed
    written = open_registry.requests("PUT", "POST", "PATCH")
    assert push(image, None, recorder.ctx, engine=engine) == pushed
    assert open_registry.requests("PUT", "POST", "PATCH") == written


def test_an_image_that_was_never_built(
    engine: Engine, recorder: Recorder, open_registry: RegistryProcess
) -> None:
    image = ImageRef(f"{open_registry.host}/x/y:1", f"sha256:{'0' * 64}")
    with pytest.raises(DeploymentError) as caught:
        push(image, None, recorder.ctx, engine=engine)
    assert caught.value.code == "image-missing"


def test_a_registry_that_is_not_there(engine: Engine, base: str, agent: Agent, recorder: Recorder) -> None:
    image = build(agent(base, host="127.0.0.1:1").plan(engine, recorder.ctx), recorder.ctx, engine=engine)
    with pytest.raises(DeploymentError) as caught:
        push(image, None, recorder.ctx, engine=engine)
    assert caught.value.code == "registry-unreachable"

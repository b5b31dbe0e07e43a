"""What only containers have: hardening, images, labels, restart policy, a front that was removed."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

import docker
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import ImageRef
from tests.integration.local.local_bench import Bench, build

pytestmark = [pytest.mark.integration, pytest.mark.docker, pytest.mark.slow]


@pytest.fixture
def client() -> Iterator[Any]:
    made = docker.from_env(timeout=60)
    yield made
    made.close()


@pytest.fixture
def own_image(docker_bench: Bench, client: Any) -> ImageRef:
    """An image as our builder labels it."""
    labels = {"com.holodeck.managed": "true", "com.holodeck.agent": docker_bench.name}
    return build(client, f"holodeck/{docker_bench.name}:{uuid.uuid4().hex[:6]}", labels)


def test_containers_are_hardened_and_named_as_ours(docker_bench: Bench, client: Any) -> None:
    docker_bench.environ["TOKEN"] = "canary-token-value"
    docker_bench.write(variables={"A_TOKEN": "${TOKEN}"}, memory="256Mi")
    url = docker_bench.deploy().url
    name = docker_bench.ref().name
    for container in client.containers.list(filters={"label": f"com.holodeck.local.service={name}"}):
        host = container.attrs["HostConfig"]
        assert host["CapDrop"] == ["ALL"]
        assert "no-new-privileges" in host["SecurityOpt"]
        assert host["ReadonlyRootfs"]
        assert host["RestartPolicy"]["Name"] == "unless-stopped"
        assert container.attrs["Config"]["User"] == "1000:1000"
        bindings = [one for several in host["PortBindings"].values() for one in several]
        assert {one["HostIp"] for one in bindings} == {"127.0.0.1"}
        assert container.labels["managed-by"] == "holodeck"
        assert container.labels["com.holodeck.agent"] == docker_bench.name
        assert "canary" not in str(container.labels)
    revision = client.containers.get(f"{name}-r1")
    assert revision.attrs["HostConfig"]["Memory"] == 256 * 1024 * 1024
    assert httpx.get(f"{url}/env", timeout=5).json()["A_TOKEN"] == "canary-token-value"


def test_a_changed_secret_is_noticed_and_shown_to_nobody(docker_bench: Bench) -> None:
    docker_bench.environ["TOKEN"] = "canary-token-first"
    docker_bench.write(variables={"A_TOKEN": "${TOKEN}"})
    docker_bench.deploy()
    docker_bench.environ["TOKEN"] = "canary-token-second"
    changes = docker_bench.deployer().changes(docker_bench.spec(), docker_bench.context())
    assert [(one.path, one.before, one.after) for one in changes] == [("environment.A_TOKEN", "***", "***")]
    assert docker_bench.deploy().revision == "r2"
    for path in docker_bench.root.rglob("*"):
        assert not path.is_file() or b"canary" not in path.read_bytes()


def test_destroy_takes_our_image_along_and_leaves_others(
    docker_bench: Bench, client: Any, own_image: ImageRef
) -> None:
    docker_bench.deploy()  # an image somebody else made
    docker_bench.deploy(image=own_image)
    name = docker_bench.ref().name
    planned = docker_bench.deployer().plan_destroy(docker_bench.ref(), docker_bench.context())
    done = docker_bench.destroy()
    assert set(done.goes) == set(planned.goes)
    assert any(own_image.uri in text for text in done.goes)
    assert any("not made for this agent" in text for text in done.stays)
    with pytest.raises(docker.errors.ImageNotFound):
        client.images.get(own_image.digest)
    assert docker_bench.image is not None
    assert client.images.get(docker_bench.image.digest)
    for kind in (client.networks, client.volumes):
        assert [one for one in kind.list() if one.name == name] == []
    assert client.containers.list(all=True, filters={"name": name}) == []


def test_destroy_takes_the_image_along_that_the_front_uses_too(
    docker_bench: Bench, client: Any, own_image: ImageRef
) -> None:
    docker_bench.deploy(image=own_image)
    done = docker_bench.destroy()
    assert any(own_image.uri in text for text in done.goes)
    assert done.stays == ()
    with pytest.raises(docker.errors.ImageNotFound):
        client.images.get(own_image.digest)


def test_an_image_another_container_uses_stays(docker_bench: Bench, client: Any, own_image: ImageRef) -> None:
    docker_bench.deploy(image=own_image)
    other = client.containers.create(own_image.digest)
    try:
        done = docker_bench.destroy()
        assert any(f"the container {other.name} uses it" in text for text in done.stays)
        assert client.images.get(own_image.digest)
    finally:
        other.remove(force=True)
        client.images.remove(own_image.digest, force=True)


def test_a_front_that_somebody_removed_comes_back_alone(docker_bench: Bench, client: Any) -> None:
    first = docker_bench.deploy()
    name = docker_bench.ref().name
    before = client.containers.get(f"{name}-r1").attrs["State"]["StartedAt"]
    client.containers.get(name).remove(force=True)
    assert docker_bench.state() == "unhealthy"
    again = docker_bench.deploy()
    assert again.revision == first.revision
    assert httpx.get(f"{again.url}/health", timeout=5).status_code == 200
    assert client.containers.get(f"{name}-r1").attrs["State"]["StartedAt"] == before


def test_a_stopped_and_a_looping_container_are_told_apart(docker_bench: Bench, client: Any) -> None:
    docker_bench.deploy()
    revision = client.containers.get(f"{docker_bench.ref().name}-r1")
    revision.stop(timeout=1)
    assert docker_bench.state() == "stopped"
    revision.start()
    give_up = time.monotonic() + 60
    while True:
        status = docker_bench.deployer().get_status(docker_bench.ref(), docker_bench.context())
        if status.state == "failed" or time.monotonic() > give_up:
            break
        revision.exec_run(["python3", "-c", "import os; os.kill(1, 15)"])
    assert status.state == "failed"
    assert "keeps ending" in status.detail


def test_a_sick_body_is_unhealthy_although_the_container_runs(docker_bench: Bench) -> None:
    docker_bench.write(timeout=1)
    url = docker_bench.deploy().url
    time.sleep(1.2)  # the time of grace
    httpx.post(f"{url}/agent/x/chat", json={"message": "sick"}, timeout=5)
    assert docker_bench.state() == "unhealthy"


def test_a_container_of_somebody_else_is_left_alone(docker_bench: Bench, client: Any) -> None:
    assert docker_bench.image is not None
    name = docker_bench.deployer().service_name(docker_bench.settings())
    other = client.containers.create(docker_bench.image.digest, name=name)
    try:
        with pytest.raises(DeploymentError) as caught:
            docker_bench.deploy()
        assert "not made by this tool" in caught.value.reason
        assert client.containers.get(name).id == other.id
        assert client.containers.list(all=True, filters={"name": f"{name}-r"}) == []
    finally:
        other.remove(force=True)


def test_long_lines_are_put_together_again(docker_bench: Bench) -> None:
    word = "é" * 30_000
    docker_bench.write(text="one", variables={"STANDIN": "crash", "STANDIN_SECRET": word}, timeout=5)
    with pytest.raises(DeploymentError) as caught:
        docker_bench.deploy()
    assert sum(line.startswith("last words") for line in caught.value.details) == 20


def test_an_unreachable_engine_is_unknown_and_not_missing(docker_bench: Bench) -> None:
    url = docker_bench.deploy().url
    reachable = dict(docker_bench.environ)
    docker_bench.environ["DOCKER_HOST"] = "unix:///nowhere/docker.sock"
    try:
        assert docker_bench.state() == "unknown"
        listed = docker_bench.deployer().list("local", docker_bench.context())
        assert [(one.state, one.url) for one in listed] == [("unknown", url)]
    finally:
        docker_bench.environ.clear()
        docker_bench.environ.update(reachable)


def test_from_process_to_docker_and_back_at_the_same_port(docker_bench: Bench) -> None:
    image, docker_bench.image = docker_bench.image, None
    docker_bench.runtime = "process"
    docker_bench.write(text="process")
    first = docker_bench.deploy()
    assert first.ref.service_id.startswith("process:")
    docker_bench.runtime = "docker"
    docker_bench.write(text="docker")
    second = docker_bench.deploy(image=image)
    assert second.url == first.url
    assert httpx.get(f"{second.url}/health", timeout=5).json()["agent_name"] == "docker"
    docker_bench.runtime = "process"
    docker_bench.write(text="process")
    third = docker_bench.deploy()
    assert third.url == first.url
    assert httpx.get(f"{third.url}/health", timeout=5).json()["agent_name"] == "process"
    assert (
        len(
            [
                one
                for one in docker_bench.deployer().list("local", docker_bench.context())
                if one.ref.agent == docker_bench.name
            ]
        )
        == 1
    )

"""An image made without an engine is one for every tool: engine, podman, skopeo, and the specifications."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import tarfile
import tempfile
import uuid
import zlib
from pathlib import Path
from typing import Any

import pytest

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import ImageRef
from holodeck_tui.image.builder import build as engine_build
from holodeck_tui.image.engine import connect
from holodeck_tui.image.plan import ImagePlan
from tests.integration.layers.conftest import Place
from tests.integration.layers.registries import (
    PASSWORD,
    USER,
    fetch,
    settings_of,
    skopeo,
    workshop,
    write_agent,
)

pytestmark = [pytest.mark.integration, pytest.mark.docker]

CREATED = "1980-01-01T00:00:00Z"


def fresh_name() -> str:
    return f"team/agent-{uuid.uuid4().hex[:8]}"


def built(place: Place, folder: Path, **overlay: Any) -> tuple[ImageRef, ImagePlan]:
    agent = write_agent(folder / "a", place.base, place.host, fresh_name(), **overlay)
    bench = workshop(agent, place.environ)
    with bench.open() as builder:
        plan = bench.plan(builder)
        return builder.build(plan), plan


def documents(place: Place, image: ImageRef) -> tuple[dict[str, Any], dict[str, Any]]:
    """Manifest and configuration, past our client, each checked against its digest and size."""
    login = bool(place.environ)
    repository = image.repository.partition("/")[2]
    answer = fetch(place.host, f"{repository}/manifests/{image.digest}", login=login)
    assert answer.status_code == 200
    assert f"sha256:{hashlib.sha256(answer.content).hexdigest()}" == image.digest
    manifest = answer.json()
    raw = fetch(place.host, f"{repository}/blobs/{manifest['config']['digest']}", login=login).content
    assert len(raw) == manifest["config"]["size"]
    assert f"sha256:{hashlib.sha256(raw).hexdigest()}" == manifest["config"]["digest"]
    return manifest, json.loads(raw)


def test_the_specifications_rules_hold(place: Place, tmp_path: Path) -> None:
    image, plan = built(place, tmp_path)
    manifest, config = documents(place, image)
    assert manifest["schemaVersion"] == 2
    assert manifest["mediaType"] == "application/vnd.oci.image.manifest.v1+json"
    assert manifest["config"]["mediaType"] == "application/vnd.oci.image.config.v1+json"
    assert config["rootfs"]["type"] == "layers"
    assert len(config["rootfs"]["diff_ids"]) == len(manifest["layers"])
    repository = image.repository.partition("/")[2]
    for layer, diff_id in zip(manifest["layers"], config["rootfs"]["diff_ids"], strict=True):
        assert layer["mediaType"] == "application/vnd.oci.image.layer.v1.tar+gzip"
        data = fetch(place.host, f"{repository}/blobs/{layer['digest']}", login=bool(place.environ)).content
        assert len(data) == layer["size"]
        assert f"sha256:{hashlib.sha256(data).hexdigest()}" == layer["digest"]
        plain = zlib.decompress(data, wbits=31)
        assert f"sha256:{hashlib.sha256(plain).hexdigest()}" == diff_id
    filled = [one for one in config["history"] if not one.get("empty_layer")]
    assert len(filled) == len(manifest["layers"])
    assert config["created"] == CREATED
    assert (config["os"], config["architecture"]) == ("linux", "amd64")
    annotations = manifest["annotations"]
    assert annotations["org.opencontainers.image.version"] == "v1"
    assert annotations["com.holodeck.image-key"] == plan.key
    assert "org.opencontainers.image.version" not in config["config"]["Labels"]


def test_skopeo_reads_it_and_copies_it_into_a_layout_and_back(place: Place, tmp_path: Path) -> None:
    image, _ = built(place, tmp_path)
    creds = ["--creds", f"{USER}:{PASSWORD}"] if place.environ else []
    seen = json.loads(skopeo("inspect", "--tls-verify=false", *creds, f"docker://{image.uri}"))
    assert seen["Digest"] == image.digest
    from_, to = [["--src-creds", creds[1]], ["--dest-creds", creds[1]]] if creds else [[], []]
    layout = f"oci:{tmp_path}/layout:v1"
    skopeo("copy", "-q", "--src-tls-verify=false", *from_, f"docker://{image.uri}", layout)
    assert json.loads(skopeo("inspect", layout))["Digest"] == image.digest
    back = f"docker://{place.host}/{fresh_name()}:back"
    skopeo("copy", "-q", "--dest-tls-verify=false", *to, layout, back)
    assert json.loads(skopeo("inspect", "--tls-verify=false", *creds, back))["Digest"] == image.digest


def test_the_engine_pulls_it_from_the_registry_and_runs_it(place: Place, tmp_path: Path) -> None:
    image, plan = built(place, tmp_path)
    config = tmp_path / "docker"
    config.mkdir()
    docker = ["docker", "--config", str(config)]
    if place.environ:
        login = [*docker, "login", "-u", USER, "--password-stdin", place.host]
        subprocess.run(login, input=PASSWORD.encode(), check=True, capture_output=True)
    try:
        subprocess.run([*docker, "pull", "-q", image.pinned], check=True, capture_output=True)
        look = "id -u; id -g; pwd; cat agent.yaml instructions/system.md; stat -c '%a %u:%g %Y' agent.yaml"
        run = [
            *docker,
            "run",
            "--rm",
            "--read-only",
            "--cap-drop",
            "ALL",
            "--entrypoint",
            "sh",
            image.pinned,
            "-c",
            look,
        ]
        said = subprocess.run(run, check=True, capture_output=True, text=True).stdout
        assert said.startswith("1000\n1000\n/app\n")
        assert "name: tester" in said
        assert "Be brief." in said
        assert said.endswith("444 0:0 315532800\n")
        seen = json.loads(
            subprocess.run([*docker, "inspect", image.pinned], check=True, capture_output=True).stdout
        )[0]
        assert seen["Config"]["Healthcheck"]["Test"][0] == "CMD"
        assert seen["Config"]["Labels"]["com.holodeck.image-key"] == plan.key
        assert seen["Config"]["Cmd"] is None
    finally:
        subprocess.run(["docker", "rmi", "-f", image.pinned], capture_output=True, check=False)


@pytest.mark.podman
def test_podman_pulls_it_too(place: Place, tmp_path: Path) -> None:
    image, _ = built(place, tmp_path)
    # Podman takes no more than 50 characters for its run folder.
    place_for_podman = Path(tempfile.mkdtemp(prefix="pm-"))
    podman = ["podman", "--root", f"{place_for_podman}/root", "--runroot", f"{place_for_podman}/run"]
    creds = ["--creds", f"{USER}:{PASSWORD}"] if place.environ else []
    pull = [*podman, "pull", "-q", "--tls-verify=false", *creds, image.pinned]
    done = subprocess.run(pull, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    seen = json.loads(
        subprocess.run([*podman, "inspect", image.pinned], check=True, capture_output=True).stdout
    )[0]
    assert seen["Digest"] == image.digest
    assert seen["Config"]["User"] == "1000:1000"
    subprocess.run([*podman, "rmi", "-af"], capture_output=True, check=False)
    shutil.rmtree(place_for_podman, ignore_errors=True)


def tree(container_of: str, plan: ImagePlan) -> dict[str, tuple[Any, ...]]:
    """Every entry of an image's file system: mode, owner, kind, content; of the plan's own also the time."""
    planned = {entry.path for layer in plan.layers for entry in layer.entries}
    made = subprocess.run(["docker", "create", container_of, "x"], check=True, capture_output=True, text=True)
    container = made.stdout.strip()
    try:
        exported = subprocess.run(["docker", "export", container], check=True, capture_output=True).stdout
    finally:
        subprocess.run(["docker", "rm", container], check=True, capture_output=True)
    found = {}
    with tarfile.open(fileobj=io.BytesIO(exported)) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            content = hashlib.sha256(file.read()).hexdigest() if file else member.linkname
            when = member.mtime if member.name in planned else 0
            entry = (oct(member.mode), member.uid, member.gid, member.type, content, when)
            found[member.name] = entry
    return found


def test_it_is_the_image_that_the_engine_builds(open_place: Place, engine_base: str, tmp_path: Path) -> None:
    place = open_place
    agent = write_agent(tmp_path / "a", place.base, place.host, fresh_name())
    (tmp_path / "a" / "data" / "big.bin").write_bytes(b"0123456789abcdef" * 100_000)
    bench = workshop(agent)
    engine = connect(bench.ctx.environ)
    with bench.open() as builder:
        plan = bench.plan(builder)
        image = builder.build(plan)
    assert [layer.name for layer in plan.layers] == ["support", "data", "agent"]
    subprocess.run(["docker", "pull", "-q", place.base], check=True, capture_output=True)
    subprocess.run(["docker", "pull", "-q", image.pinned], check=True, capture_output=True)
    by_engine = engine_build(plan, bench.ctx, engine=engine, no_cache=True)
    try:
        ours, theirs = tree(image.pinned, plan), tree(by_engine.digest, plan)
        assert ours.keys() == theirs.keys()
        assert {path: (ours[path], theirs[path]) for path in ours if ours[path] != theirs[path]} == {}
        looks = [
            json.loads(subprocess.run(["docker", "inspect", one], check=True, capture_output=True).stdout)[0]
            for one in (image.pinned, by_engine.digest)
        ]
        configs = [look["Config"] for look in looks]
        volatile = {
            "org.opencontainers.image.version",
            "org.opencontainers.image.source",
            "org.opencontainers.image.revision",
        }
        for config in configs:
            config["Labels"] = {name: text for name, text in config["Labels"].items() if name not in volatile}
            # The engine's own book-keeping of the build, no part of how a container of it runs.
            for name in ("Image", "Hostname", "Domainname"):
                config.pop(name, None)
        assert configs[0] == configs[1]
        assert [look["Architecture"] for look in looks] == ["amd64", "amd64"]
    finally:
        for name in (image.pinned, by_engine.digest, plan.uri, place.base):
            subprocess.run(["docker", "rmi", "-f", name], capture_output=True, check=False)


def test_the_same_everywhere(open_place: Place, locked_place: Place, tmp_path: Path) -> None:
    """Two machines, two registries, other folders and times: one digest."""
    digests = set()
    for number, place in enumerate((open_place, locked_place)):
        agent = write_agent(tmp_path / f"machine{number}", place.base, place.host, "team/same")
        for path in agent.parent.rglob("*"):
            path.touch()
            path.chmod(0o700 if path.is_dir() else (0o600 if number else 0o664))
        image = workshop(agent, place.environ).build()
        digests.add(image.digest)
    assert len(digests) == 1


def test_an_equal_image_keeps_its_digest_under_another_tag(place: Place, tmp_path: Path) -> None:
    agent = write_agent(tmp_path / "a", place.base, place.host, fresh_name())
    bench = workshop(agent, place.environ)
    first = bench.build("v1")
    bench.counter.clear()
    second = bench.build("v2")
    assert (second.digest, second.uri.rpartition(":")[2]) == (first.digest, "v2")
    assert bench.counter.sent("PATCH") == []
    assert [path for path in bench.counter.sent("PUT") if "/blobs/" in path] == []
    assert [path.rpartition("/")[2] for path in bench.counter.sent("PUT")] == ["v2"]


def test_an_unchanged_agent_costs_one_request_and_a_changed_one_sends_kilobytes(
    place: Place, tmp_path: Path
) -> None:
    agent = write_agent(tmp_path / "a", place.base, place.host, fresh_name())
    (agent.parent / "data" / "big.bin").write_bytes(bytes(range(256)) * 20_000)
    bench = workshop(agent, place.environ)
    with bench.open() as builder:
        plan = bench.plan(builder)
        first = builder.build(plan)
        bench.counter.clear()
        assert builder.build(plan) == first
        assert [one[:2] for one in bench.counter.requests] == [
            ("GET", f"/v2/{first.repository.partition('/')[2]}/manifests/v1")
        ]
    agent.write_text(agent.read_text().replace("name: tester", "name: tester\ndescription: changed"))
    bench.settings = settings_of(agent, place.environ)
    bench.counter.clear()
    changed = bench.build()
    assert changed.digest != first.digest
    # The agent's layer and the configuration: the data layer and the base stay where they are.
    assert len([path for path in bench.counter.sent("PUT") if "/blobs/" in path]) == 2


def test_the_base_is_mounted_within_a_registry_and_streamed_between_two(
    open_place: Place, locked_place: Place, tmp_path: Path
) -> None:
    for target, expected_gets in ((open_place, 0), (locked_place, 1)):
        agent = write_agent(tmp_path / target.host, open_place.base, target.host, fresh_name())
        bench = workshop(agent, target.environ)
        with bench.open() as builder:
            plan = bench.plan(builder)
            bench.counter.clear()
            image = builder.build(plan)
        layers = [path for path in bench.counter.sent("GET") if "/team/base/blobs/" in path]
        assert len(layers) == expected_gets
        assert documents(target, image)[1]["rootfs"]["diff_ids"]


def test_no_cache_makes_it_anew_and_it_is_the_same(open_place: Place, tmp_path: Path) -> None:
    agent = write_agent(tmp_path / "a", open_place.base, open_place.host, fresh_name())
    bench = workshop(agent)
    first = bench.build()
    bench.counter.clear()
    assert bench.build(no_cache=True) == first
    assert len([path for path in bench.counter.sent("PUT") if "/manifests/" in path]) == 2


def test_what_takes_an_engine_says_both_ways_out(open_place: Place, engine_base: str, tmp_path: Path) -> None:
    agent = write_agent(tmp_path / "a", open_place.base, open_place.host)
    agent.write_text(
        agent.read_text().replace(
            "deployment:",
            "  - {name: fs, type: mcp, description: Files, command: npx, args: [-y, server]}\ndeployment:",
        )
    )
    bench = workshop(agent)
    bench.counter.clear()
    with pytest.raises(DeploymentError) as caught:
        bench.build()
    assert caught.value.code == "layers-impossible"
    assert "Node.js" in caught.value.reason
    assert "image.base" in caught.value.remedy
    assert "--builder docker" in caught.value.remedy
    assert bench.counter.sent("POST") == []


def test_a_base_that_is_not_there_is_told(open_place: Place, tmp_path: Path) -> None:
    agent = write_agent(tmp_path / "a", f"{open_place.host}/no/such:1", open_place.host)
    with pytest.raises(DeploymentError) as caught:
        workshop(agent).build()
    assert caught.value.code == "base-unavailable"
    assert "image.base" in caught.value.remedy


@pytest.mark.parametrize("password", ["", "wrong-horse-battery"])
def test_without_the_right_login_nothing_is_sent(
    locked_place: Place, open_place: Place, tmp_path: Path, password: str
) -> None:
    agent = write_agent(tmp_path / "a", open_place.base, locked_place.host, fresh_name())
    environ = {"HOLODECK_REGISTRY_USERNAME": USER, "HOLODECK_REGISTRY_PASSWORD": password} if password else {}
    with pytest.raises(DeploymentError) as caught:
        workshop(agent, environ).build()
    assert caught.value.code == "registry-unauthorized"
    assert f"docker login {locked_place.host}" in caught.value.remedy
    assert not password or password not in str(caught.value)


def test_a_layout_is_the_same_image_for_skopeo_and_for_machines_without_a_network(
    place: Place, tmp_path: Path
) -> None:
    agent = write_agent(tmp_path / "a", place.base, place.host, fresh_name())
    bench = workshop(agent, place.environ)
    layout = tmp_path / "layout"
    with bench.open() as builder:
        plan = bench.plan(builder)
        written = builder.write_layout(plan, layout)
        again = builder.write_layout(plan, layout)
        pushed = builder.build(plan)
    assert written.digest == again.digest == pushed.digest
    assert not written.in_registry
    assert json.loads(skopeo("inspect", f"oci:{layout}:v1"))["Digest"] == pushed.digest
    index = json.loads((layout / "index.json").read_bytes())
    assert len(index["manifests"]) == 1
    for blob in (layout / "blobs" / "sha256").iterdir():
        assert hashlib.sha256(blob.read_bytes()).hexdigest() == blob.name
    assert not list(layout.glob(".part-*"))
    skopeo("copy", "-q", f"oci:{layout}:v1", f"docker-archive:{tmp_path}/archive.tar")


def test_a_layout_does_not_mix_with_other_files(open_place: Place, tmp_path: Path) -> None:
    agent = write_agent(tmp_path / "a", open_place.base, open_place.host)
    bench = workshop(agent)
    with bench.open() as builder, pytest.raises(DeploymentError) as caught:
        builder.write_layout(bench.plan(builder), agent.parent)
    assert caught.value.code == "build-failed"
    assert not (agent.parent / "blobs").exists()


def test_tags_are_listed_and_images_deleted_by_age(place: Place, tmp_path: Path) -> None:
    from datetime import datetime, timedelta, timezone

    from holodeck_tui.image.registry import Registry
    from holodeck_tui.image.retention import clean_up, stored_images

    agent = write_agent(tmp_path / "a", place.base, place.host, fresh_name())
    images = []
    for number in range(4):
        (agent.parent / "instructions" / "system.md").write_text(f"Number {number}.\n")
        bench = workshop(agent, place.environ)
        images.append(bench.build(f"v{number}"))
    repository = images[0].repository.partition("/")[2]
    noon = datetime(2026, 1, 1, tzinfo=timezone.utc)
    pushed = {image.digest: noon + timedelta(hours=n) for n, image in enumerate(images)}
    from tests.integration.layers.registries import CREDENTIAL

    with Registry(
        place.host, CREDENTIAL if place.environ else None, bench.ctx, tokens=bench.tokens
    ) as registry:
        assert {f"v{n}" for n in range(4)} < set(registry.tags(repository))
        assert {one.tags for one in stored_images(registry, repository, "tester")} == {
            (f"v{n}",) for n in range(4)
        }
        assert stored_images(registry, repository, "somebody-else") == []
        done = clean_up(
            registry, repository, "tester", bench.ctx, pushed=pushed, keep=2, in_use=[images[0].digest]
        )
        assert [one.digest for one in done.removed] == [images[1].digest]
        assert registry.exists(f"{place.host}/{repository}:v1") is None
        assert registry.exists(images[3].uri) == images[3].digest
        assert registry.delete(repository, images[1].digest) is False
        assert registry.tags("no/such") == []

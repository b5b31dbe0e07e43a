"""The flows of Docker Hub, ghcr, ECR, Artifact Registry and ACR, each in its own way."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from vendors import (
    ACR,
    ECR,
    GAR,
    GHCR,
    HUB,
    PASSWORD,
    PLAIN,
    REFRESH,
    USER,
    Habits,
    Vendor,
    digest_of,
    running,
)

from holodeck_tui.bundle.bundle import Bundle, BundleFile, content_hash
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.image.blob_cache import BlobCache
from holodeck_tui.image.credential import Credential
from holodeck_tui.image.layers import LayersBuilder
from holodeck_tui.image.manifest import DOCKER_MANIFEST, OCI_CONFIG, OCI_INDEX, OCI_MANIFEST, to_json
from holodeck_tui.image.plan import CREATED, BaseImage, Healthcheck, ImageConfig, ImageFile, ImagePlan, Layer
from holodeck_tui.image.push_right import check_push_right
from holodeck_tui.image.reference import Reference
from holodeck_tui.image.registry import Registry
from holodeck_tui.image.registry_auth import TokenCache
from holodeck_tui.image.retention import StoredImage, remove_image
from tests.registry import registry_process

pytestmark = pytest.mark.contract

LOGIN = Credential(USER, PASSWORD)
VENDORS = {habits.name: habits for habits in (HUB, GHCR, ECR, GAR, ACR)}


def layer_bytes(name: str) -> tuple[bytes, bytes]:
    """A tar with one file, plain and packed."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(name)
        archive.addfile(info, io.BytesIO(name.encode()))
    return out.getvalue(), gzip.compress(out.getvalue(), mtime=0)


def put_base(
    vendor: Vendor, repository: str, tag: str = "1", layer_type: str = "docker", architecture: str = "amd64"
) -> str:
    plain, packed = layer_bytes(f"base-{architecture}")
    config = to_json(
        {"architecture": architecture, "os": "linux", "config": {"Env": ["PATH=/bin"], "Cmd": ["sh"]},
         "rootfs": {"type": "layers", "diff_ids": [digest_of(plain)]}, "history": [{"created_by": "base"}]}
    )  # fmt: skip
    types = {
        "docker": (DOCKER_MANIFEST, "application/vnd.docker.container.image.v1+json",
                   "application/vnd.docker.image.rootfs.diff.tar.gzip"),
        "zstd": (OCI_MANIFEST, "application/vnd.oci.image.config.v1+json",
                 "application/vnd.oci.image.layer.v1.tar+zstd"),
    }[layer_type]  # fmt: skip
    manifest = to_json(
        {"schemaVersion": 2, "mediaType": types[0],
         "config": {"mediaType": types[1], "digest": digest_of(config), "size": len(config)},
         "layers": [{"mediaType": types[2], "digest": digest_of(packed), "size": len(packed)}]}
    )  # fmt: skip
    return vendor.put_image(repository, tag, manifest, types[0], config, packed)


def plan_for(uri: str, base: BaseImage, text: str = "name: x\n") -> ImagePlan:
    file = BundleFile.of("agent.yaml", text.encode())
    bundle = Bundle((file,), content_hash([file]))
    labels = {CREATED: "1980-01-01T00:00:00Z", "com.holodeck.managed": "true", "com.holodeck.agent": "x"}
    config = ImageConfig({"A": "b"}, ("/entry",), Healthcheck(("true",)), 8080, labels)
    layers = (Layer("agent", (ImageFile("app/agent.yaml", 0o444, origin=file),)),)
    key = hashlib.sha256(f"{text} {base.identity}".encode()).hexdigest()
    return ImagePlan(
        "x",
        uri,
        "linux/amd64",
        base,
        bundle,
        layers,
        config,
        key,
        volatile={"org.opencontainers.image.version": "1"},
    )


@pytest.fixture(params=sorted(VENDORS))
def vendor(request: pytest.FixtureRequest) -> Iterator[Vendor]:
    with running(replace(VENDORS[request.param])) as found:
        yield found


def context(*vendors: Vendor) -> Context:
    mirrors = ",".join(f"{one.habits.name}=http://{one.address}" for one in vendors)
    return Context(environ={"HOLODECK_REGISTRY_ENDPOINTS": mirrors})


def client(vendor: Vendor, credential: Credential | None = LOGIN, **options: Any) -> Registry:
    options.setdefault("tokens", TokenCache())
    return Registry(vendor.habits.name, credential, context(vendor), **options)


def builder(
    vendor: Vendor, credential: Credential | None = LOGIN, tokens: TokenCache | None = None
) -> LayersBuilder:
    registry = client(vendor, credential, tokens=tokens or TokenCache())
    registry.want("team/base", "pull")
    registry.want("team/agent", "pull", "push")
    return LayersBuilder(registry, registry, context(vendor), BlobCache(None))


def test_a_whole_build_in_each_vendors_way(vendor: Vendor) -> None:
    name = vendor.habits.name
    put_base(vendor, "team/base")
    vendor.create("team/agent")
    with builder(vendor) as layers:
        base = layers.resolve_base(f"{name}/team/base:1", "linux/amd64")
        image = layers.build(plan_for(f"{name}/team/agent:v1", base))
    kind, raw = vendor.manifests["team/agent"][image.digest]
    assert kind == OCI_MANIFEST
    assert vendor.tags["team/agent"]["v1"] == image.digest
    for blob in (json.loads(raw)["config"], *json.loads(raw)["layers"]):
        assert digest_of(vendor.blobs["team/agent"][blob["digest"]]) == blob["digest"]
        assert blob["mediaType"].startswith("application/vnd.oci.image.")
    assert image.uri == f"{name}/team/agent:v1"
    # One dance for all that the run did, and no base through this machine where it could be mounted.
    assert vendor.count("GET", "/token") == (1 if vendor.habits.auth == "bearer" else 0)
    base_layers = vendor.count("GET", "/team/base/blobs/") - 1
    assert base_layers == (0 if vendor.habits.mounts else 1)
    assert not vendor.uploads


def test_the_next_image_costs_no_dance_and_sends_two_blobs(vendor: Vendor) -> None:
    name, tokens = vendor.habits.name, TokenCache()
    put_base(vendor, "team/base")
    vendor.create("team/agent")
    for text in ("name: one\n", "name: two\n"):
        vendor.requests.clear()
        with builder(vendor, tokens=tokens) as layers:
            base = layers.resolve_base(f"{name}/team/base:1", "linux/amd64")
            layers.build(plan_for(f"{name}/team/agent:v1", base, text))
    assert vendor.count("GET", "token") == 0
    assert vendor.count("PUT", "digest=sha256") == 2


def test_one_request_where_it_is_there(vendor: Vendor) -> None:
    name = vendor.habits.name
    put_base(vendor, "team/base")
    vendor.create("team/agent")
    with builder(vendor) as layers:
        plan = plan_for(f"{name}/team/agent:v1", layers.resolve_base(f"{name}/team/base:1", "linux/amd64"))
        first = layers.build(plan)
        vendor.requests.clear()
        assert layers.build(plan) == first
        assert len(vendor.requests) == 1


def test_a_wrong_login_is_told_with_the_way_out(vendor: Vendor) -> None:
    with (
        client(vendor, Credential(USER, "wrong-password")) as registry,
        pytest.raises(DeploymentError) as caught,
    ):
        registry.exists(f"{vendor.habits.name}/team/agent:v1")
    assert caught.value.code == "registry-unauthorized"
    assert f"docker login {vendor.habits.name}" in caught.value.remedy


def test_somebody_elses_repository_is_refused(vendor: Vendor) -> None:
    name = vendor.habits.name
    vendor.create("others/agent")
    put_base(vendor, "team/base")
    with builder(vendor) as layers:
        base = layers.resolve_base(f"{name}/team/base:1", "linux/amd64")
        with pytest.raises(DeploymentError) as caught:
            layers.build(plan_for(f"{name}/others/agent:v1", base))
    assert caught.value.code in {"registry-denied", "registry-unauthorized"}


def test_whether_uploads_are_taken_is_asked_without_a_byte(vendor: Vendor) -> None:
    name, ctx = vendor.habits.name, context(vendor)
    vendor.create("team/agent")
    vendor.create("others/agent")
    check_push_right(name, "team/agent", LOGIN, ctx)
    for repository, login in (("others/agent", LOGIN), ("team/agent", Credential(USER, "wrong-password"))):
        with pytest.raises(DeploymentError) as caught:
            check_push_right(name, repository, login, ctx)
        assert caught.value.code in {"registry-denied", "registry-unauthorized"}
    assert not any(vendor.blobs.get("team/agent", {}))


def test_whether_uploads_are_taken_is_not_known_where_nobody_answers() -> None:
    with running(PLAIN) as vendor:
        gone = context(vendor)
    check_push_right(PLAIN.name, "team/agent", LOGIN, gone)


def test_no_login_leaves_the_machine_with_a_redirect(vendor: Vendor) -> None:
    """The store behind refuses a request that carries ours; and none is sent there."""
    put_base(vendor, "team/base")
    with client(vendor) as registry:
        image = registry.resolve(f"{vendor.habits.name}/team/base:1", "linux/amd64")
        assert registry.config(image)["os"] == "linux"
    sent = [headers for _, path, headers in vendor.requests if "signed=yes" in path]
    assert bool(sent) == vendor.habits.storage
    assert all("authorization" not in headers for headers in sent)


def test_the_hub_lets_anybody_read_and_library_is_implied() -> None:
    with running(HUB) as vendor:
        put_base(vendor, "library/python", "3.12")
        with client(vendor, None) as registry:
            assert registry.exists("python:3.12")
            assert registry.exists("docker.io/library/python:3.13") is None
            with pytest.raises(DeploymentError) as caught:
                registry.exists("team/private:1")
        assert caught.value.code == "registry-unauthorized"
        assert "none was found" in caught.value.reason
        tokens = [path for _, path, _ in vendor.requests if path.startswith("/token")]
        assert "service=registry.docker.io" in tokens[0]


def test_ghcr_refuses_a_wish_for_one_scope_too_many_and_gets_a_smaller_one() -> None:
    """The base's repository may not be read with this login: the push goes on, without mounting."""
    with running(replace(GHCR)) as vendor, client(vendor) as registry:
        registry.want("others/base", "pull", "push")
        registry.want("team/agent", "pull", "push")
        assert registry.exists("ghcr.io/team/agent:v1") is None
        assert registry.tags("team/agent") == []


def test_acr_exchanges_an_identity_token() -> None:
    with running(ACR) as vendor:
        put_base(vendor, "team/base")
        with client(vendor, Credential("<token>", identity_token=REFRESH)) as registry:
            assert registry.exists("my.azurecr.io/team/base:1")
        assert vendor.count("POST", "/oauth2/token") == 1
        wrong = Credential("<token>", identity_token="not-it")
        with client(vendor, wrong) as registry, pytest.raises(DeploymentError) as caught:
            registry.exists("my.azurecr.io/team/base:1")
        assert caught.value.code == "registry-unauthorized"


def test_ecr_says_when_a_repository_must_be_made_first() -> None:
    with running(ECR) as vendor:
        put_base(vendor, "team/base")
        with builder(vendor) as layers:
            base = layers.resolve_base(f"{ECR.name}/team/base:1", "linux/amd64")
            with pytest.raises(DeploymentError) as caught:
                layers.build(plan_for(f"{ECR.name}/team/agent:v1", base))
        assert caught.value.code == "repository-missing"
        assert "--create" in caught.value.remedy
        with pytest.raises(DeploymentError) as caught:
            check_push_right(ECR.name, "team/agent", LOGIN, context(vendor))
        assert caught.value.code == "repository-missing"


def test_artifact_registry_wants_tags_gone_before_what_they_name() -> None:
    with running(GAR) as vendor:
        digest = put_base(vendor, "team/base")
        with client(vendor) as registry:
            remove_image(registry, "team/base", StoredImage(digest, ("1",)))
            assert registry.exists(f"{GAR.name}/team/base:1") is None


@pytest.mark.parametrize("habits", [GHCR, ECR])
def test_a_registry_that_lets_nobody_delete_says_so(habits: Habits) -> None:
    with running(habits) as vendor:
        digest = put_base(vendor, "team/base")
        with client(vendor) as registry, pytest.raises(DeploymentError) as caught:
            registry.delete("team/base", digest)
        assert caught.value.code == "unsupported"


def test_a_token_that_ends_in_the_middle_is_renewed_and_nothing_is_sent_twice() -> None:
    with running(replace(HUB, token_uses=4)) as vendor:
        put_base(vendor, "team/base")
        with builder(vendor) as layers:
            base = layers.resolve_base("docker.io/team/base:1", "linux/amd64")
            image = layers.build(plan_for("docker.io/team/agent:v1", base))
        assert vendor.tags["team/agent"]["v1"] == image.digest
        assert vendor.count("GET", "/token") > 2


def test_a_token_lives_as_long_as_its_server_says_and_is_renewed_in_time() -> None:
    now = [1000.0]
    with running(HUB) as vendor:
        put_base(vendor, "team/base")
        tokens = TokenCache(lambda: now[0])
        for seconds, dances in ((0, 1), (280, 1), (20, 2)):
            now[0] += seconds
            with client(vendor, tokens=tokens) as registry:
                assert registry.exists("docker.io/team/base:1")
            assert vendor.count("GET", "/token") == dances


def test_parallel_requests_dance_once() -> None:
    with running(HUB) as vendor:
        put_base(vendor, "team/base")
        with client(vendor) as registry:
            registry.exists("docker.io/team/base:1")
            vendor.tokens.clear()
            vendor.requests.clear()
            threads = [
                threading.Thread(target=registry.exists, args=("docker.io/team/base:1",)) for _ in range(8)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert vendor.count("GET", "/token") == 1


def test_base_and_target_each_get_their_own_login() -> None:
    with running(replace(HUB)) as base_vendor, running(replace(GAR)) as target_vendor:
        put_base(base_vendor, "team/base")
        ctx, tokens = context(base_vendor, target_vendor), TokenCache()
        base = Registry("docker.io", LOGIN, ctx, tokens=tokens)
        target = Registry(GAR.name, Credential(USER, PASSWORD), ctx, tokens=tokens)
        with LayersBuilder(base, target, ctx, BlobCache(None)) as layers:
            found = layers.resolve_base("docker.io/team/base:1", "linux/amd64")
            image = layers.build(plan_for(f"{GAR.name}/team/agent:v1", found))
        assert target_vendor.tags["team/agent"]["v1"] == image.digest
        theirs = {
            headers["authorization"] for _, _, headers in target_vendor.requests if "authorization" in headers
        }
        ours = {
            headers["authorization"] for _, _, headers in base_vendor.requests if "authorization" in headers
        }
        assert not {one for one in theirs & ours if one.startswith("Bearer")}
        assert target_vendor.count("POST", "mount=") == 0


def test_zstd_layers_pass_through_untouched() -> None:
    with running(replace(GAR)) as vendor:
        put_base(vendor, "team/base", layer_type="zstd")
        with builder(vendor) as layers:
            base = layers.resolve_base(f"{GAR.name}/team/base:1", "linux/amd64")
            image = layers.build(plan_for(f"{GAR.name}/team/agent:v1", base))
        lowest = json.loads(vendor.manifests["team/agent"][image.digest][1])["layers"][0]
        assert lowest["mediaType"] == "application/vnd.oci.image.layer.v1.tar+zstd"


def test_an_index_gives_the_platform_that_is_wanted() -> None:
    with running(replace(GAR)) as vendor:
        found = {arch: put_base(vendor, "team/base", arch, architecture=arch) for arch in ("amd64", "arm64")}
        entries = [
            {
                "mediaType": DOCKER_MANIFEST,
                "digest": digest,
                "size": len(vendor.manifests["team/base"][digest][1]),
                "platform": {"os": "linux", "architecture": arch},
            }
            for arch, digest in found.items()
        ]
        index = to_json({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries})
        vendor.put_image("team/base", "multi", index, OCI_INDEX)
        with client(vendor) as registry:
            image = registry.resolve(f"{GAR.name}/team/base:multi", "linux/arm64")
            assert (image.manifest.digest, image.digest) == (found["arm64"], digest_of(index))
            with pytest.raises(DeploymentError) as caught:
                registry.resolve(f"{GAR.name}/team/base:multi", "windows/amd64")
        assert caught.value.code == "platform-mismatch"
        assert "linux/amd64, linux/arm64" in caught.value.reason


def test_every_page_of_tags_is_read() -> None:
    with running(replace(HUB)) as vendor:
        for number in range(5):
            put_base(vendor, "team/base", f"v{number}")
        with client(vendor) as registry:
            assert registry.tags("team/base") == [f"v{number}" for number in range(5)]


def test_other_bytes_than_asked_for_are_refused() -> None:
    with running(replace(HUB)) as vendor:
        digest = put_base(vendor, "team/base")
        kind, raw = vendor.manifests["team/base"][digest]
        vendor.manifests["team/base"][digest] = (
            kind,
            raw.replace(b'"schemaVersion":2', b'"schemaVersion":2 '),
        )
        with client(vendor) as registry, pytest.raises(DeploymentError) as caught:
            registry.resolve(Reference("docker.io", "team/base", None, digest), "linux/amd64")
        assert "does not have its digest" in caught.value.reason


def _script(send: Any) -> list[tuple[int, tuple[str, ...]]]:
    """What a client does, in raw requests; each answer as its status and which headers it has."""
    plain, packed = layer_bytes("x")
    rootfs = {"type": "layers", "diff_ids": [digest_of(plain)]}
    config = to_json({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": rootfs})
    layer_type = "application/vnd.oci.image.layer.v1.tar+gzip"
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": {"mediaType": OCI_CONFIG, "digest": digest_of(config), "size": len(config)},
        "layers": [{"mediaType": layer_type, "digest": digest_of(packed), "size": len(packed)}],
    }
    manifest = to_json(document)
    accept, kind = {"Accept": f"{OCI_MANIFEST}, {DOCKER_MANIFEST}"}, {"Content-Type": OCI_MANIFEST}
    seen: list[tuple[int, tuple[str, ...]]] = []

    def note(response: httpx.Response) -> httpx.Response:
        wanted = ("location", "docker-content-digest", "docker-upload-uuid")
        seen.append((response.status_code, tuple(name for name in wanted if name in response.headers)))
        return response

    def put(data: bytes, repository: str = "team/raw", digest: str = "") -> None:
        location = note(send("POST", f"/v2/{repository}/blobs/uploads/")).headers["location"]
        joined = f"{location}{'&' if '?' in location else '?'}digest={digest or digest_of(data)}"
        note(send("PUT", joined, content=data, headers={"Content-Type": "application/octet-stream"}))

    note(send("GET", "/v2/"))
    note(send("HEAD", "/v2/team/raw/manifests/v1", headers=accept))
    note(send("GET", "/v2/team/raw/manifests/v1", headers=accept))
    note(send("HEAD", f"/v2/team/raw/blobs/{digest_of(packed)}"))
    put(packed)
    note(send("HEAD", f"/v2/team/raw/blobs/{digest_of(packed)}"))
    note(send("GET", f"/v2/team/raw/blobs/{digest_of(packed)}"))
    note(send("PUT", "/v2/team/raw/manifests/v1", content=manifest, headers=kind))
    put(config)
    put(b"not that", digest=digest_of(b"that"))
    note(send("PUT", "/v2/team/raw/manifests/v1", content=manifest, headers=kind))
    note(send("HEAD", "/v2/team/raw/manifests/v1", headers=accept))
    note(send("GET", f"/v2/team/raw/manifests/{digest_of(manifest)}", headers=accept))
    note(send("POST", f"/v2/team/other/blobs/uploads/?mount={digest_of(packed)}&from=team/raw"))
    note(send("POST", f"/v2/team/other/blobs/uploads/?mount={digest_of(b'none')}&from=team/raw"))
    location = note(send("POST", "/v2/team/raw/blobs/uploads/")).headers["location"]
    note(send("DELETE", location))
    note(send("GET", "/v2/team/raw/tags/list"))
    note(send("DELETE", f"/v2/team/raw/manifests/{digest_of(manifest)}"))
    note(send("DELETE", f"/v2/team/raw/manifests/{digest_of(manifest)}"))
    note(send("HEAD", "/v2/team/raw/manifests/v1", headers=accept))
    return seen


def test_the_imitation_answers_as_a_real_registry_does(tmp_path: Path) -> None:
    with (
        registry_process(tmp_path) as registry,
        httpx.Client(base_url=f"http://{registry.host}", trust_env=False) as real,
    ):
        truth = _script(real.request)
    with (
        running(PLAIN) as vendor,
        httpx.Client(base_url=f"http://{vendor.address}", trust_env=False) as imitation,
    ):
        assert _script(imitation.request) == truth

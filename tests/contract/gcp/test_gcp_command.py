"""The whole command against Cloud Run: a real registry, a real gRPC server, real processes."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.contract.gcp.agents import CANARY, HOST, PROJECT, SCOPE, SERVICE, Bench
from tests.contract.gcp.server import Cloud
from tests.registry import registry_process

pytestmark = [pytest.mark.contract, pytest.mark.integration]

BASE = f"{PROJECT}/agents/base"


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real registry with a small base in it; its address."""
    with registry_process(tmp_path_factory.mktemp("registry")) as started:
        url = f"http://{started.host}"
        push_base(url)
        yield url


def push_base(url: str) -> None:
    """An image of one small file that says it brings what the agents here need; no engine is asked."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        entry = tarfile.TarInfo("etc/marker")
        entry.size = 5
        archive.addfile(entry, io.BytesIO(b"base\n"))
    layer = made.getvalue()
    config = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Labels": {"com.holodeck.extras": "openai-agents"}},
            "rootfs": {"type": "layers", "diff_ids": [digest(layer)]},
        }
    ).encode()
    with httpx.Client(base_url=url, trust_env=False) as client:
        for blob in (layer, config):
            place = client.post(f"/v2/{BASE}/blobs/uploads/").headers["location"]
            # The address has a query of its own.
            client.put(f"{place}&digest={digest(blob)}", content=blob).raise_for_status()
        kind = "application/vnd.oci.image"
        manifest = {
            "schemaVersion": 2,
            "mediaType": f"{kind}.manifest.v1+json",
            "config": {"mediaType": f"{kind}.config.v1+json", "digest": digest(config), "size": len(config)},
            "layers": [{"mediaType": f"{kind}.layer.v1.tar", "digest": digest(layer), "size": len(layer)}],
        }
        headers = {"content-type": manifest["mediaType"]}
        client.put(f"/v2/{BASE}/manifests/1", json=manifest, headers=headers).raise_for_status()


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@dataclass
class Command:
    """The real command, as processes of its own."""

    bench: Bench
    environ: dict[str, str]
    said: list[str] = field(default_factory=list)

    def write(self, **given: Any) -> None:
        overlay = {
            "image": {"base": f"{HOST}/{BASE}:1", "builder": "layers"},
            "health": {"timeout": 20},
            "gcp": {"public": True},
            **given.pop("overlay", {}),
        }
        self.bench.write(overlay=overlay, **given)

    def __call__(self, *words: str, code: int = 0, **extra: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "holodeck_tui", *words],
            cwd=self.bench.folder,
            env={**self.environ, **extra},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        self.said += [done.stdout, done.stderr]
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def result(self, *words: str, code: int = 0) -> dict[str, Any]:
        done = self(*words, "--output", "json", code=code)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.steps = [(one["event"], one["step"]) for one in lines if one["event"].startswith("step.f")]
        self.skipped = {one["step"] for one in lines if one.get("skipped")}
        assert [one["event"] for one in lines].count("result") == 1
        last: dict[str, Any] = lines[-1]
        return last

    def document(self, *words: str) -> Any:
        return json.loads(self(*words, "--output", "json").stdout)


@pytest.fixture
def command(google: Cloud, bench: Bench, registry: str, sealed_home: Path) -> Command:
    google.world.behaviour.registry = registry
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TEMP") if name in os.environ}
    environ = {
        **kept,
        **bench.environ,
        "HOME": str(sealed_home),
        "USERPROFILE": str(sealed_home),
        "PYTHONPATH": os.getcwd(),
        "HOLODECK_REGISTRY_ENDPOINTS": f"{HOST}={registry}",
    }
    made = Command(bench, environ)
    made.write()
    return made


def test_the_life_of_a_deployment(google: Cloud, command: Command) -> None:
    result = command.result("deploy")
    first = result["deployment"]
    assert (result["ok"], first["state"], first["service_id"]) == (True, "healthy", SERVICE)
    assert command.steps == [("step.finished", step) for step in ("bundle", "build", "push", "run", "verify")]
    assert httpx.get(f"{first['url']}/health", trust_env=False).json()["status"] == "healthy"
    image = google.world.services[SERVICE].template.containers[0].image
    assert image == f"{HOST}/{PROJECT}/agents/tester@{result['image']['digest']}"

    again = command.result("deploy")["deployment"]
    assert again["revision"] == first["revision"]
    assert {"build", "push", "run"} <= command.skipped
    assert google.world.calls["UpdateService"] == 1
    plan = command.document("plan")
    assert (plan["source"], plan["up_to_date"], plan["changes"]) == ("live", True, [])
    command("plan", "--exit-code")

    command.write(prompt="Be brief.")
    command("plan", "--exit-code", code=10)
    second = command.result("deploy")["deployment"]
    assert second["revision"] != first["revision"]

    google.world.control({"outcome": "crash"})
    command.write(prompt="Be broken.")
    failed = command.result("deploy", code=5)
    assert failed["error"]["code"] == "unhealthy"
    assert f"{second['revision']}, still serves" in failed["error"]["message"]
    assert httpx.get(f"{first['url']}/health", trust_env=False).json()["status"] == "healthy"
    status = command.document("status")
    assert (status["state"], status["revision"]) == ("degraded", second["revision"])

    google.world.control({"outcome": "ok"})
    back = command.result("rollback", "--yes", "--to", first["revision"])["deployment"]
    assert (back["revision"], back["state"]) == (first["revision"], "healthy")

    lines = command("logs", "--tail", "50").stdout
    assert "listening" in lines
    assert "RuntimeError: no such model" in lines
    listed = command.document("list", "--scope", SCOPE)
    assert [(one["agent"], one["service_id"]) for one in listed["deployments"]] == [("tester", SERVICE)]
    assert listed["errors"] == []

    rehearsed = command("destroy", "--dry-run")
    assert "secret holodeck-tester-OPENAI_API_KEY" in rehearsed.stdout
    assert SERVICE in google.world.services
    command("destroy", "--yes")
    assert (google.world.services, google.world.secrets) == ({}, {})
    command("destroy", "--yes")
    assert command.document("status")["state"] == "missing"

    assert CANARY not in "".join(command.said)
    asked = [request for method, request in google.world.requests if method != "AddSecretVersion"]
    assert CANARY not in json.dumps(asked)
    for file in (command.bench.folder / ".holodeck").rglob("*"):
        assert not file.is_file() or CANARY.encode() not in file.read_bytes()


def test_up_and_not_healthy_is_exit_5_with_what_the_agent_says(google: Cloud, command: Command) -> None:
    google.world.control({"outcome": "sick"})
    command.write(overlay={"health": {"timeout": 2}})
    failed = command.result("deploy", code=5)
    assert failed["error"]["code"] == "unhealthy"
    assert "unhealthy" in failed["error"]["message"]
    assert "listening" in failed["error"]["message"]


def test_a_private_service_is_proven_by_the_vendor(command: Command) -> None:
    command.write(overlay={"gcp": {"public": False}})
    done = command("deploy")
    assert "it takes only calls with a login" in done.stderr
    assert "the target says that it is healthy" in done.stderr


def test_an_image_that_is_not_in_the_registry(google: Cloud, command: Command) -> None:
    command.result("build")
    google.world.behaviour.registry += "/elsewhere"
    failed = command.result("run", code=3)
    assert failed["error"]["code"] == "image-pull"
    assert failed["error"]["remedy"] == "holodeck-deploy-tui push"


def test_create_makes_the_repository(google: Cloud, command: Command) -> None:
    command.result("deploy", "--create")
    assert [*google.world.repositories] == [f"projects/{PROJECT}/locations/us-central1/repositories/agents"]


def test_a_registry_that_cannot_be_pulled_from_is_refused_first(google: Cloud, command: Command) -> None:
    command.write(registry={"url": "ghcr.io", "repository": "me/agent"})
    failed = command.result("deploy", code=2)
    assert failed["error"]["code"] == "registry-unpullable"
    assert not google.world.calls


def test_without_credentials_a_plan_is_made_of_the_record(command: Command) -> None:
    for name in [name for name in command.environ if name.startswith("CLOUDSDK")]:
        del command.environ[name]
    command.environ |= {"NO_GCE_CHECK": "true", "CLOUDSDK_CONFIG": str(command.bench.folder / "none")}
    assert command.document("plan")["source"] == "record"
    command("deploy", "--dry-run")
    failed = command("status", code=4)
    assert "gcloud auth application-default login" in failed.stderr


def test_its_run_imports_no_other_targets_packages(command: Command) -> None:
    look = (
        "import sys, holodeck_tui.cli as cli\n"
        "try:\n    cli.main(['status'])\nexcept SystemExit:\n    pass\n"
        "found = {'boto3', 'botocore', 'azure', 'docker', 'textual'} & set(sys.modules)\n"
        "print('imported:', sorted(found), 'google.cloud.run_v2' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", look],
        cwd=command.bench.folder,
        env=command.environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "imported: [] True" in done.stdout, done.stdout + done.stderr


def test_a_run_killed_in_the_middle_is_gone_on_with(google: Cloud, command: Command) -> None:
    google.world.behaviour.seconds = 3.0
    process = subprocess.Popen(
        [sys.executable, "-m", "holodeck_tui", "deploy"],
        cwd=command.bench.folder,
        env=command.environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    ends = time.monotonic() + 60
    while not google.world.calls["UpdateService"] and time.monotonic() < ends:
        time.sleep(0.02)
    time.sleep(0.2)
    process.kill()
    process.wait(60)
    done = command("deploy")
    assert "It was stopped during: deploy" in done.stderr
    assert google.world.calls["UpdateService"] == 1
    assert len(google.world.revisions[SERVICE]) == 1

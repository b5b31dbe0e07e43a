"""2,000 services in four scopes of three clouds, found by one ``list`` of the whole command."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.cloud import run_v2

from tests.contract.aws.server import AwsServer
from tests.contract.aws.support import Stage as AwsStage
from tests.contract.aws.test_apprunner_list import fill
from tests.contract.azure.server import AzureServer
from tests.contract.azure.support import Stage as AzureStage
from tests.contract.azure.world import GROUP, SUBSCRIPTION
from tests.contract.gcp.agents import PROJECT, REGION, Bench
from tests.contract.gcp.server import Cloud, cloud
from tests.contract.gcp.world import World

pytestmark = [pytest.mark.contract, pytest.mark.slow]

EACH = 500
LATENCY = 0.05
TOOL = Path(sys.executable).with_name("holodeck-deploy-tui")
ELSEWHERE = f"projects/{PROJECT}/locations/europe-north1"
SCOPES = (
    "aws:eu-west-1",
    f"gcp:{PROJECT}/{REGION}",
    f"gcp:{PROJECT}/europe-north1",
    f"azure:{SUBSCRIPTION}/{GROUP}",
)


@pytest.fixture
def google() -> Iterator[Cloud]:
    world = World()
    world.behaviour.seconds = 0.05
    with cloud(world) as started:
        yield started


@pytest.fixture
def amazon(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsServer]:
    server = AwsServer()
    for name, value in server.environ.items():
        monkeypatch.setenv(name, value)
    server.reset()
    yield server
    server.close()


@pytest.fixture
def azure() -> Iterator[AzureServer]:
    server = AzureServer()
    yield server
    server.close()


def fill_google(google: Cloud, folder: Path) -> None:
    """One real deployment, copied under other names into two locations."""
    bench = Bench(folder, {**google.environ, "OPENAI_API_KEY": "sk-dummy-dummy"})
    bench.write()
    bench.deploy()
    ((name, template),) = google.world.services.items()
    del google.world.services[name]
    for number in range(EACH):
        for parent in (name.rpartition("/services/")[0], ELSEWHERE):
            copy = run_v2.Service(template)
            copy.name = f"{parent}/services/agent-{number:03d}"
            google.world.services[copy.name] = copy


def fill_azure(azure: AzureServer, folder: Path) -> None:
    """One real deployment, and others like it."""
    stage = AzureStage(azure, folder)
    stage.deploy()
    template = stage.app
    for number in range(EACH - 1):
        name = f"agent-{number}"
        body = {**template.body, "tags": {"managed-by": "holodeck", "holodeck-agent": name}}
        other = type(template)(name, GROUP, body, template.fqdn, template.created, provisioning="Succeeded")
        stage.world.apps[GROUP, name] = other


def test_one_list_finds_2000_services_in_four_scopes(
    google: Cloud,
    amazon: AwsServer,
    azure: AzureServer,
    tmp_path: Path,
    sealed_home: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fill_google(google, tmp_path / "google")
    fill(AwsStage(amazon, tmp_path / "amazon"), EACH)
    fill_azure(azure, tmp_path / "azure")
    google.world.control({"latency": LATENCY, "forget": True})
    amazon.world.told({"latency": LATENCY, "forget": True})
    azure.world.faults.latency = LATENCY
    azure.world.requests.clear()

    environ = {**os.environ, **google.environ, **amazon.environ, **azure.environ, "HOME": str(sealed_home)}
    words = [str(TOOL), "list", "--output", "json"]
    for scope in SCOPES:
        words += ["--scope", scope]
    # The first listing has every answer held to its model; the second is what a listing costs.
    subprocess.run(words, env=environ, cwd=tmp_path, check=True, capture_output=True)
    google.world.control({"forget": True})
    amazon.world.told({"forget": True})
    azure.world.requests.clear()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.monotonic()
    done = subprocess.run(words, env=environ, cwd=tmp_path, capture_output=True, text=True)
    took = time.monotonic() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # The largest of all the command's processes so far, in KiB (Linux) or bytes (macOS).
    peak = after.ru_maxrss / (1024 if sys.platform != "darwin" else 1 << 20)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert done.returncode == 0, done.stderr
    listing = json.loads(done.stdout)
    calls = {
        "aws": len(amazon.world.calls),
        "gcp": sum(google.world.calls.values()),
        "azure": len(azure.world.requests),
    }
    with capsys.disabled():
        print(
            f"\n2,000 services in four scopes: {took:.2f} s, {cpu:.2f} s of them its own work, {peak:.0f} MiB, calls {calls}"
        )
    assert listing["errors"] == []
    assert len(listing["deployments"]) == 4 * EACH
    # Pages, not services.
    assert sum(calls.values()) < 4 * EACH / 20

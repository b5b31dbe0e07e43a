"""Four real agents with the real holodeck-ai, in both runtimes, by the real command: deployed and gone.

Under one user and one engine, as a busy machine would have them: processes, images, and the one image that
installs Node.js, side by side. They are destroyed when all are up, so that images share their layers. The
tests below read what was seen.
"""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.samples.rehearsals import KEYS, Copy, Ended, copy

pytestmark = [pytest.mark.integration, pytest.mark.slow]

SAMPLES = {
    "ticket-routing": "openai",
    "content-moderation": "ollama",
    "customer-support": "azure-openai",
    "legal-summarization": "openai",
}
BASE = "holodeck-base:test"


@dataclass
class Rehearsal:
    """One sample in one runtime, from its deploy to its end."""

    here: Copy
    runtime: str
    environment: str
    deployed: Ended | None = None
    health: dict[str, Any] | None = None
    ready: dict[str, Any] | None = None
    status: str = ""
    logs: Ended | None = None
    gone: Ended | None = None
    afterwards: str = ""

    def deploy(self) -> None:
        """Into an environment of its own, so that nobody else's agent of that name is touched."""
        base = f"image: {{base: '{BASE}'}}\n" if self.runtime == "docker" else ""
        (self.here.folder / "deploy.yaml").write_text(
            f"target: local\n{base}"
            f"environments: {{{self.environment}: {{local: {{runtime: {self.runtime}}}}}}}\n"
        )
        self.deployed = self.call("deploy")
        deployment = self.deployed.events[-1]["deployment"]
        if deployment is not None:
            self.health, self.ready = (fetch(f"{deployment['url']}/{what}") for what in ("health", "ready"))
        self.status = self.call("status").document["state"]
        self.logs = self.call("logs", "--tail", "20")

    def destroy(self) -> None:
        self.gone = self.call("destroy", "--yes")
        self.afterwards = self.call("status").document["state"]

    def call(self, *words: str) -> Ended:
        return self.here.call(*words, "--env", self.environment)


def fetch(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.load(answer)


@pytest.fixture(scope="module")
def rehearsals(
    request: pytest.FixtureRequest, samples: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[tuple[str, str], Rehearsal]]:
    """Those that the chosen tests ask for."""
    home, mark = tmp_path_factory.mktemp("user"), uuid.uuid4().hex[:6]
    made: dict[tuple[str, str], Rehearsal] = {}
    for item in request.session.items:
        if not isinstance(item, pytest.Function) or item.module is not request.module:
            continue
        name, runtime = item.callspec.params["name"], item.callspec.params["runtime"]
        path = os.environ["PATH"]
        if runtime == "process":
            path = f"{Path(request.getfixturevalue('holodeck_bin')).parent}{os.pathsep}{path}"
        folder = tmp_path_factory.mktemp("agent") / name
        here = copy(samples / name / SAMPLES[name], folder, home, **KEYS, PATH=path)
        made[name, runtime] = Rehearsal(here, runtime, f"{runtime}-{mark}")
    lanes: dict[str, list[Rehearsal]] = {}
    for (name, runtime), one in made.items():
        lanes.setdefault("node" if (name, runtime) == ("customer-support", "docker") else runtime, []).append(
            one
        )

    def work(lane: list[Rehearsal]) -> None:
        for one in lane:
            one.deploy()

    with ThreadPoolExecutor(len(lanes)) as pool:
        up = [pool.submit(work, lane) for lane in lanes.values()]
    with ThreadPoolExecutor(len(lanes)) as pool:
        down = [pool.submit(one.destroy) for one in made.values()]
    for future in (*up, *down):
        future.result()
    yield made
    left = subprocess.run(
        ["docker", "ps", "-aq", "--filter", f"label=com.holodeck.environment=docker-{mark}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert left.stdout == ""


@pytest.mark.parametrize("runtime", ["process", pytest.param("docker", marks=pytest.mark.docker)])
@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_deployed_healthy_and_destroyed(
    name: str, runtime: str, rehearsals: dict[tuple[str, str], Rehearsal]
) -> None:
    seen = rehearsals[name, runtime]
    assert seen.deployed
    assert seen.logs
    assert seen.gone
    result = seen.deployed.events[-1]
    assert result["ok"], seen.deployed.err
    assert result["deployment"]["state"] == "healthy"
    assert (result["image"] is None) is (runtime == "process")
    assert seen.health is not None
    assert (seen.health["status"], seen.health["agent_name"]) == ("healthy", result["agent"])
    assert seen.ready == {"ready": True}
    assert seen.status == "healthy"
    lines = [one["line"] for one in seen.logs.events if one["event"] == "log"]
    assert lines
    assert not [line for line in lines if any(key in line for key in KEYS.values() if key.startswith("sk-"))]
    assert seen.gone.events[-1]["deployment"]["state"] == "missing"
    assert seen.afterwards == "missing"

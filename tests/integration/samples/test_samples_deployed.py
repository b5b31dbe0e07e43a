"""Four real agents with the real holodeck-ai, in both runtimes, by the real command: deployed and gone.

All of them at once in a few threads, under one user and one engine, as a busy machine would have them; each
is destroyed as soon as it has been looked at. The tests below read what was seen.
"""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
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
# Two cores build and start no more than this at once without being slower.
AT_ONCE = 4


@dataclass(frozen=True)
class Seen:
    """What one sample showed, from its deploy to its end."""

    deployed: Ended
    health: dict[str, Any] | None
    ready: dict[str, Any] | None
    status: str
    logs: Ended
    gone: Ended
    afterwards: str


Rehearsals = dict[tuple[str, str], "Future[Seen]"]


@pytest.fixture(scope="module")
def rehearsals(
    request: pytest.FixtureRequest, samples: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Rehearsals]:
    """Begin those that the chosen tests will ask for."""
    home = tmp_path_factory.mktemp("user")
    asked = dict.fromkeys(
        (item.callspec.params["name"], item.callspec.params["runtime"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.module is request.module
    )
    # What takes longest, an image with Node.js in it, goes first.
    order = sorted(asked, key=lambda pair: (pair[1] != "docker", pair[0] != "customer-support"))
    mark = uuid.uuid4().hex[:6]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        begun: Rehearsals = {}
        for name, runtime in order:
            folder = tmp_path_factory.mktemp("agent") / name
            path = os.environ["PATH"]
            if runtime == "process":
                tool = Path(request.getfixturevalue("holodeck_bin")).parent
                path = f"{tool}{os.pathsep}{path}"
            here = copy(samples / name / SAMPLES[name], folder, home, **KEYS, PATH=path)
            begun[name, runtime] = pool.submit(rehearse, here, runtime, f"{runtime}-{mark}")
        yield begun
    left = subprocess.run(
        ["docker", "ps", "-aq", "--filter", f"label=com.holodeck.environment=docker-{mark}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert left.stdout == ""


def rehearse(here: Copy, runtime: str, environment: str) -> Seen:
    """Deploy into an environment of its own, so that nobody else's agent of that name is touched."""
    base = f"image: {{base: '{BASE}'}}\n" if runtime == "docker" else ""
    (here.folder / "deploy.yaml").write_text(
        f"target: local\n{base}environments:\n  {environment}: {{local: {{runtime: {runtime}}}}}\n"
    )
    mine = ("--env", environment)
    deployed = here.call("deploy", *mine)
    health = ready = None
    try:
        deployment = deployed.events[-1]["deployment"]
        if deployment is not None:
            health, ready = fetch(f"{deployment['url']}/health"), fetch(f"{deployment['url']}/ready")
        status = here.call("status", *mine).document["state"]
        logs = here.call("logs", "--tail", "20", *mine)
    finally:
        gone = here.call("destroy", "--yes", *mine)
    return Seen(deployed, health, ready, status, logs, gone, here.call("status", *mine).document["state"])


def fetch(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.load(answer)


@pytest.mark.parametrize("runtime", ["process", pytest.param("docker", marks=pytest.mark.docker)])
@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_deployed_healthy_and_destroyed(name: str, runtime: str, rehearsals: Rehearsals) -> None:
    seen = rehearsals[name, runtime].result()
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

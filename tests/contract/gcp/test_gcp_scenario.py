"""The scenario on Cloud Run: the whole command, a real registry, real gRPC, no engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.contract.aws.images import put_base
from tests.contract.gcp.agents import HOST, PROJECT, REGION
from tests.contract.gcp.server import Cloud
from tests.contract.scenario import SECRET, Expectations, agent_yaml, environment, play
from tests.registry import registry_process

pytestmark = [pytest.mark.contract, pytest.mark.slow]

AGENT = "scenario-gcp"


@dataclass
class CloudRunTarget:
    """An agent's folder, and a look into the server's own state."""

    folder: Path
    environ: dict[str, str]
    base: str
    google: Cloud
    agent: str = AGENT
    expect: Expectations = field(
        default_factory=lambda: Expectations(
            "gcp",
            f"gcp:{PROJECT}/{REGION}",
            skipped=frozenset({"push"}),  # the layers builder writes to the registry itself
            after_failure=frozenset({"degraded"}),
            log="listening",
            passing=": (pending|reconciling)",
            last_words="RuntimeError: no such model",
        )
    )

    def write(self, text: str, *, well: bool = True) -> None:
        section: dict[str, Any] = {
            "registry": {"url": HOST, "repository": f"{PROJECT}/agents/scenario"},
            "target": {"provider": "gcp", "gcp": {"project_id": PROJECT, "region": REGION}},
        }
        overlay = {
            "image": {"base": self.base, "builder": "layers"},
            "gcp": {"public": True},
            "health": {"timeout": 20},
        }
        (self.folder / "agent.yaml").write_text(agent_yaml(self.agent, text, well=well, deployment=section))
        (self.folder / "deploy.yaml").write_text(json.dumps(overlay))
        self.google.world.control({"outcome": "ok" if well else "crash"})

    @contextmanager
    def held(self) -> Iterator[None]:
        world = self.google.world
        before = world.behaviour.seconds
        world.control({"seconds": 3600.0})
        try:
            yield
        finally:
            world.control({"seconds": before})
            with world.lock:
                for operation in world.operations.values():
                    operation.done_at = 0.0

    def served(self, url: str | None) -> str | None:
        """What the revision that has the traffic was sent as its environment."""
        world = self.google.world
        with world.lock:
            world.advance()
            found = [one for name, one in world.services.items() if name.endswith("scenario-gcp")]
            if not found:
                return None
            (service,) = found
            (serving,) = [one.revision for one in service.traffic_statuses if one.percent == 100]
            revisions = [one for each in world.revisions.values() for one in each]
            (revision,) = [one for one in revisions if one.name.endswith(f"/revisions/{serving}")]
            values = {one.name: one.value for one in revision.containers[0].env}
            return str(values["STANDIN_NAME"])


@pytest.fixture
def target(google: Cloud, tmp_path: Path, sealed_home: Path) -> Iterator[CloudRunTarget]:
    folder = tmp_path / "agent"
    folder.mkdir()
    with registry_process(tmp_path / "registry") as registry:
        url = f"http://{registry.host}"
        google.world.behaviour.registry = url
        more = {**google.environ, "HOLODECK_REGISTRY_ENDPOINTS": f"{HOST}={url}"}
        yield CloudRunTarget(folder, environment(sealed_home, **more), put_base(registry.host), google)


def test_the_scenario_on_cloud_run(target: CloudRunTarget, google: Cloud) -> None:
    play(target)
    assert google.world.services == {}
    for method, request in google.world.requests:
        if method != "AddSecretVersion":
            assert SECRET not in json.dumps(request), method

"""The scenario on Container Apps: the whole command, a real registry, no engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.contract.aws.images import put_base
from tests.contract.azure.server import AzureServer
from tests.contract.azure.support import HOST, IDENTITY
from tests.contract.azure.world import ENVIRONMENT, GROUP, SUBSCRIPTION
from tests.contract.scenario import SECRET, Expectations, agent_yaml, environment, play
from tests.registry import registry_process

pytestmark = [pytest.mark.contract, pytest.mark.slow]


@dataclass
class ContainerAppsTarget:
    """An agent's folder, and a look at what serves."""

    folder: Path
    environ: dict[str, str]
    base: str
    azure: AzureServer
    agent: str = "Scenario_on Azure"
    expect: Expectations = field(
        default_factory=lambda: Expectations(
            "azure",
            f"azure:{SUBSCRIPTION}/{GROUP}",
            skipped=frozenset({"push"}),  # the layers builder writes to the registry itself
            after_failure=frozenset({"degraded"}),
            passing=": (not there yet|processing|running)",
        )
    )

    def write(self, text: str, *, well: bool = True) -> None:
        azure = {
            "subscription_id": SUBSCRIPTION,
            "resource_group": GROUP,
            "environment_name": ENVIRONMENT,
            "ingress_external": True,
        }
        section: dict[str, Any] = {
            "registry": {"url": HOST, "repository": "agents/scenario"},
            "target": {"provider": "azure", "azure": azure},
        }
        overlay = {
            "image": {"base": self.base, "builder": "layers"},
            "azure": {"identity": IDENTITY},
            "health": {"timeout": 20},
        }
        (self.folder / "agent.yaml").write_text(agent_yaml(self.agent, text, well=well, deployment=section))
        (self.folder / "deploy.yaml").write_text(json.dumps(overlay))

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nothing that is begun comes to an end; then all of it does, however soon the run was cancelled."""
        world = self.azure.world
        before, world.faults.seconds = world.faults.seconds, 3600.0
        try:
            yield
        finally:
            with world.guard:
                world.faults.seconds = before
                for operation in world.operations.values():
                    operation.until = 0.0
                world.advance()
                # What came of it is up, for whoever looks first.
                for app in world.apps.values():
                    for revision in app.revisions:
                        revision.ready_at = 0.0

    def served(self, url: str | None) -> str | None:
        assert url is not None
        try:
            return str(httpx.get(f"{url}/health", timeout=10, trust_env=False).json()["agent_name"])
        except httpx.TransportError:
            return None


@pytest.fixture
def target(azure: AzureServer, tmp_path: Path, sealed_home: Path) -> Iterator[ContainerAppsTarget]:
    folder = tmp_path / "agent"
    folder.mkdir()
    with registry_process(tmp_path / "registry") as registry:
        url = f"http://{registry.host}"
        azure.world.registries[HOST] = url
        more = {**azure.environ, "HOLODECK_REGISTRY_ENDPOINTS": f"{HOST}={url}"}
        yield ContainerAppsTarget(folder, environment(sealed_home, **more), put_base(registry.host), azure)


def test_the_scenario_on_container_apps(target: ContainerAppsTarget, azure: AzureServer) -> None:
    play(target)
    assert azure.world.apps == {}
    for method, path, _, body in azure.world.requests:
        told = json.dumps(body)
        if SECRET in told:
            secrets = body["properties"]["configuration"]["secrets"]
            assert method == "PUT", path
            assert SECRET not in json.dumps({**body, "properties": _without_secrets(body["properties"])})
            assert SECRET in {one["value"] for one in secrets}


def _without_secrets(properties: dict[str, Any]) -> dict[str, Any]:
    configuration = {k: v for k, v in properties["configuration"].items() if k != "secrets"}
    return {**properties, "configuration": configuration}

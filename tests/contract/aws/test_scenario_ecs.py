"""The scenario on ECS Express: the whole command, a real registry, no engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.contract.aws.ecs_support import ROLES
from tests.contract.aws.images import put_base
from tests.contract.aws.server import AwsServer
from tests.contract.aws.support import HOST
from tests.contract.aws.world import REGION
from tests.contract.scenario import SECRET, Expectations, agent_yaml, environment, play
from tests.integration.layers.registries import registry_process

pytestmark = [pytest.mark.contract, pytest.mark.slow]


@dataclass
class EcsTarget:
    """An agent's folder; what serves is asked of the service's own address."""

    folder: Path
    environ: dict[str, str]
    base: str
    agent: str = "scenario-ecs"
    expect: Expectations = field(
        default_factory=lambda: Expectations(
            "aws",
            f"aws:{REGION}",
            skipped=frozenset({"push"}),  # the layers builder writes to the registry itself
            after_failure=frozenset({"degraded"}),
            log="startup complete",
        )
    )

    def write(self, text: str, *, well: bool = True) -> None:
        section: dict[str, Any] = {
            "registry": {"url": HOST, "repository": "agents/scenario"},
            "target": {"provider": "aws", "aws": {"region": REGION}},
        }
        overlay = {
            "image": {"base": self.base, "builder": "layers"},
            "aws": ROLES,
            "health": {"timeout": 20},
        }
        (self.folder / "agent.yaml").write_text(agent_yaml(self.agent, text, well=well, deployment=section))
        (self.folder / "deploy.yaml").write_text(json.dumps(overlay))

    def served(self, url: str | None) -> str | None:
        assert url is not None
        try:
            return str(httpx.get(f"{url}/health", timeout=10, trust_env=False).json()["agent_name"])
        except httpx.TransportError:
            return None


@pytest.fixture
def target(aws: AwsServer, tmp_path: Path, sealed_home: Path) -> Iterator[EcsTarget]:
    folder = tmp_path / "agent"
    folder.mkdir()
    with registry_process(tmp_path / "registry") as registry:
        aws.world.registry = f"http://{registry.host}"
        more = {**aws.environ, "HOLODECK_REGISTRY_ENDPOINTS": f"{HOST}=http://{registry.host}"}
        yield EcsTarget(folder, environment(sealed_home, **more), put_base(registry.host))


def test_the_scenario_on_ecs_express(target: EcsTarget, aws: AwsServer) -> None:
    play(target)
    assert SECRET not in aws.world.bodies(), "a secret goes to the secret store and nowhere else"
    assert aws.client("secretsmanager").list_secrets()["SecretList"] == []
    assert aws.client("logs").describe_log_groups()["logGroups"] == []
    assert [each.status for each in aws.ecs.services.values()] == ["INACTIVE"]
    assert aws.world.count("CreateExpressGatewayService") == 1

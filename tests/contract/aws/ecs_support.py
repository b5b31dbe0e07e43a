"""An agent that is deployed to ECS Express, and a look at what ECS has of it."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from holodeck_tui.core.values import ServiceRef
from holodeck_tui.deployers.aws.ecs_phases import Pace
from holodeck_tui.deployers.aws_ecs_express import EcsExpressDeployer
from tests.contract.aws.ecs import Service
from tests.contract.aws.server import AwsServer
from tests.contract.aws.support import HOST, Stage
from tests.contract.aws.world import ACCOUNT, REGION
from tests.contract.scenario import Expectations, agent_yaml

INFRASTRUCTURE = f"arn:aws:iam::{ACCOUNT}:role/ecsInfrastructureRoleForExpressServices"
EXECUTION = f"arn:aws:iam::{ACCOUNT}:role/agents/ecsTaskExecutionRole"
ROLES = {
    "service": "ecs-express",
    "infrastructure_role_arn": INFRASTRUCTURE,
    "execution_role_arn": EXECUTION,
}
QUICK = Pace(
    appear=3, start=2, canary=1.5, full=1.5, drain=1.5, rollback=3, remove=5, busy=10, accept=10,
    poll=0.02, poll_most=0.05,
)  # fmt: skip
HERE = ServiceRef("aws", "", "holodeck-helpdesk", f"aws:{REGION}", "helpdesk")


@dataclass
class EcsStage(Stage):
    """Like :class:`Stage`, on ECS Express."""

    aws: AwsServer
    folder: Path
    pace: Pace = QUICK
    overlay: dict[str, Any] = field(default_factory=lambda: {"aws": dict(ROLES)})

    def __post_init__(self) -> None:
        super().__post_init__()
        self.deployer = EcsExpressDeployer(self.pace)  # type: ignore[assignment]
        self.variables.setdefault("HOLODECK_REGISTRY_USERNAME", "")

    @property
    def settings(self) -> Any:
        self.overlay = {"aws": dict(ROLES), "health": {"timeout": 1}, **self.overlay}
        self.target.setdefault("ecr_role_arn", None)
        return super().settings

    @property
    def service(self) -> Service:
        """The one service there is, brought to where it is now."""
        self.aws.ecs.settle()
        (found,) = [each for each in self.aws.ecs.services.values() if each.status != "INACTIVE"]
        return found

    @property
    def body(self) -> dict[str, Any]:
        """What the serving revision was made from."""
        service = self.service
        assert service.active is not None
        return self.aws.ecs.revisions[service.active].body

    @property
    def env(self) -> dict[str, str]:
        return {each["name"]: each["value"] for each in self.body["primaryContainer"]["environment"]}

    @property
    def refs(self) -> dict[str, str]:
        return {each["name"]: each["valueFrom"] for each in self.body["primaryContainer"]["secrets"]}


@dataclass
class EcsTarget:
    """An agent's folder; what serves is asked of the service's own address."""

    folder: Path
    environ: dict[str, str]
    base: str
    aws: AwsServer
    agent: str = "scenario-ecs"
    expect: Expectations = field(
        default_factory=lambda: Expectations(
            "aws",
            f"aws:{REGION}",
            skipped=frozenset({"push"}),  # the layers builder writes to the registry itself
            after_failure=frozenset({"degraded"}),
            log="startup complete",
            held="the new tasks to start",
            passing="new tasks|old tasks|canary|failed: ECS goes back",
            pauses=False,
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

    def held(self) -> AbstractContextManager[None]:
        return self.aws.holding()

    def served(self, url: str | None) -> str | None:
        assert url is not None
        try:
            return str(httpx.get(f"{url}/health", timeout=10, trust_env=False).json()["agent_name"])
        except httpx.TransportError:
            return None

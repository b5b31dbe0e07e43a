"""App Runner as the scenario's target: an agent's folder, and a look into the server's own state."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.contract.aws.server import AwsServer
from tests.contract.aws.support import HOST, INSTANCE_ROLE, ROLE
from tests.contract.aws.world import REGION
from tests.contract.scenario import Expectations, agent_yaml


@dataclass
class AppRunnerTarget:
    """An agent's folder, and a look into the server's own state."""

    folder: Path
    environ: dict[str, str]
    base: str
    aws: AwsServer
    agent: str = "scenario-apprunner"
    expect: Expectations = field(
        default_factory=lambda: Expectations(
            "aws",
            f"aws:{REGION}",
            skipped=frozenset({"push"}),  # the layers builder writes to the registry itself
            after_failure=frozenset({"degraded"}),
            log="startup complete",
            passing=" (runs|waits to begin|failed and is rolled back)$",
        )
    )

    def write(self, text: str, *, well: bool = True) -> None:
        section: dict[str, Any] = {
            "registry": {"url": HOST, "repository": "agents/scenario"},
            "target": {"provider": "aws", "aws": {"region": REGION, "ecr_role_arn": ROLE}},
        }
        overlay = {
            "image": {"base": self.base, "builder": "layers"},
            "aws": {"instance_role_arn": INSTANCE_ROLE},
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

"""What a test deploys: an agent of its own, changed at will, described as the pipeline would."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from holodeck_tui.bundle.collect import collect
from holodeck_tui.config.resolve import Settings, load_settings
from holodeck_tui.core.context import Context
from holodeck_tui.core.events import Event, LogLines
from holodeck_tui.core.redact import Redactor
from holodeck_tui.core.values import ImageRef
from holodeck_tui.deployers.aws.apprunner_wait import Timing
from holodeck_tui.deployers.aws_apprunner import AppRunnerDeployer
from holodeck_tui.deployers.base import ServiceSpec
from holodeck_tui.pipeline.service import make_spec
from tests.contract.aws.server import AwsServer
from tests.contract.aws.world import ACCOUNT, REGION

HOST = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/AppRunnerECRAccessRole"
INSTANCE_ROLE = f"arn:aws:iam::{ACCOUNT}:role/agents/AgentRole"
QUICK = Timing(operation=15.0, role=5.0, first=0.05, longest=0.2)


def digest(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


@dataclass
class Stage:
    """One agent: ``section`` is its ``deployment:``, ``overlay`` its deploy.yaml, ``variables`` its shell."""

    aws: AwsServer
    folder: Path
    agent: str = "helpdesk"
    section: dict[str, Any] = field(default_factory=dict)
    target: dict[str, Any] = field(default_factory=dict)
    overlay: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    environment: str | None = None
    image: str = "one"
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ctx = Context(emit=self.events.append, redactor=Redactor(), environ=dict(os.environ))
        self.deployer = AppRunnerDeployer(QUICK)

    @property
    def settings(self) -> Settings:
        self.folder.mkdir(exist_ok=True)
        section = {
            "registry": {"url": HOST, "repository": f"agents/{self.agent.lower().replace(' ', '-')}"},
            "target": {"provider": "aws", "aws": {"region": REGION, "ecr_role_arn": ROLE, **self.target}},
            **self.section,
        }
        agent = {
            "name": self.agent,
            "model": {"provider": "ollama", "name": "llama3.2"},
            "instructions": {"inline": f"Say {self.image}."},
            "deployment": section,
        }
        overlay = {"aws": {"instance_role_arn": INSTANCE_ROLE}, "health": {"timeout": 60}, **self.overlay}
        (self.folder / "agent.yaml").write_text(json.dumps(agent))
        (self.folder / "deploy.yaml").write_text(json.dumps(overlay))
        return load_settings(
            self.folder / "agent.yaml",
            environment=self.environment,
            environ=self.variables,
            cwd=self.folder,
            home=self.folder,
        )

    @property
    def spec(self) -> ServiceSpec:
        settings = self.settings
        assert settings.registry is not None
        uri = f"{settings.registry.image_name}:{self.image}"
        image = ImageRef(uri, digest(self.image), in_registry=True)
        return make_spec(settings, collect(settings, self.ctx), image, self.deployer)

    @property
    def log(self) -> str:
        """Everything that was told."""
        return "\n".join(line for event in self.events if isinstance(event, LogLines) for line in event.lines)

    @property
    def live(self) -> dict[str, Any]:
        """The one service there is, as App Runner has it."""
        (found,) = [each for each in self.aws.apprunner.services.values() if each["Status"] != "DELETED"]
        return found

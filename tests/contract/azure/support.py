"""What a test deploys to the imitation: an agent, changed at will, described as the pipeline would."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from holodeck_tui.bundle.collect import collect
from holodeck_tui.config.resolve import Settings, load_settings
from holodeck_tui.core.context import Context
from holodeck_tui.core.events import Event, LogLines, Notice
from holodeck_tui.core.redact import Redactor
from holodeck_tui.core.values import Deployment, ImageRef
from holodeck_tui.deployers.azure.names import app_name
from holodeck_tui.deployers.azure_containerapps import AzureContainerAppsDeployer
from holodeck_tui.deployers.base import LogQuery, ServiceSpec
from holodeck_tui.pipeline.service import make_spec
from tests.contract.azure.server import AzureServer
from tests.contract.azure.world import ENVIRONMENT, GROUP, SUBSCRIPTION, App, World

HOST = "contract.azurecr.io"
IDENTITY = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.ManagedIdentity"
    "/userAssignedIdentities/puller"
)


def digest(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


class ListJournal:
    """A journal that remembers in memory."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, Any]] = []

    def intent(self, action: str, **facts: Any) -> str:
        self.lines.append((action, facts))
        return action

    def outcome(self, intent_id: str, result: str, **facts: Any) -> None:
        self.lines.append((f"{intent_id}: {result}", facts))


@dataclass
class Stage:
    """One agent: ``env`` its environment, ``target`` joins its azure block, ``overlay`` its deploy.yaml."""

    azure: AzureServer
    folder: Path
    agent: str = "helpdesk"
    env: dict[str, str] = field(default_factory=dict)
    target: dict[str, Any] = field(default_factory=dict)
    section: dict[str, Any] = field(default_factory=dict)
    overlay: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    environment: str | None = None
    image: str = "one"
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.journal = ListJournal()
        self.ctx = Context(
            emit=self.events.append,
            redactor=Redactor(),
            journal=self.journal,
            environ={**self.azure.environ},
        )
        self.deployer = AzureContainerAppsDeployer(interval=0.05)

    @property
    def world(self) -> World:
        return self.azure.world

    @property
    def app(self) -> App:
        # Reads no file: a test may deploy in another thread meanwhile.
        return self.world.apps[GROUP, app_name(self.agent, self.environment)]

    @property
    def settings(self) -> Settings:
        self.folder.mkdir(exist_ok=True)
        azure = {
            "subscription_id": SUBSCRIPTION,
            "resource_group": GROUP,
            "environment_name": ENVIRONMENT,
            "cpu": 0.5,
            "memory": "1Gi",
            "min_replicas": 1,
            "ingress_external": True,
            **self.target,
        }
        section = {
            "registry": {"url": HOST, "repository": "team/helpdesk"},
            "target": {"provider": "azure", "azure": {k: v for k, v in azure.items() if v is not None}},
            "environment": self.env,
            **self.section,
        }
        agent = {
            "name": self.agent,
            "model": {"provider": "ollama", "name": "llama3.2"},
            "instructions": {"inline": f"Say {self.image}."},
            "deployment": section,
        }
        overlay = {
            "azure": {"identity": IDENTITY, **self.options},
            "health": {"timeout": 5},
            **self.overlay,
        }
        (self.folder / "agent.yaml").write_text(json.dumps(agent))
        (self.folder / "deploy.yaml").write_text(json.dumps(overlay))
        return load_settings(
            self.folder / "agent.yaml",
            environment=self.environment,
            environ={"ANTHROPIC_API_KEY": "none-at-all", **self.variables},
            cwd=self.folder,
            home=self.folder,
        )

    @property
    def spec(self) -> ServiceSpec:
        settings = self.settings
        image = ImageRef(f"{HOST}/team/helpdesk:{self.image}", digest(self.image), in_registry=True)
        return make_spec(settings, collect(settings, self.ctx), image, self.deployer)

    def deploy(self) -> Deployment:
        return self.deployer.deploy(self.spec, self.ctx)

    def find(self) -> Any:
        found = self.deployer.find(self.settings, self.ctx)
        assert found is not None
        return found

    def status(self) -> Any:
        return self.deployer.get_status(self.find(), self.ctx)

    def logs(self, **query: Any) -> list[str]:
        return [line.text for line in self.deployer.stream_logs(self.find(), LogQuery(**query), self.ctx)]

    @property
    def said(self) -> list[str]:
        """Lines and warnings of the run."""
        lines = [line for one in self.events if isinstance(one, LogLines) for line in one.lines]
        return lines + [one.text for one in self.events if isinstance(one, Notice)]

    def sent(self, method: str, ending: str = "") -> list[Any]:
        """Bodies of the requests with a method to a path that ends so."""
        return [b for verb, path, _, b in self.world.requests if verb == method and path.endswith(ending)]


Make = Callable[..., Stage]

"""An agent for these tests, and what the pipeline would hand to the deployer for it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from holodeck_tui.bundle.collect import collect
from holodeck_tui.config.resolve import Settings, load_settings
from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.context import Context
from holodeck_tui.core.redact import Redactor
from holodeck_tui.core.values import ImageRef
from holodeck_tui.deployers.base import ServiceSpec
from holodeck_tui.deployers.gcp_cloudrun import CloudRunDeployer
from holodeck_tui.pipeline.service import make_spec

PROJECT, REGION = "test-project", "us-central1"
HOST = f"{REGION}-docker.pkg.dev"
REPOSITORY = f"{PROJECT}/agents/tester"
CANARY = "canary-7f3a-secret"
SCOPE = f"gcp:{PROJECT}/{REGION}"
SERVICE = f"projects/{PROJECT}/locations/{REGION}/services/holodeck-tester"


@dataclass
class Notes:
    """A journal that keeps what it was told."""

    lines: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def intent(self, action: str, **facts: Any) -> str:
        self.lines.append((action, facts))
        return str(len(self.lines) - 1)

    def outcome(self, intent_id: str, result: str, **facts: Any) -> None:
        self.lines.append((f"{self.lines[int(intent_id)][0]}: {result}", facts))


@dataclass
class Bench:
    """One agent, the deployer, and everything that was said."""

    folder: Path
    environ: dict[str, str]
    events: list[Any] = field(default_factory=list)
    journal: Notes = field(default_factory=Notes)
    deployer: CloudRunDeployer = field(default_factory=CloudRunDeployer)
    cancel: CancelToken = field(default_factory=CancelToken)

    def __post_init__(self) -> None:
        self.ctx = Context(self.events.append, self.cancel, Redactor(), self.journal, self.environ)

    def write(
        self,
        *,
        gcp: Mapping[str, Any] | None = None,
        registry: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        overlay: Mapping[str, Any] | None = None,
        name: str = "tester",
        prompt: str = "Be kind.",
    ) -> None:
        """agent.yaml and deploy.yaml; JSON is YAML."""
        self.folder.mkdir(exist_ok=True)
        (self.folder / "prompt.md").write_text(f"{prompt}\n")
        target = {"project_id": PROJECT, "region": REGION, **(gcp or {})}
        agent = {
            "name": name,
            "model": {"provider": "openai", "name": "gpt-4o-mini"},
            "instructions": {"file": "prompt.md"},
            "deployment": {
                "registry": {
                    "url": HOST,
                    "repository": REPOSITORY,
                    "tag_strategy": "custom",
                    "custom_tag": "v1",
                    **(registry or {}),
                },
                "target": {"provider": "gcp", "gcp": target},
                "environment": dict(environment or {}),
            },
        }
        (self.folder / "agent.yaml").write_text(json.dumps(agent, indent=1))
        (self.folder / "deploy.yaml").write_text(json.dumps(overlay or {"gcp": {"public": True}}, indent=1))

    def settings(self, environment: str | None = None) -> Settings:
        return load_settings(
            self.folder / "agent.yaml",
            environ=self.environ,
            cwd=self.folder,
            home=self.folder,
            environment=environment,
        )

    def spec(self, *, built: bool = True, environment: str | None = None) -> ServiceSpec:
        """As the pipeline makes it; the image's digest follows from the content."""
        settings = self.settings(environment)
        bundle = collect(settings, self.ctx)
        digest = f"sha256:{hashlib.sha256(bundle.content_hash.encode()).hexdigest()}"
        image = ImageRef(f"{HOST}/{REPOSITORY}:v1", digest, in_registry=True) if built else None
        return make_spec(settings, bundle, image, self.deployer)

    def deploy(self, **given: Any) -> Any:
        return self.deployer.deploy(self.spec(**given), self.ctx)

    @property
    def told(self) -> str:
        """Every event as text."""
        return "\n".join(map(repr, self.events))

"""Writes an agent's files and loads them as the command line would."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from holodeck_tui.config.problems import Problem, find_problems
from holodeck_tui.config.resolve import Settings, load_settings
from holodeck_tui.core.errors import DeploymentError

AGENT = """\
name: shop
model: {provider: ollama, name: m}
instructions: {inline: hi}
"""
AWS = """\
deployment:
  registry: {url: ghcr.io, repository: org/shop}
  target:
    provider: aws
    aws: {region: us-east-1}
"""
AZURE = """\
deployment:
  registry:
    url: ghcr.io
    repository: org/shop
  target:
    provider: azure
    azure:
      subscription_id: 11111111-2222-3333-4444-555555555555
      resource_group: rg
"""


@dataclass
class Project:
    """A folder with an agent, a home and an environment of its own."""

    root: Path
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def agent(self) -> Path:
        return self.root / "agent.yaml"

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    def _where(self) -> dict[str, Any]:
        return {"environ": self.environ, "cwd": self.root, "home": self.root / "home"}

    def load(self, **options: Any) -> Settings:
        return load_settings(self.agent, **self._where(), **options)

    def problems(self, **options: Any) -> list[Problem]:
        return find_problems(self.agent, **self._where(), **options)

    def errors(self, **options: Any) -> list[Problem]:
        return [problem for problem in self.problems(**options) if problem.severity == "error"]

    def refused(self, **options: Any) -> DeploymentError:
        with pytest.raises(DeploymentError) as caught:
            self.load(**options)
        return caught.value

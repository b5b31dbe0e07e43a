"""The smallest ``deployment:`` section that holodeck-ai 0.7.1 and this tool both load."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.models.deployment import CLOUDS

_ECR = re.compile(r"\d{12}\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")
_ARTIFACT_REGISTRY = re.compile(r"([a-z]+-[a-z]+\d+)-docker\.pkg\.dev")
_CLOUD_REGISTRIES = {
    "aws": re.compile(r"(?:.*\.)?amazonaws\.com(?:\.cn)?|public\.ecr\.aws"),
    "gcp": re.compile(r".*-docker\.pkg\.dev|(?:.*\.)?gcr\.io"),
    "azure": re.compile(r".*\.azurecr\.(?:io|cn|us)"),
}


def smallest_section(
    agent: Mapping[str, Any],
    target: str | None,
    registry: str | None,
    repository: str | None,
    given: Mapping[str, Any],
) -> dict[str, Any]:
    """What must stand in the section, from options and from what they imply; ``given`` wins.

    The provider follows from ``target``, the given blocks or the registry's host; the repository from
    the agent's name; region and project from the registry. What is still missing is for validation
    to tell. Raises ``usage`` where the provider or the registry is not known.
    """
    own_registry, own_target = _block(given, "registry"), _block(given, "target")
    url = str(registry or own_registry.get("url") or "")
    host, _, folder = url.partition("/")
    provider = target or own_target.get("provider") or _provider(own_target, host)
    if provider not in CLOUDS:
        raise DeploymentError(
            "usage",
            "init needs to know where the agent is to run.",
            reason="neither --target nor the registry says it",
            remedy="holodeck-deploy-tui init --target local  (or aws, gcp, azure with --registry HOST)",
        )
    if not url:
        raise DeploymentError(
            "usage",
            f"init --target {provider} needs a registry.",
            reason="a cloud pulls the image from one",
            remedy=f"holodeck-deploy-tui init --target {provider} --registry {_EXAMPLES[provider]}",
        )
    name = repository or own_registry.get("repository") or repository_name(str(agent.get("name", "")))
    block = _implied(provider, host, folder, str(name))
    section: dict[str, Any] = {
        "registry": {"url": url, "repository": name},
        "target": {"provider": provider, provider: block},
    }
    return _laid_over(section, given)


_EXAMPLES = {
    "aws": "ACCOUNT.dkr.ecr.REGION.amazonaws.com",
    "gcp": "REGION-docker.pkg.dev/PROJECT/REPOSITORY",
    "azure": "NAME.azurecr.io",
}


def _block(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    block = data.get(name)
    return block if isinstance(block, Mapping) else {}


def repository_name(agent_name: str) -> str:
    """A repository name made of an agent's: ``Ticket Routing!`` → ``ticket-routing``."""
    parts = re.findall("[a-z0-9]+", agent_name.lower())
    return "-".join(parts) or "agent"


def _provider(target: Mapping[str, Any], host: str) -> str | None:
    blocks = [cloud for cloud in CLOUDS if target.get(cloud)]
    if len(blocks) == 1:
        return blocks[0]
    return next((cloud for cloud, pattern in _CLOUD_REGISTRIES.items() if pattern.fullmatch(host)), None)


def _implied(provider: str, host: str, folder: str, repository: str) -> dict[str, Any]:
    if provider == "aws":
        # 0.7.1 requires the region.
        match = _ECR.fullmatch(host)
        return {"region": match[1] if match else "us-east-1"}
    if provider == "gcp" and host.endswith("-docker.pkg.dev"):
        match = _ARTIFACT_REGISTRY.fullmatch(host)
        block = {"project_id": f"{folder}/{repository}".lstrip("/").partition("/")[0]}
        return {**block, "region": match[1]} if match else block
    return {}


def _laid_over(base: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in over.items():
        old = merged.get(name)
        merged[name] = (
            _laid_over(old, value) if isinstance(old, dict) and isinstance(value, Mapping) else value
        )
    return merged

"""Which deployer serves a target: ours by name, third parties' by entry point. Nothing else is imported."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.base import BaseDeployer

GROUP = "holodeck_tui.deployers"

# Ours need no look at the installed distributions, and nobody else's can take their names.
OURS = {
    "local": "holodeck_tui.deployers.local:LocalDeployer",
    "azure": "holodeck_tui.deployers.azure_containerapps:AzureContainerAppsDeployer",
    "aws": "holodeck_tui.deployers.aws.deployer:AwsDeployer",
    "gcp": "holodeck_tui.deployers.gcp_cloudrun:CloudRunDeployer",
}


def providers() -> tuple[str, ...]:
    """Every target there is a deployer for, ours first."""
    return (*OURS, *sorted(point.name for point in entry_points(group=GROUP) if point.name not in OURS))


def create_deployer(provider: str) -> BaseDeployer:
    """The deployer of ``provider``; touches neither the network nor another target's packages.

    Raises DeploymentError: ``unsupported`` (no such target), ``sdk-missing`` (its package is not
    installed).
    """
    try:
        made = _load(provider)
    except ImportError as error:
        raise DeploymentError(
            "sdk-missing",
            f"The target {provider} cannot be used.",
            reason=f"the Python package {error.name or error} is not installed",
            remedy=f"pip install 'holodeck-deploy-tui[{provider}]'",
        ) from error
    if not isinstance(made, type) or not issubclass(made, BaseDeployer):
        raise DeploymentError(
            "unsupported",
            f"The target {provider} cannot be used.",
            reason=f"what its entry point in {GROUP} names is not a deployer",
            remedy="Update or remove the package that brings it.",
        )
    return made()


def _load(provider: str) -> object:
    if provider in OURS:
        module, _, name = OURS[provider].partition(":")
        return getattr(import_module(module), name)
    points: list[EntryPoint] = list(entry_points(group=GROUP, name=provider))
    if not points:
        raise DeploymentError(
            "unsupported",
            f"There is no deployer for the target {provider}.",
            reason=f"this installation knows {', '.join(providers())}",
            remedy="Choose one of them with --target.",
        )
    return points[0].load()

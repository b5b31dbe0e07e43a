"""Where an agent goes: subscription, resource group, and what stands there already."""

from __future__ import annotations

import re
from dataclasses import dataclass

from holodeck_tui.config.resolve import Settings
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import ServiceRef
from holodeck_tui.models.azure import AzureContainerAppsConfig

_ID = re.compile(r"/subscriptions/([^/]+)/resourceGroups/([^/]+)/providers/Microsoft\.App/", re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    """A resource group of a subscription: one scope."""

    subscription: str
    group: str

    @property
    def scope(self) -> str:
        """``azure:SUBSCRIPTION/GROUP``."""
        return f"azure:{self.subscription}/{self.group}"

    @property
    def group_id(self) -> str:
        """The ARM id of the resource group."""
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"

    def app_id(self, name: str) -> str:
        """The ARM id of an app there."""
        return f"{self.group_id}/providers/Microsoft.App/containerApps/{name}"

    def environment_id(self, name: str) -> str:
        """The ARM id of a managed environment there."""
        return f"{self.group_id}/providers/Microsoft.App/managedEnvironments/{name}"


def azure_config(settings: Settings) -> AzureContainerAppsConfig:
    """The ``azure`` block. Raises ``deployment-missing`` where there is none."""
    target = settings.deployment.target if settings.deployment is not None else None
    if target is None or target.azure is None:
        raise DeploymentError(
            "deployment-missing",
            "There is nothing that says where in Azure to deploy.",
            reason="deployment.target.azure is not set",
            remedy="holodeck-deploy-tui init --target azure",
        )
    return target.azure


def place_of(settings: Settings) -> Place:
    """Where the settings deploy to."""
    config = azure_config(settings)
    return Place(config.subscription_id, config.resource_group)


def place_of_ref(ref: ServiceRef) -> Place:
    """Where a deployment is."""
    return place_of_id(ref.service_id) if _ID.match(ref.service_id) else place_of_scope(ref.scope)


def place_of_id(resource_id: str) -> Place:
    """Where a resource of Container Apps is, by its ARM id."""
    match = _ID.match(resource_id)
    return Place(match[1], match[2]) if match else Place("", "")


def place_of_scope(scope: str) -> Place:
    """``azure:SUBSCRIPTION/GROUP``."""
    subscription, slash, group = scope.removeprefix("azure:").partition("/")
    if not slash:
        raise DeploymentError(
            "scope-invalid", f'"{scope}" is not a scope.', remedy="Write it as azure:SUBSCRIPTION/GROUP."
        )
    return Place(subscription, group)

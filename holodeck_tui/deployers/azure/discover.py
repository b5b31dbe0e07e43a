"""What an Azure login sees: the subscription, and the Container Apps environments in it."""

from __future__ import annotations

import json
from pathlib import Path

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.azure.client import open_azure
from holodeck_tui.deployers.azure.errors import Task
from holodeck_tui.deployers.azure.names import location
from holodeck_tui.deployers.discovery import Found

_REGISTRIES_API = "2023-07-01"


def look(ctx: Context) -> Found:
    """Raises what a missing package is, and that nothing says which subscription."""
    subscription = _subscription(ctx)
    if not subscription:
        raise DeploymentError(
            "credentials-missing",
            "Azure's subscription is not known.",
            reason="neither AZURE_SUBSCRIPTION_ID nor the Azure CLI names one",
            remedy="az login",
        )
    azure = open_azure(subscription, ctx, quick=True)
    choices: dict[str, tuple[str, ...]] = {"subscription_id": (subscription,)}
    environments = azure.sdk.managed_environments
    try:
        found = azure.ask(
            Task("The Container Apps environments could not be listed."),
            lambda: list(environments.list_by_subscription(**azure.call)),
        )
    except DeploymentError as error:
        return Found("", choices, error)
    choices["environment_name"] = tuple(dict.fromkeys(str(one.name) for one in found))
    choices["location"] = tuple(dict.fromkeys(location(one.location or "") for one in found))
    groups = (str(one.id).split("/")[4] for one in found if str(one.id).count("/") > 4)
    choices["resource_group"] = tuple(dict.fromkeys(groups))
    path = f"/subscriptions/{subscription}/providers/Microsoft.ContainerRegistry/registries"
    try:
        answer = azure.request("GET", path, _REGISTRIES_API, Task("The registries could not be listed."))
    except DeploymentError as error:
        return Found(f"subscription {subscription}", choices, error)
    servers = ((one.get("properties") or {}).get("loginServer") for one in answer.get("value") or ())
    choices["url"] = tuple(str(one) for one in servers if one)
    return Found(f"subscription {subscription}", choices)


def _subscription(ctx: Context) -> str:
    """The variable's, else the one the Azure CLI has for its default; empty where neither says."""
    if named := ctx.environ.get("AZURE_SUBSCRIPTION_ID"):
        return named
    home = ctx.environ.get("AZURE_CONFIG_DIR") or str(Path(ctx.environ.get("HOME") or Path.home()) / ".azure")
    try:
        # The CLI writes a byte order mark.
        known = json.loads((Path(home) / "azureProfile.json").read_text(encoding="utf-8-sig"))
        return next(str(one["id"]) for one in known["subscriptions"] if one.get("isDefault"))
    except (OSError, ValueError, KeyError, TypeError, StopIteration):
        return ""

"""What an Azure login sees: the subscription, its Container Apps environments, registries and identities."""

from __future__ import annotations

from typing import Any

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.azure.client import Azure, open_azure
from holodeck_tui.deployers.azure.errors import Task
from holodeck_tui.deployers.azure.login import login_name
from holodeck_tui.deployers.azure.names import location
from holodeck_tui.deployers.azure.profile import read_profile
from holodeck_tui.deployers.looking import Looking, SeenRegistry

_REGISTRIES_API = "2023-07-01"
_IDENTITIES_API = "2023-01-31"
# A listing that goes on for ever is no listing.
_MOST_PAGES = 50


def look(ctx: Context, looking: Looking) -> None:
    """Raises what a missing package is, and that nothing says which subscription."""
    profile = read_profile(ctx.environ)
    subscription = looking.within or profile.subscription
    if not subscription:
        raise DeploymentError(
            "credentials-missing",
            "Azure's subscription is not known.",
            reason="neither AZURE_SUBSCRIPTION_ID nor the Azure CLI names one",
            remedy="az login",
        )
    looking.doing = "the login to Azure"
    azure = open_azure(subscription, ctx, quick=True)
    looking.choices["subscription_id"] = _once((subscription, *profile.subscriptions))
    called = profile.names.get(subscription) or subscription
    who = login_name(azure)
    looking.place = subscription
    looking.identity = f"{who}, subscription {called}" if who else ""
    with looking.asking("the Container Apps environments"):
        environments = azure.sdk.managed_environments
        found = azure.ask(
            Task("The Container Apps environments could not be listed."),
            lambda: list(environments.list_by_subscription(**azure.call)),
        )
        looking.identity = looking.identity or f"subscription {called}"
        groups = (str(one.id).split("/")[4] for one in found if str(one.id).count("/") > 4)
        looking.choices.update(
            environment_name=_once(str(one.name) for one in found),
            location=_once(location(one.location or "") for one in found),
            resource_group=_once(groups),
        )
    with looking.asking("the container registries"):
        path = f"/subscriptions/{subscription}/providers/Microsoft.ContainerRegistry/registries"
        registries = _all(azure, path, _REGISTRIES_API, Task("The registries could not be listed."))
        servers = ((one.get("properties") or {}).get("loginServer") for one in registries)
        looking.registries = tuple(SeenRegistry(str(one)) for one in servers if one)
    with looking.asking("the identities"):
        path = f"/subscriptions/{subscription}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
        identities = _all(azure, path, _IDENTITIES_API, Task("The identities could not be listed."))
        looking.choices["identity"] = _once(str(one["id"]) for one in identities if one.get("id"))


def _all(azure: Azure, path: str, version: str, task: Task) -> list[dict[str, Any]]:
    """Every entry of every page: an answer's nextLink is a whole address of Resource Manager."""
    from urllib.parse import parse_qsl, urlsplit

    found: list[dict[str, Any]] = []
    more: dict[str, str] = {}
    for _ in range(_MOST_PAGES):
        answer = azure.request("GET", path, version, task, **more)
        found += [one for one in answer.get("value") or () if isinstance(one, dict)]
        following = urlsplit(str(answer.get("nextLink") or ""))
        if not following.query:
            break
        path, more = following.path, dict(parse_qsl(following.query))
        version = more.pop("api-version", version)
    return found


def _once(values: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))

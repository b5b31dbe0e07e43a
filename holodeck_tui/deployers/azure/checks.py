"""What ``doctor`` looks at in Azure, in the order a deploy needs it. Changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from holodeck_tui.config.resolve import Settings
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.deployers.azure.client import Azure
from holodeck_tui.deployers.azure.environment import find_environment, missing_environment
from holodeck_tui.deployers.azure.errors import LOGIN, REGISTER, Task
from holodeck_tui.deployers.azure.login import owner_of
from holodeck_tui.deployers.azure.names import location
from holodeck_tui.deployers.azure.operations import registration
from holodeck_tui.deployers.azure.place import Place, azure_config, place_of, place_of_scope
from holodeck_tui.deployers.azure.registry import claims_of, pull_of
from holodeck_tui.deployers.azure.status import low
from holodeck_tui.deployers.checks import Check

Opener = Callable[[Place, Context], Azure]
_RESOURCES_API = "2021-04-01"
_IDENTITY_API = "2023-01-31"


def examine(settings: Settings | None, scope: str | None, ctx: Context, opener: Opener) -> list[Check]:
    """Every check; after a failed one that the others need, the others are left out."""
    place = place_of_scope(scope) if scope is not None else None
    configured = settings if settings is not None and settings.target == "azure" else None
    if place is None:
        if configured is None:
            return [
                Check(
                    "azure", "skip", "no agent.yaml says where in Azure", "--scope azure:SUBSCRIPTION/GROUP"
                )
            ]
        place = place_of(configured)
    elif configured is not None and place_of(configured) != place:
        configured = None
    checks: list[Check] = []
    for check in _checks(place, configured, ctx, opener):
        checks.append(check)
        if check.status == "fail" and check.name in {
            "azure sdk",
            "azure login",
            "azure subscription",
            "azure group",
        }:
            break
    return checks


def _checks(place: Place, settings: Settings | None, ctx: Context, opener: Opener) -> Iterator[Check]:
    try:
        azure = opener(place, ctx)
    except DeploymentError as error:
        yield _failed("azure sdk", error)
        return
    yield Check("azure sdk", "ok", "azure-mgmt-appcontainers is installed")
    yield _guarded("azure login", lambda: _login(azure))
    yield _guarded("azure subscription", lambda: _subscription(azure))
    yield _guarded("azure group", lambda: _group(azure, place))
    yield _guarded("azure registration", lambda: _registration(azure))
    if settings is not None:
        made = settings
        yield _guarded("azure environment", lambda: _environment(azure, place, made))
        yield _guarded("azure registry", lambda: _registry(made))
        yield _guarded("azure identity", lambda: _identity(azure, made))
        yield _guarded("azure quota", lambda: _quota(azure, made))


def _login(azure: Azure) -> Check:
    if azure.local:
        return Check("azure login", "ok", f"none is sent to {azure.endpoint}")
    scope = f"{azure.endpoint or 'https://management.azure.com'}/.default"
    claims = claims_of(azure.token(scope, Task("Azure cannot be logged in to.")))
    who = owner_of(claims) or "somebody"
    return Check("azure login", "ok", azure.ctx.redactor.clean(f"{who} of tenant {claims.get('tid', '?')}"))


def _subscription(azure: Azure) -> Check:
    task = Task(f"The subscription {azure.subscription} could not be looked up.")
    found = azure.request("GET", f"/subscriptions/{azure.subscription}", _RESOURCES_API, task)
    state, name = str(found.get("state", "")), azure.ctx.redactor.clean(str(found.get("displayName", "")))
    if state.lower() not in {"enabled", "warned", ""}:
        return Check("azure subscription", "fail", f"{name} is {state}", "az account list --output table")
    return Check("azure subscription", "ok", name or azure.subscription)


def _group(azure: Azure, place: Place) -> Check:
    task = Task(f"The resource group {place.group} could not be looked up.")
    path = f"/subscriptions/{place.subscription}/resourcegroups/{place.group}"
    found = azure.request("GET", path, _RESOURCES_API, task)
    return Check("azure group", "ok", f"{place.group} in {found.get('location', '?')}")


def _registration(azure: Azure) -> Check:
    state = registration(azure)
    if low(state) == "registered":
        return Check("azure registration", "ok", "Microsoft.App is registered")
    return Check(
        "azure registration", "warn", f"Microsoft.App is {state}; the first deploy registers it", REGISTER
    )


def _environment(azure: Azure, place: Place, settings: Settings) -> Check:
    found = find_environment(azure, place, settings)
    if found is None:
        if settings.overlay.azure.create_environment:
            return Check("azure environment", "ok", "there is none; the first deploy makes it")
        error = missing_environment(place, settings)
        return Check("azure environment", "fail", error.reason, error.remedy)
    state = low(found.properties and found.properties.provisioning_state)
    where = location(found.location or "")
    if state != "succeeded":
        remedy = f"az containerapp env show --name {found.name} --resource-group {place.group}"
        return Check("azure environment", "fail", f"{found.name} is {state}", remedy)
    if where != location(azure_config(settings).location):
        remedy = f"holodeck-deploy-tui set deployment.target.azure.location={where}"
        return Check("azure environment", "fail", f"{found.name} is in {where}", remedy)
    return Check("azure environment", "ok", f"{found.name} in {where}")


def _registry(settings: Settings) -> Check:
    pull = pull_of(settings)
    if pull is None:
        host = settings.registry.host if settings.registry else "?"
        return Check("azure registry", "ok", f"Azure pulls from {host} without a login")
    if pull.identity == "system":
        detail = "the app's own identity has no AcrPull before the app exists: the first deploy fails"
        return Check("azure registry", "warn", detail, "In deploy.yaml: azure: {identity: RESOURCE_ID}")
    return Check(
        "azure registry", "ok", f"Azure pulls from {pull.server} as {pull.identity or pull.username}"
    )


def _identity(azure: Azure, settings: Settings) -> Check:
    identity = settings.overlay.azure.identity
    if identity is None or identity == "system":
        return Check(
            "azure identity", "skip", "the app has none of its own" if identity is None else "the app's own"
        )
    task = Task(f"The identity {identity.rpartition('/')[2]} could not be looked up.")
    azure.request("GET", identity, _IDENTITY_API, task)
    return Check("azure identity", "ok", identity.rpartition("/")[2])


def _quota(azure: Azure, settings: Settings) -> Check:
    where = location(azure_config(settings).location)
    task = Task(f"The quota in {where} could not be asked.")
    try:
        found = azure.ask(task, lambda: [*azure.sdk.usages.list(where, **azure.call)])
    except Cancelled:
        raise
    except DeploymentError as error:
        # Who may deploy need not be allowed to look at quotas.
        return Check("azure quota", "warn", str(error), f"az containerapp list-usages --location {where}")
    full = [one for one in found if one.limit and one.current_value >= one.limit]
    if full:
        names = ", ".join(str(one.name.localized_value or one.name.value) for one in full)
        remedy = "Use what is there, or ask for more: https://aka.ms/azurequota"
        return Check("azure quota", "warn", azure.ctx.redactor.clean(f"used up: {names}"), remedy)
    return Check("azure quota", "ok", f"{len(found)} quotas, none used up")


def _guarded(name: str, look: Callable[[], Check]) -> Check:
    try:
        return look()
    except Cancelled:
        raise
    except DeploymentError as error:
        return _failed(name, error)


def _failed(name: str, error: DeploymentError) -> Check:
    return Check(name, "fail", str(error), error.remedy or LOGIN)

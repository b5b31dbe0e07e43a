"""The managed environment an app runs in: found, or made where deploy.yaml says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from holodeck_tui.config.resolve import Settings
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.azure.client import Azure
from holodeck_tui.deployers.azure.errors import Task
from holodeck_tui.deployers.azure.names import MANAGED_BY
from holodeck_tui.deployers.azure.operations import run_operation
from holodeck_tui.deployers.azure.place import Place, azure_config
from holodeck_tui.deployers.azure.status import low

if TYPE_CHECKING:
    from azure.core.polling import LROPoller
    from azure.mgmt.appcontainers.models import ManagedEnvironment

DEFAULT_NAME = "holodeck"
_DEAD = {"failed", "canceled", "scheduledfordelete", "upgradefailed"}


def find_environment(azure: Azure, place: Place, settings: Settings) -> ManagedEnvironment | None:
    """The environment that the settings name, or the only one in the group. Changes nothing.

    Raises ``config-invalid`` where none is named and there are several.
    """
    name = azure_config(settings).environment_name
    environments = azure.sdk.managed_environments
    task = Task("The managed environment could not be looked up.")
    if name is not None:
        return azure.find(task, lambda: environments.get(place.group, name, **azure.call))
    found = azure.ask(task, lambda: [*environments.list_by_resource_group(place.group, **azure.call)])
    if len(found) > 1:
        names = ", ".join(sorted(one.name or "" for one in found))
        raise DeploymentError(
            "config-invalid",
            "Which environment the app shall run in is not said.",
            reason=f"the resource group {place.group} has {names}",
            remedy=f"holodeck-deploy-tui set deployment.target.azure.environment_name={found[0].name}",
        )
    return found[0] if found else None


def need_environment(azure: Azure, place: Place, settings: Settings) -> ManagedEnvironment:
    """The environment, made where there is none and deploy.yaml says ``create_environment: true``.

    Raises ``config-invalid`` where there is none and none may be made, or where it is broken.
    """
    found = find_environment(azure, place, settings)
    name = azure_config(settings).environment_name or DEFAULT_NAME
    if found is None:
        if not settings.overlay.azure.create_environment:
            raise missing_environment(place, settings)
        return _create(azure, place, name, settings)
    state = low(found.properties and found.properties.provisioning_state)
    if state in _DEAD:
        raise DeploymentError(
            "config-invalid",
            f"The environment {found.name} cannot be used.",
            reason=f"Azure says that it is {state}",
            remedy=f"az containerapp env show --name {found.name} --resource-group {place.group}",
        )
    return found


def missing_environment(place: Place, settings: Settings) -> DeploymentError:
    """There is no environment to run in."""
    config = azure_config(settings)
    named = config.environment_name
    return DeploymentError(
        "config-invalid",
        "The app has no environment to run in.",
        reason=f"there is no managed environment {f'{named} ' if named else ''}in {place.group}",
        remedy="In deploy.yaml: azure: {create_environment: true}  (or: az containerapp env create "
        f"--name {named or DEFAULT_NAME} --resource-group {place.group} --location {config.location})",
    )


def _create(azure: Azure, place: Place, name: str, settings: Settings) -> ManagedEnvironment:
    from azure.mgmt.appcontainers import models as m

    tag, value = MANAGED_BY
    # Without Log Analytics, which would need a workspace and its key; logs are streamed all the same.
    wanted = m.ManagedEnvironment(
        location=azure_config(settings).location,
        tags={tag: value},
        properties=m.ManagedEnvironmentProperties(zone_redundant=False),
    )
    task = Task(f"The environment {name} could not be made.", "deploy-failed")
    intent = azure.ctx.journal.intent("create environment", name=name, group=place.group)

    def begin(**more: Any) -> LROPoller[ManagedEnvironment]:
        environments = azure.sdk.managed_environments
        return environments.begin_create_or_update(place.group, name, wanted, **azure.call, **more)

    try:
        made: ManagedEnvironment = run_operation(
            azure, task, begin, step="run", what=f"the environment {name} to be made"
        )
    except DeploymentError as error:
        azure.ctx.journal.outcome(intent, "failed", code=error.code)
        raise
    azure.ctx.journal.outcome(intent, "done")
    return made

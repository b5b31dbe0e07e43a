"""Removing an app: what goes with it, what stays, and the removal itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import ServiceRef
from holodeck_tui.deployers.azure.client import Azure
from holodeck_tui.deployers.azure.errors import Task, is_not_found
from holodeck_tui.deployers.azure.names import is_ours
from holodeck_tui.deployers.azure.operations import OPERATION_SECONDS, run_operation, settled, when_free
from holodeck_tui.deployers.azure.place import Place
from holodeck_tui.deployers.azure.reading import list_views
from holodeck_tui.deployers.azure.template import container_of
from holodeck_tui.deployers.base import Destruction

if TYPE_CHECKING:
    from azure.core.polling import LROPoller
    from azure.mgmt.appcontainers.models import ContainerApp


def describe(ref: ServiceRef, app: ContainerApp | None, azure: Azure, place: Place) -> Destruction:
    """What removing it means. Changes nothing."""
    if app is None:
        return Destruction(ref, ())
    if not is_ours(app.tags):
        return Destruction(ref, (), (f"the app {ref.name} (this tool did not make it)",))
    configuration = app.properties.configuration if app.properties else None
    secrets = [one.name for one in (configuration.secrets if configuration else None) or () if one.name]
    goes = [f"the app {ref.name} in {place.group}"]
    count = len(list_views(azure, place, ref.name))
    if count:
        goes.append(f"its {count} revisions" if count > 1 else "its revision")
    if secrets:
        goes.append(f"its secrets {', '.join(secrets)}")
    facts = app.properties
    environment = ((facts.environment_id or facts.managed_environment_id) if facts else None) or ""
    container = container_of(app)
    stays = []
    if environment:
        stays.append(f"the environment {environment.rpartition('/')[2]} (other apps may run in it)")
    if container is not None and container.image:
        stays.append(f"the image {container.image} (in its registry)")
    return Destruction(ref, tuple(goes), tuple(stays))


def destroy(ref: ServiceRef, azure: Azure, place: Place) -> Destruction:
    """Remove the app; what is gone already is success. Raises ``destroy-failed`` for an app of others."""
    app = settled(azure, place, ref.name, step="run", seconds=OPERATION_SECONDS)
    found = describe(ref, app, azure, place)
    if app is None:
        return found
    if not is_ours(app.tags):
        raise DeploymentError(
            "destroy-failed",
            f"The app {ref.name} is not removed.",
            reason="this tool did not make it: it has no tag managed-by=holodeck",
            remedy=f"az containerapp delete --name {ref.name} --resource-group {place.group}",
        )
    task = Task(f"{ref.name} could not be removed.", "destroy-failed")
    intent = azure.ctx.journal.intent("delete app", service=ref.service_id)

    def begin(**more: Any) -> LROPoller[None]:
        return azure.sdk.container_apps.begin_delete(place.group, ref.name, **azure.call, **more)

    def act() -> None:
        run_operation(azure, task, begin, step="run", what=f"{ref.name} to be removed")

    try:
        when_free(azure, place, ref.name, act, step="run", seconds=OPERATION_SECONDS)
    except DeploymentError as error:
        if not is_not_found(error, group=True):
            azure.ctx.journal.outcome(intent, "failed", code=error.code)
            raise
    azure.ctx.journal.outcome(intent, "done")
    return found

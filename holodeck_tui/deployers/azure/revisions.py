"""Going back: the traffic to an earlier revision, or its template again as a new one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import Deployment, ImageRef
from holodeck_tui.deployers.azure.body import with_template
from holodeck_tui.deployers.azure.client import Azure
from holodeck_tui.deployers.azure.errors import Task
from holodeck_tui.deployers.azure.names import full_revision, next_suffix
from holodeck_tui.deployers.azure.operations import OPERATION_SECONDS, run_operation, when_free
from holodeck_tui.deployers.azure.place import Place
from holodeck_tui.deployers.azure.reading import Live, deployment_of, get_app, image_ref
from holodeck_tui.deployers.azure.rollout import put_app
from holodeck_tui.deployers.azure.status import View, judge, low
from holodeck_tui.deployers.azure.watch import Watch
from holodeck_tui.deployers.base import Revision

if TYPE_CHECKING:
    from azure.core.polling import LROPoller
    from azure.mgmt.appcontainers.models import ContainerApp, Template


def to_revisions(app: ContainerApp, views: Sequence[View]) -> list[Revision]:
    """Newest first, the serving one marked."""
    serving = judge(app, views).serving
    return [
        Revision(view.name, view.image, view.created_at, view.name == serving, view.reason or view.words)
        for view in views
    ]


def choose(app: ContainerApp, views: Sequence[View], to: str | None) -> View:
    """The revision to go back to: the named one, or the one before the one that serves.

    Raises ``revision-unknown``.
    """
    name = app.name or ""
    if to is not None:
        wanted = full_revision(name, to)
        found = next((view for view in views if view.name == wanted), None)
        if found is None:
            known = ", ".join(view.name for view in views[:10])
            raise _unknown(f"{name} has no revision {to}", f"it has {known}" if known else "it has none")
        return found
    serving = judge(app, views).serving
    names = [view.name for view in views]
    older = views[names.index(serving) + 1 :] if serving in names else views[1:]
    # A revision that never came up is none to go back to.
    before = next((view for view in older if view.condition in {"up", "off"} and not view.reason), None)
    if before is None:
        raise _unknown(f"{name} cannot go back", "there is no earlier revision")
    return before


def _unknown(message: str, reason: str) -> DeploymentError:
    return DeploymentError(
        "revision-unknown", f"{message}.", reason=reason, remedy="holodeck-deploy-tui status"
    )


def roll_back(azure: Azure, place: Place, live: Live, target: View, *, seconds: float) -> Deployment:
    """Have ``target`` serve again. Raises ``rollback-failed`` and ``unhealthy``."""
    name = live.app.name or ""
    configuration = live.app.properties.configuration if live.app.properties else None
    if low(configuration and configuration.active_revisions_mode) == "multiple":
        return _point(azure, place, live, target, seconds=seconds)
    task = Task(f"{name} could not go back to {target.name}.", "rollback-failed")
    template = _template(azure, place, name, target.name, task)
    _check_secrets(name, template, live)
    suffix = next_suffix(name, [view.name for view in live.views])
    secrets = tuple(sorted(live.secrets.values(), key=lambda one: one.name))
    body = with_template(live.app, template, secrets, suffix=suffix)
    put_app(azure, place, name, body, task=task)
    revision = f"{name}--{suffix}"
    Watch(azure, place, name).until_up(revision, seconds)
    return _answer(azure, place, name, revision, image_ref(target.image))


def _point(azure: Azure, place: Place, live: Live, target: View, *, seconds: float) -> Deployment:
    """Where several revisions may be active: wake the earlier one and give it all the traffic."""
    from azure.mgmt.appcontainers import models as m

    from holodeck_tui.deployers.azure.body import to_secrets, without_content

    name = live.app.name or ""
    task = Task(f"{name} could not go back to {target.name}.", "rollback-failed")
    revisions = azure.sdk.container_apps_revisions
    if target.condition == "off":
        azure.ask(task, lambda: revisions.activate_revision(place.group, name, target.name, **azure.call))
    Watch(azure, place, name).until_up(target.name, seconds)
    patch = m.ContainerApp(
        location=live.app.location,
        tags=without_content(live.app.tags),
        properties=m.ContainerAppProperties(
            configuration=m.Configuration(
                secrets=to_secrets(tuple(live.secrets.values())),
                ingress=m.Ingress(traffic=[m.TrafficWeight(revision_name=target.name, weight=100)]),
            )
        ),
    )

    def begin(**more: Any) -> LROPoller[ContainerApp]:
        return azure.sdk.container_apps.begin_update(place.group, name, patch, **azure.call, **more)

    def act() -> None:
        run_operation(azure, task, begin, step="run", what=f"the traffic to go to {target.name}")

    when_free(azure, place, name, act, step="run", seconds=OPERATION_SECONDS)
    return _answer(azure, place, name, target.name, image_ref(target.image))


def _answer(azure: Azure, place: Place, name: str, revision: str, image: ImageRef | None) -> Deployment:
    return deployment_of(get_app(azure, place, name), revision, image)


def _template(azure: Azure, place: Place, app: str, revision: str, task: Task) -> Template:
    revisions = azure.sdk.container_apps_revisions
    found = azure.ask(task, lambda: revisions.get_revision(place.group, app, revision, **azure.call))
    template = found.properties.template if found.properties else None
    if template is None:
        raise _unknown(f"{app} cannot go back to {revision}", "Azure does not say what it was made of")
    return template


def _check_secrets(name: str, template: Template, live: Live) -> None:
    used = {
        entry.secret_ref for one in template.containers or () for entry in one.env or () if entry.secret_ref
    }
    gone = sorted(used - live.secrets.keys())
    if gone:
        raise DeploymentError(
            "rollback-failed",
            f"{name} cannot go back to that revision.",
            reason=f"it needs {', '.join(gone)}, which the app does not keep any more",
            remedy="Deploy the earlier version of the agent instead.",
        )

"""What Azure has, read and put into values of our own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.core.values import Deployment, ImageRef, ServiceRef
from holodeck_tui.deployers.azure.client import Azure
from holodeck_tui.deployers.azure.errors import Task
from holodeck_tui.deployers.azure.names import AGENT, ENVIRONMENT
from holodeck_tui.deployers.azure.place import Place, place_of_id
from holodeck_tui.deployers.azure.secrets import AppSecret, live_secrets
from holodeck_tui.deployers.azure.status import View, judge, view_of
from holodeck_tui.image.reference import is_loopback

if TYPE_CHECKING:
    from azure.mgmt.appcontainers.models import ContainerApp, ReplicaContainer

# A container that was restarted so often will not come up by waiting.
_LOOP = 3
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Live:
    """What runs: the app, its revisions newest first, and its secrets by name."""

    app: ContainerApp
    views: tuple[View, ...]
    secrets: dict[str, AppSecret]

    @property
    def newest(self) -> View | None:
        """The revision that the app's template made."""
        name = self.app.properties.latest_revision_name if self.app.properties else None
        return next((view for view in self.views if view.name == name), None)


def get_app(azure: Azure, place: Place, name: str) -> ContainerApp:
    """The app, which is known to be there."""
    task = Task(f"{name} could not be looked at.")
    return azure.ask(task, lambda: azure.sdk.container_apps.get(place.group, name, **azure.call))


def judged(azure: Azure, place: Place, name: str) -> str | None:
    """The revision that serves now."""
    return judge(get_app(azure, place, name), list_views(azure, place, name)).serving


def crash_reason(azure: Azure, place: Place, app: str, revision: str) -> str:
    """What the replicas of a revision say of a container that ends; empty where they say nothing."""
    for container in _containers(azure, place, app, revision):
        if container.running_state_details and not container.ready:
            restarts = f", restarted {container.restart_count} times" if container.restart_count else ""
            return f"container {container.name}: {container.running_state_details}{restarts}"
    return ""


def crash_loops(azure: Azure, place: Place, app: str, revision: str) -> bool:
    """Whether a container of the revision has ended again and again."""
    return any(
        not container.ready and (container.restart_count or 0) >= _LOOP
        for container in _containers(azure, place, app, revision)
    )


def _containers(azure: Azure, place: Place, app: str, revision: str) -> list[ReplicaContainer]:
    """All containers of a revision's replicas; none where Azure does not say."""
    replicas = azure.sdk.container_apps_revision_replicas
    task = Task(f"The replicas of {revision} could not be looked at.")
    try:
        found = azure.ask(task, lambda: replicas.list_replicas(place.group, app, revision, **azure.call))
    except Cancelled:
        raise
    except DeploymentError:
        return []
    inside = [one.properties for one in found.value or () if one.properties]
    return [container for one in inside for container in one.containers or ()]


def read_live(azure: Azure, place: Place, app: ContainerApp) -> Live:
    """All that is compared. Needs the right to read secrets."""
    name = app.name or ""
    return Live(app, tuple(list_views(azure, place, name)), live_secrets(azure, place, name))


def list_views(azure: Azure, place: Place, name: str) -> list[View]:
    """The revisions of an app, newest first."""
    revisions = azure.sdk.container_apps_revisions
    task = Task(f"The revisions of {name} could not be listed.")
    found = azure.find(task, lambda: [*revisions.list_revisions(place.group, name, **azure.call)])
    views = [view_of(one) for one in found or ()]
    return sorted(views, key=lambda view: view.created_at or _EPOCH, reverse=True)


def ref_of(app: ContainerApp, place: Place) -> ServiceRef:
    """The reference of a live app of ours."""
    tags = app.tags or {}
    name = app.name or ""
    return ServiceRef(
        provider="azure",
        service_id=app.id or place.app_id(name),
        name=name,
        scope=place.scope,
        agent=tags.get(AGENT, name),
        environment=tags.get(ENVIRONMENT),
    )


def image_ref(image: str | None) -> ImageRef | None:
    """What a revision runs, where it runs a digest; its tag is not known any more."""
    name, at, digest = (image or "").partition("@")
    return ImageRef(name, digest, in_registry=True) if at else None


def url_of(app: ContainerApp) -> str | None:
    """Where the app is reached. Plain http on this machine only."""
    configuration = app.properties.configuration if app.properties else None
    host = configuration.ingress.fqdn if configuration and configuration.ingress else None
    if not host:
        return None
    return f"{'http' if is_loopback(host) else 'https'}://{host}"


def deployment_of(app: ContainerApp, revision: str | None, image: ImageRef | None) -> Deployment:
    """A deployment that is up."""
    return Deployment(ref_of(app, place_of_id(app.id or "")), url_of(app), "healthy", revision, image)

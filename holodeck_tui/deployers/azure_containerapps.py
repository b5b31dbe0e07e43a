"""Azure Container Apps as a target: one app per agent and environment, revisions, secrets of the app."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, ClassVar

from holodeck_tui.config.resolve import Settings
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import Change, Deployment, ServiceRef, Status
from holodeck_tui.deployers.azure import names
from holodeck_tui.deployers.azure.client import (
    POLL_SECONDS,
    Azure,
    default_credential,
    find_endpoint,
    open_azure,
)
from holodeck_tui.deployers.azure.place import (
    Place,
    place_of,
    place_of_ref,
    place_of_scope,
)
from holodeck_tui.deployers.azure.registry import AcrLogin, pull_of
from holodeck_tui.deployers.base import (
    BaseDeployer,
    Destruction,
    LogLine,
    LogQuery,
    Needs,
    Revision,
    ServiceSpec,
)
from holodeck_tui.deployers.checks import Check

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.mgmt.appcontainers.models import ContainerApp

    from holodeck_tui.image.credentials import CredentialSource

# In the class below "list" is a method.
Statuses = list[Status]
Changes = list[Change]
Revisions = list[Revision]
Checks = list[Check]


class AzureContainerAppsDeployer(BaseDeployer):
    """Deploys to Container Apps. ``credential`` None: this machine's login. ``interval``: seconds."""

    provider: ClassVar[str] = "azure"

    def __init__(self, credential: TokenCredential | None = None, *, interval: float = POLL_SECONDS) -> None:
        self._credential = credential
        self._interval = interval

    def needs(self, settings: Settings, ctx: Context) -> Needs:
        """An image for linux/amd64 in a registry that Azure can pull from; said before anything is built."""
        find_endpoint(ctx.environ)
        if settings.platform != "linux/amd64":
            raise DeploymentError(
                "config-invalid",
                f"Container Apps cannot run an image for {settings.platform}.",
                reason="they run linux/amd64 and nothing else",
                remedy="holodeck-deploy-tui set deployment.platform=linux/amd64",
            )
        pull = pull_of(settings)
        how = "without a login" if pull is None else f"as {pull.identity or pull.username}"
        return Needs(image=True, registry=True, platform="linux/amd64", reason=f"Azure pulls it {how}")

    def service_name(self, settings: Settings) -> str:
        """One name for agent and environment, as Azure accepts it."""
        return names.app_name(settings.agent_name, settings.environment)

    def find(self, settings: Settings, ctx: Context) -> ServiceRef | None:
        """The app of this agent and environment, if it is ours."""
        from holodeck_tui.deployers.azure.reading import ref_of

        place = place_of(settings)
        app = self._open(place, ctx).find_app(place.group, self.service_name(settings))
        if app is None or not names.is_ours(app.tags):
            return None
        ref = ref_of(app, place)
        same = (ref.agent, ref.environment) == (settings.agent_name, settings.environment)
        return ref if same else None

    def deploy(self, spec: ServiceSpec, ctx: Context) -> Deployment:
        """Have the app as wanted with a revision that is up; an unchanged one is left alone."""
        from holodeck_tui.deployers.azure.rollout import Rollout

        place = place_of(spec.settings)
        return Rollout(self._open(place, ctx), place, spec).deploy()

    def get_status(self, ref: ServiceRef, ctx: Context) -> Status:
        """Judged by the health of the revisions, never by what Azure says of the app alone."""
        from holodeck_tui.deployers.azure.reading import crash_reason, list_views, url_of
        from holodeck_tui.deployers.azure.status import judge

        place = place_of_ref(ref)
        azure = self._open(place, ctx, quick=True)
        app = azure.find_app(place.group, ref.name)
        now = datetime.now(timezone.utc)
        if app is None:
            return Status(ref, "missing", "it is gone", checked_at=now)
        views = list_views(azure, place, ref.name)
        found = judge(app, views)
        detail = found.detail
        newest = app.properties.latest_revision_name if app.properties else None
        if newest and found.state in {"degraded", "unhealthy", "failed"}:
            crash = crash_reason(azure, place, ref.name, newest)
            detail = f"{detail}; {crash}" if crash else detail
        serving = next((view for view in views if view.name == found.serving), None)
        return Status(
            ref,
            found.state,
            ctx.redactor.clean(detail),
            url=url_of(app),
            image_uri=serving.image if serving else None,
            revision=found.serving,
            created_at=app.system_data.created_at if app.system_data else None,
            checked_at=now,
        )

    def plan_destroy(self, ref: ServiceRef, ctx: Context) -> Destruction:
        """The app goes with its revisions and secrets; what it lives in and was made of stays."""
        from holodeck_tui.deployers.azure.destruction import describe

        place = place_of_ref(ref)
        azure = self._open(place, ctx)
        app = azure.find_app(place.group, ref.name)
        return describe(ref, app, azure, place)

    def destroy(self, ref: ServiceRef, ctx: Context) -> Destruction:
        """Remove the app if it is ours. That it is gone already is success."""
        from holodeck_tui.deployers.azure.destruction import destroy

        place = place_of_ref(ref)
        return destroy(ref, self._open(place, ctx), place)

    def stream_logs(self, ref: ServiceRef, query: LogQuery, ctx: Context) -> Iterator[LogLine]:
        """Lines of all active replicas, older ones from Log Analytics where the environment has it."""
        from holodeck_tui.deployers.azure.logs import stream_logs

        place = place_of_ref(ref)
        azure = self._open(place, ctx)
        yield from stream_logs(azure, place, self._required(azure, place, ref), query)

    def list(self, scope: str, ctx: Context) -> Statuses:
        """All apps of ours in a resource group: one call a page. How a revision is, it does not tell."""
        from holodeck_tui.deployers.azure.listing import listing

        place = place_of_scope(scope)
        return listing(self._open(place, ctx, quick=True), place)

    def changes(self, spec: ServiceSpec, ctx: Context) -> Changes:
        """Property by property, after undoing what Azure rewrites; secrets are ``***``."""
        from holodeck_tui.deployers.azure.comparison import changes

        place = place_of(spec.settings)
        azure = self._open(place, ctx)
        app = azure.find_app(place.group, spec.name)
        return [Change("service", None, spec.name)] if app is None else changes(azure, place, spec, app)

    def revisions(self, ref: ServiceRef, ctx: Context) -> Revisions:
        """Newest first, the serving one marked active."""
        from holodeck_tui.deployers.azure.reading import list_views
        from holodeck_tui.deployers.azure.revisions import to_revisions

        place = place_of_ref(ref)
        azure = self._open(place, ctx)
        app = self._required(azure, place, ref)
        return to_revisions(app, list_views(azure, place, ref.name))

    def rollback(self, ref: ServiceRef, to: str | None, ctx: Context) -> Deployment:
        """By traffic where several revisions may be active, else the earlier template as a new revision."""
        from holodeck_tui.deployers.azure.operations import OPERATION_SECONDS, settled
        from holodeck_tui.deployers.azure.reading import read_live
        from holodeck_tui.deployers.azure.revisions import choose, roll_back

        place = place_of_ref(ref)
        azure = self._open(place, ctx)
        settled(azure, place, ref.name, step="run", seconds=OPERATION_SECONDS)
        live = read_live(azure, place, self._required(azure, place, ref))
        target = choose(live.app, live.views, to)
        return roll_back(azure, place, live, target, seconds=180.0)

    def pause(self, ref: ServiceRef, ctx: Context) -> Status:
        """Stop all replicas and keep everything."""
        return self._switch(ref, ctx, on=False)

    def resume(self, ref: ServiceRef, ctx: Context) -> Status:
        """Start them again."""
        return self._switch(ref, ctx, on=True)

    def credential_sources(self, settings: Settings) -> Sequence[CredentialSource]:
        """Azure Container Registry, with the login to Azure."""
        place = place_of(settings)
        return (AcrLogin(lambda ctx: self._open(place, ctx)),)

    def create_repository(self, settings: Settings, ctx: Context) -> bool:
        """Nothing to do: Azure Container Registry makes a repository with the first push."""
        return False

    def examine(self, settings: Settings | None, scope: str | None, ctx: Context) -> Checks:
        """Packages, login, subscription, group, registration, environment, registry, quota."""
        from holodeck_tui.deployers.azure.checks import examine

        return examine(settings, scope, ctx, lambda place, inner: self._open(place, inner, quick=True))

    def _open(self, place: Place, ctx: Context, *, quick: bool = False) -> Azure:
        _, local = find_endpoint(ctx.environ)
        if self._credential is None and not local:
            # One for all calls: it remembers which login worked, and its tokens.
            self._credential = default_credential()
        return open_azure(
            place.subscription, ctx, credential=self._credential, quick=quick, interval=self._interval
        )

    def _required(self, azure: Azure, place: Place, ref: ServiceRef) -> ContainerApp:
        app = azure.find_app(place.group, ref.name)
        if app is None:
            raise DeploymentError(
                "not-deployed",
                f'"{ref.agent}" is not deployed to Azure.',
                reason=f"{place.group} has no app {ref.name}",
                remedy="holodeck-deploy-tui deploy --target azure",
            )
        return app

    def _switch(self, ref: ServiceRef, ctx: Context, *, on: bool) -> Status:
        from holodeck_tui.deployers.azure.operations import switch

        place = place_of_ref(ref)
        switch(self._open(place, ctx), place, ref.name, on=on)
        return self.get_status(ref, ctx)

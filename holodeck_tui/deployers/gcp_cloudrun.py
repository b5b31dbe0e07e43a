"""Google Cloud Run as a target."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.core.values import Change, Deployment, ServiceRef, Status
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
from holodeck_tui.deployers.gcp import names, registry, revisions, template, upsert
from holodeck_tui.deployers.gcp.checks import checks
from holodeck_tui.deployers.gcp.client import LIST_SECONDS, Clients
from holodeck_tui.deployers.gcp.errors import translated
from holodeck_tui.deployers.gcp.failure import failure
from holodeck_tui.deployers.gcp.logs import LogStream
from holodeck_tui.deployers.gcp.names import Place
from holodeck_tui.deployers.gcp.rollout import Rollout
from holodeck_tui.deployers.gcp.secrets import SecretStore
from holodeck_tui.deployers.gcp.status import is_ours, judge, judged, missing, reference, serving_revision
from holodeck_tui.deployers.gcp.wishes import Wishes

if TYPE_CHECKING:
    from google.cloud.run_v2 import Service

    from holodeck_tui.config.resolve import Settings
    from holodeck_tui.image.credentials import CredentialSource

# In the class below "list" is a method.
Statuses = list[Status]
Changes = list[Change]
Revisions = list[Revision]
Checks = list[Check]
Lines = list[str]

# A listing repeats a page that failed for at most so many seconds.
_LIST_PATIENCE = 3.0
_PAGE = 500


class CloudRunDeployer(BaseDeployer):
    """Deploys to a project and region of Google Cloud Run."""

    provider: ClassVar[str] = "gcp"

    def __init__(self) -> None:
        self._made: dict[tuple[int, int], Clients] = {}

    def needs(self, settings: Settings, ctx: Context) -> Needs:
        """An image for linux/amd64 in a registry that Cloud Run pulls from."""
        registry.check_pullable(settings, ctx)
        return Needs(
            image=True, registry=True, platform="linux/amd64", reason="Cloud Run pulls it from there"
        )

    def service_name(self, settings: Settings) -> str:
        """One name for agent and environment."""
        return names.service_name(settings.agent_name, settings.environment)

    def find(self, settings: Settings, ctx: Context) -> ServiceRef | None:
        """The service in the configured project and region; secrets left over from it count too."""
        place, name = names.place_of(settings), self.service_name(settings)
        found = self._rollout(place.service(name), ctx).read()
        if found is not None:
            return reference(found, ctx) if is_ours(found) else None
        if not self._left_over(place, name, ctx):
            return None
        agent, environment = settings.agent_name, settings.environment
        return ServiceRef("gcp", place.service(name), name, place.scope, agent, environment)

    def deploy(self, spec: ServiceSpec, ctx: Context) -> Deployment:
        """One upsert; nothing is sent where nothing would change and the newest revision is well."""
        return upsert.deploy(spec, self._clients(ctx), ctx)

    def get_status(self, ref: ServiceRef, ctx: Context) -> Status:
        """Judged by the newest revision and by what serves; a failed one's last lines are told."""
        found = self._rollout(ref.service_id, ctx).read()
        if found is None:
            return missing(ref)
        status = judge(found, ctx)
        if status.state not in {"degraded", "failed", "unhealthy"}:
            return status
        lines = upsert.last_lines(self._clients(ctx), found, ctx, most=3)
        said = f"; its log ends: {' / '.join(lines)}" if lines else ""
        return Status(
            status.ref,
            status.state,
            f"{status.detail}{said}",
            status.url,
            status.image_uri or self._serving_image(found, ctx),
            status.revision,
            status.created_at,
            status.checked_at,
        )

    def plan_destroy(self, ref: ServiceRef, ctx: Context) -> Destruction:
        """The service with its revisions, and the secrets that carry its tag."""
        found = self._rollout(ref.service_id, ctx).read()
        goes: Lines = [] if found is None else [f"Cloud Run service {ref.name} in {ref.scope}"]
        goes += [f"secret {names.short(name)}" for name in self._store(ref, ctx).ours()]
        return Destruction(ref, tuple(goes), self._stays(found, ref))

    def destroy(self, ref: ServiceRef, ctx: Context) -> Destruction:
        """Remove the service, then its secrets; what is gone already is fine."""
        rollout = self._rollout(ref.service_id, ctx)
        found = rollout.settled()
        upsert.check_ours(found, ref.name)
        goes: Lines = []
        if found is not None and rollout.delete():
            goes.append(f"Cloud Run service {ref.name} in {ref.scope}")
        store = self._store(ref, ctx)
        for name in store.ours():
            store.remove(name)
            goes.append(f"secret {names.short(name)}")
        return Destruction(ref, tuple(goes), self._stays(found, ref))

    def stream_logs(self, ref: ServiceRef, query: LogQuery, ctx: Context) -> Iterator[LogLine]:
        """What Cloud Logging has and, while it follows, what comes."""
        place = names.place_of_name(ref.service_id)
        yield from LogStream(self._clients(ctx), place, ref.name, ctx).lines(query)

    def list(self, scope: str, ctx: Context) -> Statuses:
        """All services of ours in the project and region; calls grow with pages."""
        place = names.place_of_scope(scope)
        clients = self._clients(ctx)
        found = clients.all(
            f"Listing the services in {scope}",
            clients.services.list_services,
            {"parent": place.parent, "page_size": _PAGE},
            seconds=LIST_SECONDS,
            patience=_LIST_PATIENCE,
        )
        return [judge(one, ctx) for one in found if is_ours(one)]

    def changes(self, spec: ServiceSpec, ctx: Context) -> Changes:
        """What a deploy would change; then Cloud Run itself checks it, without doing it."""
        place = names.place_of(spec.settings)
        rollout = self._rollout(place.service(spec.name), ctx)
        live = rollout.read()
        upsert.check_ours(live, spec.name)
        with translated("Preparing the plan", ctx):
            wish = Wishes(self._clients(ctx), place, ctx).look(spec)
            found = [Change("service", None, spec.name)] if live is None else upsert.pending(live, wish)
        if found and wish.complete:
            rollout.rehearse(wish.service)
        return found

    def revisions(self, ref: ServiceRef, ctx: Context) -> Revisions:
        """Newest first."""
        service = self._required(ref, ctx)
        return revisions.plain(service, revisions.all_revisions(self._clients(ctx), service.name), ctx)

    def rollback(self, ref: ServiceRef, to: str | None, ctx: Context) -> Deployment:
        """Send all traffic to an earlier revision; the next deploy sends it to its own again."""
        rollout = self._rollout(ref.service_id, ctx)
        rollout.settled()
        service = self._required(ref, ctx)
        chosen = revisions.choose(service, revisions.all_revisions(self._clients(ctx), service.name), to)
        name = names.short(chosen.name)
        with translated("Preparing the rollback", ctx):
            wanted = template.with_traffic(service, template.traffic({name: 100}))
        operation = rollout.send(wanted, mask=["traffic"])
        found, error = rollout.wait(operation, upsert.SWITCH_SECONDS, f"the traffic to go to {name}")
        if serving_revision(found) != name:
            raise DeploymentError(
                "rollback-failed",
                f"Cloud Run did not send the traffic to {name}.",
                reason=ctx.redactor.clean(error or judged(found)[1]),
                remedy="holodeck-deploy-tui status",
            )
        # An error here speaks of the newest revision, which is not the one that serves now.
        state = judged(found)[0]
        return Deployment(reference(found, ctx), found.uri or None, state, name, revisions.image_of(chosen))

    def pause(self, ref: ServiceRef, ctx: Context) -> Status:
        """Hold it at no instances; its revisions and its URL stay."""
        return self._scale(ref, ctx, instances=0)

    def resume(self, ref: ServiceRef, ctx: Context) -> Status:
        """Let Cloud Run scale it again."""
        return self._scale(ref, ctx, instances=None)

    def examine(self, settings: Settings | None, scope: str | None, ctx: Context) -> Checks:
        """Login, APIs, registry, permissions."""
        if scope is not None:
            place = names.place_of_scope(scope)
        elif settings is not None:
            place = names.place_of(settings)
        else:
            return [Check("target gcp", "skip", "no project is named", "--scope gcp:PROJECT/LOCATION")]
        own = settings if settings is not None and settings.target == self.provider else None
        return [*checks(self._clients(ctx), place, own, ctx)]

    def credential_sources(self, settings: Settings) -> Sequence[CredentialSource]:
        """Artifact Registry, by the same login."""
        return (registry.GoogleRegistry(),)

    def create_repository(self, settings: Settings, ctx: Context) -> bool:
        """Make the Artifact Registry repository that the settings name."""
        return registry.create_repository(self._clients(ctx), settings, ctx)

    def restricted(self, ref: ServiceRef, ctx: Context) -> bool:
        """Whether Cloud Run answers only calls with an identity token."""
        found = self._rollout(ref.service_id, ctx).read()
        return found is not None and not found.invoker_iam_disabled

    def _scale(self, ref: ServiceRef, ctx: Context, instances: int | None) -> Status:
        rollout = self._rollout(ref.service_id, ctx)
        rollout.settled()
        service = self._required(ref, ctx)
        with translated("Preparing the change", ctx):
            wanted = template.with_instances(service, instances)
        operation = rollout.send(wanted, mask=["scaling"])
        found, error = rollout.wait(operation, upsert.SWITCH_SECONDS, f"{ref.name} to change its scaling")
        if error:
            raise failure(found, error, (), ctx)
        return judge(found, ctx)

    def _clients(self, ctx: Context) -> Clients:
        key = (id(ctx.cancel), id(ctx.environ))
        if key not in self._made:
            self._made[key] = Clients(ctx)
        return self._made[key]

    def _rollout(self, service: str, ctx: Context) -> Rollout:
        return Rollout(self._clients(ctx), service, ctx)

    def _store(self, ref: ServiceRef, ctx: Context) -> SecretStore:
        return SecretStore(self._clients(ctx), names.place_of_name(ref.service_id), ref.name, {}, ctx)

    def _left_over(self, place: Place, name: str, ctx: Context) -> bool:
        try:
            return bool(SecretStore(self._clients(ctx), place, name, {}, ctx).ours())
        except Cancelled:
            raise
        except DeploymentError:
            return False  # an API that is switched off holds nothing of ours

    def _required(self, ref: ServiceRef, ctx: Context) -> Service:
        found = self._rollout(ref.service_id, ctx).read()
        if found is None:
            raise DeploymentError(
                "not-deployed",
                f"{ref.name} is not deployed to {ref.scope}.",
                reason="there is no such service",
                remedy="holodeck-deploy-tui deploy --target gcp",
            )
        return found

    def _serving_image(self, service: Service, ctx: Context) -> str | None:
        serving = serving_revision(service)
        if serving is None:
            return None
        client = self._clients(ctx)
        request = {"name": f"{service.name}/revisions/{serving}"}
        found = client.call("Asking about the serving revision", client.revisions.get_revision, request)
        return found.containers[0].image if found.containers else None

    def _stays(self, service: Service | None, ref: ServiceRef) -> tuple[str, ...]:
        stays = ["its log, for as long as Cloud Logging keeps it"]
        if service is not None and service.template.containers:
            stays.append(f"images in {service.template.containers[0].image.partition('@')[0]}")
        return tuple(stays)

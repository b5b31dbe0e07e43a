"""AWS ECS Express Mode as a target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, ClassVar

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.threads import in_threads
from holodeck_tui.core.values import Change, Deployment, ImageRef, ServiceRef, Status
from holodeck_tui.deployers import environment as container
from holodeck_tui.deployers.aws import names, tags
from holodeck_tui.deployers.aws.client import LIST, Aws
from holodeck_tui.deployers.aws.ecs_api import (
    ECS,
    SERVICES_A_CALL,
    Ecs,
    Live,
    Rollout,
    configuration,
    serving,
    short,
    url,
)
from holodeck_tui.deployers.aws.ecs_checks import examine
from holodeck_tui.deployers.aws.ecs_compare import compare
from holodeck_tui.deployers.aws.ecs_delivery import Delivered, Delivery, Wish
from holodeck_tui.deployers.aws.ecs_destroy import Removal
from holodeck_tui.deployers.aws.ecs_earlier import choose, configuration_of, listing, refresh
from holodeck_tui.deployers.aws.ecs_failure import last_lines, stopped_tasks
from holodeck_tui.deployers.aws.ecs_logs import Logs
from holodeck_tui.deployers.aws.ecs_phases import Pace
from holodeck_tui.deployers.aws.ecs_registry import LOGIN, login_text, pull_login
from holodeck_tui.deployers.aws.ecs_roles import INFRASTRUCTURE, arn_of, require_roles
from holodeck_tui.deployers.aws.ecs_secrets import open_store
from holodeck_tui.deployers.aws.ecs_status import judge
from holodeck_tui.deployers.aws.ecs_template import request
from holodeck_tui.deployers.aws.ecs_watch import Watch
from holodeck_tui.deployers.base import (
    BaseDeployer,
    Destruction,
    Health,
    LogLine,
    LogQuery,
    Needs,
    Revision,
    ServiceSpec,
)
from holodeck_tui.deployers.checks import Check

if TYPE_CHECKING:
    from holodeck_tui.config.resolve import Settings

# In the class below "list" is a method.
Statuses = list[Status]
Changes = list[Change]
Revisions = list[Revision]
Checks = list[Check]
Lives = list[Live]

_AT_ONCE = 8


class EcsExpressDeployer(BaseDeployer):
    """Deploys to ECS Express Mode. ``pace`` is for those who cannot wait."""

    provider: ClassVar[str] = "aws"

    def __init__(self, pace: Pace | None = None) -> None:
        self._pace = pace or Pace()

    def needs(self, settings: Settings, ctx: Context) -> Needs:
        """An image in a registry. Refuses one that ECS cannot pull from, and roles that are not named."""
        require_roles(settings)
        pull_login(settings, ctx)
        return Needs(
            image=True, registry=True, platform=settings.platform, reason="ECS pulls from the registry"
        )

    def service_name(self, settings: Settings) -> str:
        """At most 40 characters, one for agent and environment: its address has room for 63."""
        return names.service_name(settings.agent_name, settings.environment)

    def find(self, settings: Settings, ctx: Context) -> ServiceRef | None:
        """The service of that name, when it carries this agent's tags.

        Where there is none but secrets that were stored for it are left, a deployment that is ``missing``
        and can be destroyed.
        """
        region, name = _region(settings), self.service_name(settings)
        aws = Aws(region, ctx)
        live = Ecs(aws).find(name)
        if live is None or live.status == "INACTIVE":
            own = tags.identity_tags(settings.agent_name, settings.environment)
            # No account is in it, for there is no such service; but whose it was is told by it.
            ref = tags.reference(own, f"arn:aws:ecs:{region}::service/default/{name}", name, region)
            return ref if Removal(aws, ref, ctx, self._pace).leftovers() else None
        if not tags.belongs(live.tags, settings.agent_name, settings.environment):
            return None
        return tags.reference(live.tags, live.arn, live.name, region)

    def deploy(self, spec: ServiceSpec, ctx: Context) -> Deployment:
        """Create or update by digest; nothing where nothing differs."""
        assert spec.image is not None
        require_roles(spec.settings)
        aws = Aws(_region(spec.settings), ctx)
        watch = Watch(Ecs(aws), ctx, self._pace)
        body = watch.ask(lambda: self._body(spec, aws, ctx), "Secrets Manager to answer")
        wish = Wish(
            name=spec.name,
            body=body,
            infrastructure_role=arn_of(INFRASTRUCTURE, spec.settings) or "",
            tags=tags.tags_of(spec),
            agent=spec.agent,
            environment=spec.environment,
            patience=spec.health.timeout,
        )
        done = Delivery(aws, ctx, self._pace).bring(wish)
        return self._deployment(done, aws, ctx, spec.image)

    def changes(self, spec: ServiceSpec, ctx: Context) -> Changes:
        """What a deploy would change; secrets masked."""
        return compare(spec, Aws(_region(spec.settings), ctx), ctx)

    def get_status(self, ref: ServiceRef, ctx: Context) -> Status:
        """Judged by its deployments and tasks; what is gone is missing."""
        now = datetime.now(timezone.utc)
        aws = Aws(_scope_region(ref.scope), ctx)
        ecs = Ecs(aws)
        live = ecs.find(ref.name)
        express = ecs.express(live.arn) if live is not None else None
        if live is None or express is None or live.status == "INACTIVE":
            detail = "there is no such service in ECS"
            if "::service/" in ref.service_id:
                detail += "; what was stored for it is left: holodeck-deploy-tui destroy"
            return Status(ref, "missing", detail, checked_at=now)
        rollouts = ecs.rollouts(live.arn, live.cluster)
        newest = ecs.rollout(rollouts[0].arn) if rollouts and not rollouts[0].succeeded else None
        state, detail = judge(live, express, rollouts, newest, now)
        if state in {"failed", "degraded", "unhealthy"}:
            detail = "; ".join(filter(None, [detail, _last_word(aws, live, rollouts)]))
        revision = serving(express, rollouts)
        running = configuration(express, revision) or {}
        return Status(
            ref,
            state,
            ctx.redactor.clean(detail),
            url=url(express, revision),
            image_uri=(running.get("primaryContainer") or {}).get("image"),
            revision=short(revision) if revision else None,
            created_at=live.created_at,
            checked_at=now,
        )

    def plan_destroy(self, ref: ServiceRef, ctx: Context) -> Destruction:
        """Service, secrets and logs that would go."""
        return Removal(Aws(_scope_region(ref.scope), ctx), ref, ctx, self._pace).plan()

    def destroy(self, ref: ServiceRef, ctx: Context) -> Destruction:
        """Remove what carries our tags, and wait until it is gone."""
        return Removal(Aws(_scope_region(ref.scope), ctx), ref, ctx, self._pace).run()

    def stream_logs(self, ref: ServiceRef, query: LogQuery, ctx: Context) -> Iterator[LogLine]:
        """The application's log, or with ``query.system`` ECS's own events."""
        aws = Aws(_scope_region(ref.scope), ctx)
        yield from Logs(aws, _required(Ecs(aws), ref)).lines(query)

    def list(self, scope: str, ctx: Context) -> Statuses:
        """All of ours in the region's default cluster: 100 names a call, then 10 services a call."""
        region = _scope_region(scope)
        now = datetime.now(timezone.utc)
        ecs = Ecs(Aws(region, ctx, LIST))
        found = [name for name in ecs.names() if name.startswith(names.PREFIX)]
        batches = [found[start : start + SERVICES_A_CALL] for start in range(0, len(found), SERVICES_A_CALL)]

        def look(batch: Any) -> Lives:
            return ecs.find_all(batch)

        answers = in_threads(look, batches, at_once=_AT_ONCE, name="ecs-list")
        lives = [live for answer in answers for live in answer]
        return [
            Status(
                tags.reference(live.tags, live.arn, live.name, region),
                "stopped" if live.status == "DRAINING" else None,
                "it is being removed" if live.status == "DRAINING" else "",
                created_at=live.created_at,
                checked_at=now,
            )
            for live in lives
            if tags.is_ours(live.tags) and live.status != "INACTIVE"
        ]

    def revisions(self, ref: ServiceRef, ctx: Context) -> Revisions:
        """Those of the last 90 days that served, newest first."""
        ecs = Ecs(Aws(_scope_region(ref.scope), ctx))
        live = _required(ecs, ref)
        rollouts = ecs.rollouts(live.arn, live.cluster)
        return listing(ecs, rollouts, serving(ecs.express(live.arn) or {}, rollouts))

    def rollback(self, ref: ServiceRef, to: str | None, ctx: Context) -> Deployment:
        """A new revision like an earlier one: its image by digest, its variables; secrets as they are now."""
        aws = Aws(_scope_region(ref.scope), ctx)
        ecs = Ecs(aws)
        live = _required(ecs, ref)
        express = ecs.express(live.arn) or {}
        rollouts = ecs.rollouts(live.arn, live.cluster)
        chosen = choose(rollouts, serving(express, rollouts), to, live.name)
        earlier = configuration(express, chosen) or configuration_of(ecs, chosen)
        if earlier is None:
            raise DeploymentError(
                "revision-unknown",
                f"Revision {short(chosen)} of {live.name} cannot be gone back to.",
                reason="ECS does not have its task definition any more",
                remedy="Deploy the earlier version again: holodeck-deploy-tui deploy",
            )
        wish = Wish(
            name=live.name,
            body=refresh(ecs, earlier, live.name),
            infrastructure_role=str(express.get("infrastructureRoleArn", "")),
            tags=tags.identity_tags(ref.agent, ref.environment),
            agent=ref.agent,
            environment=ref.environment,
            patience=Health().timeout,
        )
        done = Delivery(aws, ctx, self._pace).bring(wish)
        # What it runs now was made from other files than these tags say.
        stale = [name for name in (tags.CONTENT, tags.VERSION) if name in live.tags]
        if done.changed and stale:
            aws.change(ECS, "untag_resource", f"tag {live.name}", resourceArn=live.arn, tagKeys=stale)
        return self._deployment(done, aws, ctx, _image(wish.body))

    def examine(self, settings: Settings | None, scope: str | None, ctx: Context) -> Checks:
        """Credentials, cluster, registry, roles."""
        own = settings if settings is not None and settings.target == "aws" else None
        region = _scope_region(scope) if scope else _region(own) if own else "us-east-1"
        return [*examine(region, own, ctx)]

    def _body(self, spec: ServiceSpec, aws: Aws, ctx: Context) -> dict[str, Any]:
        """The request, with every secret where ECS finds it."""
        values = container.expand(spec, ctx)
        store = open_store(aws, spec.name, spec.agent, spec.environment)
        login = pull_login(spec.settings, ctx)
        stored = {**store.put(values.secret), **store.resolve(values.refs)}
        kept = store.put({LOGIN: login_text(login)})[LOGIN] if login else None
        return request(spec, values.plain, stored, kept.arn if kept else None)

    def _deployment(self, done: Delivered, aws: Aws, ctx: Context, image: ImageRef | None) -> Deployment:
        watch = Watch(Ecs(aws), ctx, self._pace)
        express = watch.ask(lambda: Ecs(aws).express(done.live.arn), "ECS to answer") or {}
        return Deployment(
            ref=tags.reference(done.live.tags, done.live.arn, done.live.name, aws.region),
            url=url(express, done.revision),
            state="healthy",
            revision=short(done.revision) if done.revision else None,
            image=image,
        )


def _required(ecs: Ecs, ref: ServiceRef) -> Live:
    live = ecs.find(ref.name)
    if live is None or live.status == "INACTIVE":
        raise DeploymentError(
            "not-deployed",
            f"{ref.name} is not in ECS.",
            reason="there is no such service in the region",
            remedy="holodeck-deploy-tui deploy --target aws",
        )
    return live


def _last_word(aws: Aws, live: Live, rollouts: list[Rollout]) -> str:
    """What the last task that ended said; nothing where that cannot be read."""
    try:
        tasks = stopped_tasks(aws, live, rollouts[0].created_at if rollouts else None)
        lines = last_lines(aws, live, tasks, 1)
    except DeploymentError as error:
        if error.code == "interrupted":
            raise
        return ""
    return "; ".join([*(task.reason for task in tasks[:1] if task.reason), *lines])


def _image(body: Mapping[str, Any]) -> ImageRef | None:
    name, _, digest = str(body["primaryContainer"]["image"]).partition("@")
    return ImageRef(name, digest, in_registry=True) if digest else None


def _region(settings: Settings) -> str:
    deployment = settings.deployment
    block = deployment.target.aws if deployment is not None else None
    return block.region if block is not None else "us-east-1"


def _scope_region(scope: str) -> str:
    return scope.partition(":")[2]

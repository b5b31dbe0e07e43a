"""AWS App Runner as a target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, ClassVar

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import Change, Deployment, ImageRef, ServiceRef, Status
from holodeck_tui.deployers import environment as container
from holodeck_tui.deployers.aws import apprunner_revisions, names, tags
from holodeck_tui.deployers.aws.apprunner_api import AppRunner, log_group
from holodeck_tui.deployers.aws.apprunner_checks import examine
from holodeck_tui.deployers.aws.apprunner_compare import differences
from holodeck_tui.deployers.aws.apprunner_destroy import Removal
from holodeck_tui.deployers.aws.apprunner_failure import last_word, tail
from holodeck_tui.deployers.aws.apprunner_listing import listing
from holodeck_tui.deployers.aws.apprunner_rollout import Outcome, Rollout
from holodeck_tui.deployers.aws.apprunner_scaling import Scaling
from holodeck_tui.deployers.aws.apprunner_status import judge
from holodeck_tui.deployers.aws.apprunner_template import (
    SECRETS_REVISION,
    Desired,
    check_settings,
    has_secrets,
    secrets_revision,
)
from holodeck_tui.deployers.aws.apprunner_wait import Timing
from holodeck_tui.deployers.aws.client import LIST, Aws
from holodeck_tui.deployers.aws.logs import Group, LogReader
from holodeck_tui.deployers.aws.secrets import SecretStore, Stored
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
    from holodeck_tui.config.resolve import Settings

# In the class below "list" is a method.
Statuses = list[Status]
Changes = list[Change]
Revisions = list[Revision]
Checks = list[Check]

_NEW = "service"


class AppRunnerDeployer(BaseDeployer):
    """Deploys to App Runner. ``timing`` is for those who cannot wait."""

    provider: ClassVar[str] = "aws"

    def __init__(self, timing: Timing | None = None) -> None:
        self._timing = timing or Timing()

    def needs(self, settings: Settings, ctx: Context) -> Needs:
        """An image in ECR, for linux/amd64. Refuses what App Runner cannot pull or run."""
        check_settings(settings, with_secrets=has_secrets(settings))
        return Needs(image=True, registry=True, platform="linux/amd64", reason="App Runner pulls from ECR")

    def service_name(self, settings: Settings) -> str:
        """At most 40 characters, one for agent and environment."""
        return names.service_name(settings.agent_name, settings.environment)

    def find(self, settings: Settings, ctx: Context) -> ServiceRef | None:
        """The service of that name, when it carries this agent's tags.

        Where there is none but something that was made for it is left, a deployment without an id: it is
        ``missing``, and can be destroyed.
        """
        region = _region(settings)
        api = AppRunner(Aws(region, ctx))
        service = api.find(self.service_name(settings))
        if service is None:
            own = tags.identity_tags(settings.agent_name, settings.environment)
            ref = tags.reference(own, "", self.service_name(settings), region)
            return ref if self._removal(ref, ctx).leftovers() else None
        labels = api.tags(service.arn)
        if not tags.belongs(labels, settings.agent_name, settings.environment):
            return None
        return tags.reference(labels, service.arn, service.name, region)

    def deploy(self, spec: ServiceSpec, ctx: Context) -> Deployment:
        """Create or update by digest; nothing where nothing differs."""
        assert spec.image is not None
        values = container.expand(spec, ctx)
        check_settings(spec.settings, with_secrets=bool(values.secret or values.refs))
        aws = Aws(_region(spec.settings), ctx)
        store = SecretStore(aws, spec.name, spec.agent, spec.environment)
        stored = store.put(values.secret)
        desired = self._desired(spec, values, stored, store.resolve(values.refs), spec.image.pinned)
        rollout = Rollout(AppRunner(aws), spec.name, ctx, self._timing)
        labels = tags.tags_of(spec)
        return _deployment(rollout.deploy(desired, labels), labels, aws.region, spec.image)

    def changes(self, spec: ServiceSpec, ctx: Context) -> Changes:
        """What a deploy would change; secrets masked."""
        values = container.expand(spec, ctx, lenient=True)
        aws = Aws(_region(spec.settings), ctx)
        api = AppRunner(aws)
        service = api.find(spec.name)
        if service is None or service.status == "CREATE_FAILED":
            return [Change(_NEW, None, spec.name)]
        store = SecretStore(aws, spec.name, spec.agent, spec.environment)
        found = store.compare(values.secret)
        image = _planned_image(spec.image)
        desired = self._desired(spec, values, found, store.resolve(values.refs), image)
        changes = differences(service, desired, Scaling(aws, spec.name))
        rotated = [Change(f"secrets.{name}", "***", "***") for name, one in found.items() if one.changed]
        known = {change.path for change in changes}
        return changes + [change for change in rotated if change.path not in known]

    def get_status(self, ref: ServiceRef, ctx: Context) -> Status:
        """Judged by the last operation; what is gone is missing."""
        region = _scope_region(ref.scope)
        api = AppRunner(Aws(region, ctx))
        now = datetime.now(timezone.utc)
        service = api.describe(ref.service_id) if ref.service_id else None
        if service is None:
            detail = "there is no such App Runner service"
            if not ref.service_id:
                detail += "; what was made for it is left: holodeck-deploy-tui destroy"
            return Status(ref, "missing", detail, checked_at=now)
        operations = api.operations(service.arn)

        def reason() -> str:
            return last_word(tail(api.aws, service.arn, "service"))

        state, detail = judge(service, operations, reason)
        return Status(
            ref,
            state,
            detail,
            url=service.url,
            image_uri=service.image,
            revision=apprunner_revisions.current(operations),
            created_at=service.raw.get("CreatedAt"),
            checked_at=now,
        )

    def plan_destroy(self, ref: ServiceRef, ctx: Context) -> Destruction:
        """Service, autoscaling configurations, secrets and logs that would go."""
        return self._removal(ref, ctx).plan()

    def destroy(self, ref: ServiceRef, ctx: Context) -> Destruction:
        """Remove them; what is gone already is success."""
        return self._removal(ref, ctx).run()

    def stream_logs(self, ref: ServiceRef, query: LogQuery, ctx: Context) -> Iterator[LogLine]:
        """The agent's own log, with ``query.system`` App Runner's too."""
        if not ref.service_id:
            raise _gone(ref)
        aws = Aws(_scope_region(ref.scope), ctx)
        groups = [Group(log_group(ref.service_id, "application"))]
        if query.system:
            groups.append(Group(log_group(ref.service_id, "service"), "App Runner"))
        return LogReader(aws, groups).lines(query)

    def list(self, scope: str, ctx: Context) -> Statuses:
        """Every service of ours in the region, without local files."""
        return listing(Aws(_scope_region(scope), ctx, LIST), ctx)

    def revisions(self, ref: ServiceRef, ctx: Context) -> Revisions:
        """What the service's tags remember, newest first."""
        api = AppRunner(Aws(_scope_region(ref.scope), ctx))
        service = api.describe(ref.service_id) if ref.service_id else None
        if service is None:
            return []
        known = apprunner_revisions.read(api.tags(service.arn))
        active = apprunner_revisions.current(api.operations(service.arn))
        return apprunner_revisions.listed(known, active, (service.image or "").partition("@")[0])

    def rollback(self, ref: ServiceRef, to: str | None, ctx: Context) -> Deployment:
        """The image of an earlier revision, with everything else as it is now."""
        api = AppRunner(Aws(_scope_region(ref.scope), ctx))
        service = api.describe(ref.service_id) if ref.service_id else None
        if service is None:
            raise _gone(ref)
        labels = api.tags(service.arn)
        known = apprunner_revisions.read(labels)
        active = apprunner_revisions.current(api.operations(service.arn))
        chosen = apprunner_revisions.choose(known, active, service.image, to)
        image = f"{(service.image or '').partition('@')[0]}@{chosen.digest}"
        rollout = Rollout(api, ref.name, ctx, self._timing)
        outcome = rollout.to_image(service, image)
        wanted = {key: value for key, value in labels.items() if key.startswith(("managed-by", "holodeck-"))}
        wanted = {key: text for key, text in wanted.items() if not key.startswith(tags.REVISION)}
        wanted |= {tags.CONTENT: chosen.content_hash, tags.VERSION: tags.encode(chosen.version)}
        wanted = {key: text for key, text in wanted.items() if text}
        rollout.remember(outcome, wanted)
        uri = f"{image.partition('@')[0]}:{chosen.version}" if chosen.version else image.partition("@")[0]
        return _deployment(outcome, wanted, api.aws.region, ImageRef(uri, chosen.digest, in_registry=True))

    def pause(self, ref: ServiceRef, ctx: Context) -> Status:
        """Stop the instances, keep everything."""
        return self._switch(ref, "pause_service", "PAUSE_SERVICE", "PAUSED", ctx)

    def resume(self, ref: ServiceRef, ctx: Context) -> Status:
        """Start them again."""
        return self._switch(ref, "resume_service", "RESUME_SERVICE", "RUNNING", ctx)

    def examine(self, settings: Settings | None, scope: str | None, ctx: Context) -> Checks:
        """SDK, identity, App Runner open, registry and roles."""
        own = settings if settings is not None and settings.target == "aws" else None
        region = _scope_region(scope) if scope else _region(own) if own else "us-east-1"
        return [*examine(region, own, ctx)]

    def _desired(
        self,
        spec: ServiceSpec,
        values: container.Values,
        stored: Mapping[str, Stored],
        referenced: Mapping[str, Stored],
        image: str,
    ) -> Desired:
        assert spec.settings.deployment is not None
        block = spec.settings.deployment.target.aws
        assert block is not None
        env = dict(values.plain)
        if stored:
            env[SECRETS_REVISION] = secrets_revision(stored)
        arns = {name: one.arn for name, one in {**stored, **referenced}.items()}
        return Desired(image, spec.port, env, arns, block, spec.settings, spec.health)

    def _removal(self, ref: ServiceRef, ctx: Context) -> Removal:
        return Removal(Aws(_scope_region(ref.scope), ctx), ref, ctx, self._timing)

    def _switch(self, ref: ServiceRef, operation: str, kind: str, wanted: str, ctx: Context) -> Status:
        api = AppRunner(Aws(_scope_region(ref.scope), ctx))
        service = api.describe(ref.service_id) if ref.service_id else None
        if service is None:
            raise _gone(ref)
        if service.status != wanted:
            Rollout(api, ref.name, ctx, self._timing).switch(service, operation, kind)
        return self.get_status(ref, ctx)


def _deployment(outcome: Outcome, labels: Mapping[str, str], region: str, image: ImageRef) -> Deployment:
    service = outcome.service
    ref = tags.reference(labels, service.arn, service.name, region)
    return Deployment(ref, service.url, "healthy", outcome.revision, image)


def _planned_image(image: ImageRef | None) -> str:
    """What would be sent, as far as it is known before a build."""
    if image is None:
        return ""
    return image.pinned if image.in_registry else image.uri


def _region(settings: Settings) -> str:
    assert settings.deployment is not None
    block = settings.deployment.target.aws
    assert block is not None
    return block.region


def _scope_region(scope: str) -> str:
    return scope.partition(":")[2]


def _gone(ref: ServiceRef) -> DeploymentError:
    return DeploymentError(
        "not-deployed",
        f"{ref.name} is not there (any more).",
        reason=f"App Runner in {_scope_region(ref.scope)} has no such service",
        remedy="holodeck-deploy-tui deploy",
    )

"""The target ``aws``: App Runner or ECS Express, as ``aws.service`` of deploy.yaml says.

Where there are settings they choose; where there is a deployment its ARN does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.threads import in_threads
from holodeck_tui.core.values import Change, Deployment, ServiceRef, Status
from holodeck_tui.deployers.aws import ecr
from holodeck_tui.deployers.base import (
    BaseDeployer,
    Destruction,
    Listable,
    LogLine,
    LogQuery,
    Needs,
    Pausable,
    Plannable,
    Reversible,
    Revision,
    ServiceSpec,
)
from holodeck_tui.deployers.checks import Check, Examinable

if TYPE_CHECKING:
    from holodeck_tui.config.resolve import Settings
    from holodeck_tui.image.credentials import CredentialSource

# In the class below "list" is a method.
Statuses = list[Status]
Changes = list[Change]
Revisions = list[Revision]
Checks = list[Check]

SERVICES = {
    "app-runner": "holodeck_tui.deployers.aws_apprunner:AppRunnerDeployer",
    "ecs-express": "holodeck_tui.deployers.aws_ecs_express:EcsExpressDeployer",
}
"""Class by the word of deploy.yaml."""

# The third part of an ARN.
_OWNERS = {"apprunner": "app-runner", "ecs": "ecs-express"}


class AwsDeployer(BaseDeployer):
    """Hands every call to the service that has, or shall have, the deployment."""

    provider: ClassVar[str] = "aws"

    def needs(self, settings: Settings, ctx: Context) -> Needs:
        """See the service."""
        return self._of(settings).needs(settings, ctx)

    def service_name(self, settings: Settings) -> str:
        """See the service."""
        return self._of(settings).service_name(settings)

    def find(self, settings: Settings, ctx: Context) -> ServiceRef | None:
        """See the service."""
        return self._of(settings).find(settings, ctx)

    def deploy(self, spec: ServiceSpec, ctx: Context) -> Deployment:
        """See the service."""
        return self._of(spec.settings).deploy(spec, ctx)

    def get_status(self, ref: ServiceRef, ctx: Context) -> Status:
        """See the service."""
        return self.owner(ref).get_status(ref, ctx)

    def plan_destroy(self, ref: ServiceRef, ctx: Context) -> Destruction:
        """See the service."""
        return self.owner(ref).plan_destroy(ref, ctx)

    def destroy(self, ref: ServiceRef, ctx: Context) -> Destruction:
        """See the service."""
        return self.owner(ref).destroy(ref, ctx)

    def stream_logs(self, ref: ServiceRef, query: LogQuery, ctx: Context) -> Iterator[LogLine]:
        """See the service."""
        return self.owner(ref).stream_logs(ref, query, ctx)

    def list(self, scope: str, ctx: Context) -> Statuses:
        """Both services of the region at the same time; one that this account cannot have has nothing."""

        def ask(name: str) -> Statuses:
            made = load(name)
            try:
                return made.list(scope, ctx) if isinstance(made, Listable) else []
            except DeploymentError as error:
                if getattr(error, "kind", None) == "closed":
                    return []
                raise

        answers = in_threads(ask, SERVICES, at_once=len(SERVICES), name="aws-list")
        return [status for found in answers for status in found]

    def changes(self, spec: ServiceSpec, ctx: Context) -> Changes:
        """See the service."""
        made = self._of(spec.settings)
        if isinstance(made, Plannable):
            return made.changes(spec, ctx)
        raise _cannot("compare what runs with what would be sent", "holodeck-deploy-tui status")

    def revisions(self, ref: ServiceRef, ctx: Context) -> Revisions:
        """See the service."""
        return self._reversible(ref).revisions(ref, ctx)

    def rollback(self, ref: ServiceRef, to: str | None, ctx: Context) -> Deployment:
        """See the service."""
        return self._reversible(ref).rollback(ref, to, ctx)

    def pause(self, ref: ServiceRef, ctx: Context) -> Status:
        """See the service."""
        return self._pausable(ref).pause(ref, ctx)

    def resume(self, ref: ServiceRef, ctx: Context) -> Status:
        """See the service."""
        return self._pausable(ref).resume(ref, ctx)

    def credential_sources(self, settings: Settings) -> Sequence[CredentialSource]:
        """ECR, by the AWS identity."""
        return (ecr.EcrCredentials(),)

    def create_repository(self, settings: Settings, ctx: Context) -> bool:
        """The repository in ECR; False where it is there, or the registry is another."""
        registry = settings.registry
        if registry is None:
            return False
        return ecr.create_repository(registry.image_name, settings.agent_name, ctx)

    def examine(self, settings: Settings | None, scope: str | None, ctx: Context) -> Checks:
        """See the service; without settings, what App Runner needs."""
        aws = settings is not None and settings.target == "aws"
        made = self._of(settings) if aws and settings is not None else load("app-runner")
        return made.examine(settings, scope, ctx) if isinstance(made, Examinable) else []

    def _of(self, settings: Settings) -> BaseDeployer:
        return load(settings.overlay.aws.service)

    def owner(self, ref: ServiceRef) -> BaseDeployer:
        """The service that has ``ref``."""
        parts = ref.service_id.split(":")
        return load(_OWNERS.get(parts[2] if len(parts) > 2 else "", "app-runner"))

    def _reversible(self, ref: ServiceRef) -> Reversible:
        made = self.owner(ref)
        if isinstance(made, Reversible):
            return made
        raise _cannot("go back to an earlier revision", "Deploy the earlier version again.")

    def _pausable(self, ref: ServiceRef) -> Pausable:
        made = self.owner(ref)
        if isinstance(made, Pausable):
            return made
        raise _cannot("be paused", "holodeck-deploy-tui destroy")


def load(name: str) -> BaseDeployer:
    """The deployer of ``aws.service: name``; touches no network."""
    if name not in SERVICES:
        raise _cannot(f"run {name} yet", "Write in deploy.yaml: aws: {service: app-runner}")
    module, _, cls = SERVICES[name].partition(":")
    made: Callable[[], BaseDeployer] = getattr(import_module(module), cls)
    return made()


def _cannot(what: str, remedy: str) -> DeploymentError:
    return DeploymentError(
        "unsupported", f"This service of AWS cannot {what}.", reason="it has no such operation", remedy=remedy
    )

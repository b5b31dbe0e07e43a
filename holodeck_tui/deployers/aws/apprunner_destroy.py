"""Removing an App Runner service and all that was made for it, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from holodeck_tui.core.context import Context
from holodeck_tui.core.values import ServiceRef
from holodeck_tui.deployers.aws import tags
from holodeck_tui.deployers.aws.apprunner_api import AppRunner, Service, log_group
from holodeck_tui.deployers.aws.apprunner_rollout import Rollout
from holodeck_tui.deployers.aws.apprunner_scaling import Scaling
from holodeck_tui.deployers.aws.apprunner_wait import Timing
from holodeck_tui.deployers.aws.client import Aws
from holodeck_tui.deployers.aws.errors import AwsError
from holodeck_tui.deployers.aws.secrets import SecretStore
from holodeck_tui.deployers.base import Destruction

T = TypeVar("T")

_LOGS = ("application", "service")


class Removal:
    """Of one deployment: first what is seen, then what is done, in the same words."""

    def __init__(self, aws: Aws, ref: ServiceRef, ctx: Context, timing: Timing) -> None:
        self._aws = aws
        self._ref = ref
        self._ctx = ctx
        self._api = AppRunner(aws)
        self._rollout = Rollout(self._api, ref.name, ctx, timing)
        self._scaling = Scaling(aws, ref.name)
        self._secrets = SecretStore(aws, ref.name, ref.agent, ref.environment)

    def plan(self) -> Destruction:
        """What :meth:`run` would do."""
        service, stays = self._service()
        if stays:
            return Destruction(self._ref, (), tuple(stays))
        goes = [f"the service {service.name} ({service.arn})"] if service is not None else []
        goes += [
            _scaling(arn) for arn in self._part("autoscaling configurations", self._scaling.owned, stays)
        ]
        owned = self._part("secrets", self._secrets.owned, stays)
        goes += [f"the secret {name}" for name, _ in owned]
        arn = self._arn(service)
        groups = self._part("log groups", lambda: self._groups(arn), stays)
        goes += [f"the log group {group}" for group in groups]
        stays += self._part("other secrets", self._foreign, stays)
        return Destruction(self._ref, tuple(goes), tuple(stays))

    def run(self) -> Destruction:
        """Service first: what it uses cannot go, or must not, while it is there."""
        service, stays = self._service()
        if stays:
            return Destruction(self._ref, (), tuple(stays))
        goes = []
        if service is not None:
            self._rollout.delete(service)
            goes.append(f"the service {service.name} ({service.arn})")
        goes += [
            _scaling(arn) for arn in self._part("autoscaling configurations", self._scaling.clean, stays)
        ]
        stays += self._part("other secrets", self._foreign, stays)
        goes += [f"the secret {name}" for name in self._part("secrets", self._secrets.delete, stays)]
        arn = self._arn(service)
        groups = self._part("log groups", lambda: self._delete_logs(arn), stays)
        goes += [f"the log group {group}" for group in groups]
        return Destruction(self._ref, tuple(goes), tuple(stays))

    def _part(self, what: str, call: Callable[[], list[T]], stays: list[str]) -> list[T]:
        """One part of it; where the identity may not do it that part stays, and the others still go."""
        try:
            return call()
        except AwsError as error:
            if error.kind != "permission":
                raise
            stays.append(f"{what}: {error.reason}")
            return []

    def _delete_logs(self, arn: str) -> list[str]:
        groups = self._groups(arn)
        for group in groups:
            try:
                self._aws.change("logs", "delete_log_group", f"delete {group}", logGroupName=group)
            except AwsError as error:  # noqa: PERF203  # each group by itself
                if error.kind != "gone":
                    raise
        return groups

    def leftovers(self) -> bool:
        """Whether anything but the service itself is there; what may not be looked at does not count."""
        try:
            return bool(self._scaling.owned() or self._secrets.owned())
        except AwsError as error:
            if error.kind == "permission":
                return False
            raise

    def _service(self) -> tuple[Service | None, list[str]]:
        service = self._api.describe(self._ref.service_id) if self._ref.service_id else None
        if service is None:
            # Deployed anew since it was listed: it has the same name and secrets, and another ARN.
            service = self._api.find(self._ref.name)
        if service is None:
            return None, []
        if not tags.belongs(self._api.tags(service.arn), self._ref.agent, self._ref.environment):
            return None, [f"the service {service.name}: it does not carry this deployment's tags"]
        return service, []

    def _foreign(self) -> list[str]:
        return [f"the secret {name}: it was not made by us" for name in self._secrets.foreign()]

    def _arn(self, service: Service | None) -> str:
        return service.arn if service is not None else self._ref.service_id

    def _groups(self, arn: str) -> list[str]:
        found: list[str] = []
        for kind in _LOGS if arn else ():
            group = log_group(arn, kind)
            listed = self._aws.pages(
                "logs",
                "describe_log_groups",
                "look for the service's logs",
                "logGroups",
                cursor="nextToken",
                logGroupNamePrefix=group,
            )
            found += [group for each in listed if each["logGroupName"] == group]
        return found


def _scaling(arn: str) -> str:
    return f"the autoscaling configuration {arn.partition('autoscalingconfiguration/')[2]}"

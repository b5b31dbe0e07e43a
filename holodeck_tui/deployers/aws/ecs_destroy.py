"""Removing an Express service and all that was made for it, and nothing else."""

from __future__ import annotations

from holodeck_tui.core.cancel import Deadline
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import ServiceRef
from holodeck_tui.deployers.aws import tags
from holodeck_tui.deployers.aws.client import Aws, persist
from holodeck_tui.deployers.aws.ecs_api import CLUSTER, ECS, Ecs, Live
from holodeck_tui.deployers.aws.ecs_logs import group_names
from holodeck_tui.deployers.aws.ecs_phases import Pace
from holodeck_tui.deployers.aws.ecs_secrets import open_store
from holodeck_tui.deployers.aws.ecs_watch import Watch
from holodeck_tui.deployers.aws.errors import AwsError
from holodeck_tui.deployers.base import Destruction


class Removal:
    """Of one deployment: first what is seen, then what is done, in the same words."""

    def __init__(self, aws: Aws, ref: ServiceRef, ctx: Context, pace: Pace) -> None:
        self._aws = aws
        self._ref = ref
        self._ctx = ctx
        self._pace = pace
        self._ecs = Ecs(aws)
        self._watch = Watch(self._ecs, ctx, pace)
        self._secrets = open_store(aws, ref.name, ref.agent, ref.environment)

    def plan(self) -> Destruction:
        """What :meth:`run` would do."""
        live, stays = self._service()
        goes = _phrases(live)
        goes += [f"the secret {name}" for name, _ in self._secrets.owned()]
        goes += [f"the log group {group}" for group in self._groups(stays)]
        return Destruction(self._ref, tuple(goes), (*stays, *self._foreign(), *_others(live)))

    def run(self) -> Destruction:
        """Service first: its tasks read the secrets and write the log until they are gone."""
        live, stays = self._service()
        groups = self._groups(stays)
        if live is not None:
            self._delete(live)
        goes = _phrases(live)
        foreign = self._foreign()
        goes += [f"the secret {name}" for name in self._secrets.delete()]
        for group in groups:
            try:
                self._aws.change(
                    "logs", "delete_log_group", f"delete the log group {group}", logGroupName=group
                )
            except AwsError as error:
                if error.kind != "gone":
                    raise
            goes.append(f"the log group {group}")
        return Destruction(self._ref, tuple(goes), (*stays, *foreign, *_others(live)))

    def leftovers(self) -> bool:
        """Whether secrets of a service that is not there are; what may not be looked at does not count."""
        try:
            return bool(self._secrets.owned())
        except AwsError as error:
            if error.kind == "permission":
                return False
            raise

    def _service(self) -> tuple[Live | None, tuple[str, ...]]:
        live = self._watch.ask(lambda: self._ecs.find(self._ref.name), "ECS to answer")
        if live is None or live.status == "INACTIVE":
            return None, ()
        if not tags.belongs(live.tags, self._ref.agent, self._ref.environment):
            return None, (f"the service {live.name}: it does not carry this deployment's tags",)
        return live, ()

    def _delete(self, live: Live) -> None:
        deadline = Deadline(self._pace.accept, f"ECS to remove {live.name}")
        doing = f"remove the service {live.name}"

        def delete() -> None:
            try:
                self._aws.change(ECS, "delete_express_gateway_service", doing, serviceArn=live.arn)
            except AwsError as error:
                # Somebody was quicker, or an answer of ours was lost.
                if error.kind != "gone":
                    raise

        if live.status != "DRAINING":
            persist(
                delete,
                self._ctx,
                deadline,
                again=lambda error: error.transient or error.kind == "busy",
                pause=self._pace.poll,
            )
        try:
            self._watch.vanish(live)
        except DeploymentError as error:
            if error.code != "timeout":
                raise
            raise DeploymentError(
                "destroy-failed",
                f"{live.name} is still being removed.",
                reason=error.reason,
                remedy="holodeck-deploy-tui destroy --yes",
                details=["Its secrets and its log are still there."],
            ) from error

    def _groups(self, stays: tuple[str, ...]) -> list[str]:
        """None where the service of that name is somebody else's."""
        return [] if stays else [name for name, _ in group_names(self._aws, self._ref.name, CLUSTER)]

    def _foreign(self) -> tuple[str, ...]:
        return tuple(f"the secret {name}: it was not made by us" for name in self._secrets.foreign())


def _phrases(live: Live | None) -> list[str]:
    if live is None:
        return []
    return [f"the service {live.name} ({live.arn}) with its load balancer rules, network and scaling"]


def _others(live: Live | None) -> tuple[str, ...]:
    return (f"the cluster {live.cluster} and the roles: others may use them",) if live is not None else ()

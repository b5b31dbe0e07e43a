"""Create or update, never a duplicate: whatever was lost on the way is looked for before it is done again."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, TypeVar

from holodeck_tui.core.cancel import Deadline
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.aws import tags
from holodeck_tui.deployers.aws.client import Answer, Aws, Patience
from holodeck_tui.deployers.aws.ecs_api import CLUSTER, ECS, Ecs, Live, Rollout, configuration, serving
from holodeck_tui.deployers.aws.ecs_earlier import configuration_of
from holodeck_tui.deployers.aws.ecs_phases import Pace
from holodeck_tui.deployers.aws.ecs_template import same
from holodeck_tui.deployers.aws.ecs_watch import Watch
from holodeck_tui.deployers.aws.errors import CELLS, AwsError

T = TypeVar("T")

# One try: what changes something is looked for before it is tried again, which botocore cannot do.
ONCE = Patience(connect=5.0, read=60.0, attempts=1)

# "Creation of service was not idempotent.": another call (or a lost one of ours) made it.
_THERE = re.compile(r"not idempotent|already exists", re.IGNORECASE)
_IN_PROGRESS = re.compile(r"in progress|in-progress|draining", re.IGNORECASE)
# ECS lists a deployment soon after it began, and forgets it after 90 days.
_FORGOTTEN = timedelta(days=80)


@dataclass(frozen=True)
class Wish:
    """What shall be there. ``body`` is what create and update share; ``patience`` is health's timeout."""

    name: str
    body: Mapping[str, Any]
    infrastructure_role: str
    tags: Mapping[str, str]
    agent: str
    environment: str | None
    patience: float


@dataclass(frozen=True)
class Delivered:
    """The service and ARN of the revision that serves now; ``changed``: it was not there before."""

    live: Live
    revision: str | None
    changed: bool


@dataclass(frozen=True)
class _Seen:
    live: Live
    express: Answer
    rollouts: list[Rollout]


class Delivery:
    """Brings one wish about."""

    def __init__(self, aws: Aws, ctx: Context, pace: Pace) -> None:
        self._ecs = Ecs(aws)
        self._changing = Aws(aws.region, ctx, ONCE)
        self._ctx = ctx
        self._pace = pace
        self._watch = Watch(self._ecs, ctx, pace)

    def bring(self, wish: Wish) -> Delivered:
        """Raises ``unhealthy`` and its kin, ``busy``, ``timeout``, and what AWS says."""
        live, revision, changed = self._begin(wish)
        if not changed:
            self._retag(live, wish.tags)
            return Delivered(live, revision, changed=False)
        rollout = self._watch.appear(live, revision)
        self._watch.follow(live, rollout, patience=wish.patience)
        self._retag(live, wish.tags)
        return Delivered(live, rollout.revision, changed=True)

    def _begin(self, wish: Wish) -> tuple[Live, str | None, bool]:
        """Until ECS has taken it: the service, the revision where it is known, whether anything is new."""
        deadline: Deadline | None = None
        pause = self._pace.poll
        while True:
            seen = self._settled(wish)
            if seen is not None:
                known = self._known(seen, wish)
                if known is not None:
                    return seen.live, *known
            try:
                return self._create(wish) if seen is None else self._update(seen, wish)
            except AwsError as error:
                deadline = deadline or Deadline(self._pace.accept, f"ECS to take {wish.name}")
                self._ready_again(error)
                if not _again(error) or deadline.left <= pause:
                    raise
                self._ctx.log("run", [f"{error}; looking again"], detail=True)
            self._ctx.cancel.sleep(pause)
            pause = min(self._pace.poll_most, pause * 2)

    def _settled(self, wish: Wish) -> _Seen | None:
        """The service when nothing but this very wish is on its way to it; None where it must be made."""
        deadline = Deadline(self._pace.appear, f"ECS to agree with itself about {wish.name}")
        while True:
            live = self._ask(lambda: self._ecs.find(wish.name))
            if live is None or live.status == "INACTIVE":
                return None
            if not tags.belongs(live.tags, wish.agent, wish.environment):
                raise _not_ours(wish.name)
            if live.status == "DRAINING":
                self._ctx.log("run", [f"{wish.name} is being removed; its name is free when that is done"])
                self._watch.vanish(live)
                return None
            seen = self._look(live)
            if seen is None:
                deadline.check(remedy="holodeck-deploy-tui status")
                self._ctx.cancel.sleep(self._pace.poll)
                continue
            busy = next((each for each in seen.rollouts if each.running), None)
            if busy is None or self._is_wish(busy.revision, seen.express, wish):
                return seen
            self._watch.settle(live, busy)

    def _look(self, live: Live) -> _Seen | None:
        """None where one call shows the service and the other does not yet, or no longer."""
        express = self._ask(lambda: self._ecs.express(live.arn))
        if express is None:
            return None
        return _Seen(live, express, self._ask(lambda: self._ecs.rollouts(live.arn, live.cluster)))

    def _known(self, seen: _Seen, wish: Wish) -> tuple[str | None, bool] | None:
        """What serves, or is on its way, when it is what is wished."""
        role = seen.express.get("infrastructureRoleArn")
        if role and role != wish.infrastructure_role:
            raise _other_role(wish.name, str(role))
        busy = next((each for each in seen.rollouts if each.running), None)
        if busy is not None:
            self._ctx.log("run", [f"a deployment of the same is on its way to {wish.name}: it is taken up"])
            return busy.revision, True
        if not seen.rollouts and _is_young(seen.live):
            # Made a moment ago: its first deployment is not listed yet.
            return None, True
        revision = serving(seen.express, seen.rollouts)
        if revision is None or not self._is_wish(revision, seen.express, wish):
            return None
        return revision, False

    def _is_wish(self, revision: str, express: Answer, wish: Wish) -> bool:
        live = configuration(express, revision)
        if live is None:
            live = self._ask(lambda: configuration_of(self._ecs, revision))
        if live is None:
            return False
        # A task definition knows no scaling, and going back leaves it as it is.
        scaling = live.get("scalingTarget", wish.body.get("scalingTarget"))
        return same({**live, "scalingTarget": scaling if "scalingTarget" in wish.body else None}, wish.body)

    def _create(self, wish: Wish) -> tuple[Live, str | None, bool]:
        answer = self._changing.change(
            ECS,
            "create_express_gateway_service",
            f"create the service {wish.name}",
            serviceName=wish.name,
            cluster=CLUSTER,
            infrastructureRoleArn=wish.infrastructure_role,
            tags=tags.as_list(wish.tags, "key", "value"),
            **wish.body,
        )["service"]
        live = Live(
            arn=str(answer["serviceArn"]),
            name=wish.name,
            status="ACTIVE",
            tags=dict(wish.tags),
            running=0,
            desired=0,
            created_at=answer.get("createdAt"),
        )
        active = answer.get("activeConfigurations") or [{}]
        return live, active[0].get("serviceRevisionArn"), True

    def _update(self, seen: _Seen, wish: Wish) -> tuple[Live, str | None, bool]:
        answer = self._changing.change(
            ECS,
            "update_express_gateway_service",
            f"update the service {wish.name}",
            serviceArn=seen.live.arn,
            **wish.body,
        )["service"]
        target = answer.get("targetConfiguration") or {}
        return seen.live, target.get("serviceRevisionArn"), True

    def _ready_again(self, error: AwsError) -> None:
        """A fresh region has no default cluster, and the console is not needed to make it."""
        if error.vendor_code != "ClusterNotFoundException":
            return
        self._ctx.log("run", [f"{self._ecs.aws.region} has no cluster {CLUSTER} yet: making it"])
        self._ask(
            lambda: self._ecs.aws.change(
                ECS, "create_cluster", f"make the cluster {CLUSTER}", clusterName=CLUSTER
            )
        )

    def _retag(self, live: Live, wanted: Mapping[str, str]) -> None:
        """An update takes no tags."""
        new = {name: value for name, value in wanted.items() if live.tags.get(name) != value}
        if new:
            self._ask(
                lambda: self._ecs.aws.change(
                    ECS,
                    "tag_resource",
                    f"tag the service {live.name}",
                    resourceArn=live.arn,
                    tags=tags.as_list(new, "key", "value"),
                )
            )

    def _ask(self, call: Callable[[], T]) -> T:
        return self._watch.ask(call, "ECS to answer")


def _again(error: AwsError) -> bool:
    return (
        error.transient
        or error.kind in {"assume-role", "gone", "busy"}
        or (
            error.kind == "refused" and bool(_THERE.search(error.reason) or _IN_PROGRESS.search(error.reason))
        )
    )


def _is_young(live: Live) -> bool:
    return live.created_at is None or datetime.now(timezone.utc) - live.created_at < _FORGOTTEN


def _not_ours(name: str) -> AwsError:
    return AwsError(
        "exists",
        CELLS["exists"],
        f"The service {name} is not touched.",
        reason="it is in ECS already and does not carry this deployment's tags",
    )


def _other_role(name: str, role: str) -> DeploymentError:
    return DeploymentError(
        "config-invalid",
        f"The infrastructure role of {name} cannot be changed.",
        reason=f"ECS keeps the one that a service was made with, {role}",
        remedy=f"Write in deploy.yaml: aws: {{infrastructure_role_arn: {role}}}  (or destroy, then deploy)",
    )

"""Waiting for ECS: each phase of a deployment told and timed by itself, whatever the network does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from holodeck_tui.core.cancel import Deadline
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.deployers.aws.client import Answer, persist
from holodeck_tui.deployers.aws.ecs_api import Ecs, Live, Rollout, serving, short
from holodeck_tui.deployers.aws.ecs_failure import explain
from holodeck_tui.deployers.aws.ecs_phases import WORDS, Pace, phase_of, tell

T = TypeVar("T")


class Watch:
    """Looks at one region's services until something is so. ``pace`` says how long and how often."""

    def __init__(self, ecs: Ecs, ctx: Context, pace: Pace) -> None:
        self._ecs = ecs
        self._ctx = ctx
        self._pace = pace

    def ask(self, call: Callable[[], T], what: str) -> T:
        """A question that throttling, faults and lost connections do not end at once."""
        deadline = Deadline(self._pace.accept, what)
        return persist(
            call, self._ctx, deadline, pause=self._pace.poll, longest=self._pace.poll_most, told="never"
        )

    def appear(self, live: Live, revision: str | None) -> Rollout:
        """The deployment that brings ``revision`` (None: the newest), once ECS shows it."""
        what = f"ECS to begin the deployment of {live.name}"
        deadline = Deadline(self._pace.appear, what)
        self._ctx.wait_for("run", what, self._pace.appear)
        pause = self._pace.poll
        while True:
            found = self.ask(lambda: self._ecs.rollouts(live.arn, live.cluster), what)
            for each in found:
                if revision is None or each.revision == revision:
                    return each
            deadline.check(remedy="holodeck-deploy-tui status")
            pause = self._sleep(pause)

    def follow(self, live: Live, rollout: Rollout, *, patience: float = 0.0) -> None:
        """Until the deployment is over. ``patience`` is added to the time that new tasks have to start.

        Raises ``unhealthy``, ``image-pull``, ``permission-denied`` with the last lines, ``timeout``;
        Cancelled names what goes on in AWS.
        """
        try:
            self._follow(live, rollout, patience)
        except Cancelled as error:
            goes_on = (
                f"ECS goes on with deployment {short(rollout.arn)} of {live.name}; a new deploy takes it up.",
                f"To stop it: {stop_command(rollout.arn)}",
            )
            raise Cancelled((*error.details, *goes_on)) from error

    def settle(self, live: Live, rollout: Rollout) -> None:
        """Until somebody else's deployment is over, whichever way. Raises ``busy`` that names it."""
        what = (
            f"the deployment {short(rollout.arn)} of {live.name}, begun "
            f"{rollout.created_at:%Y-%m-%d %H:%M:%S} UTC by another run"
        )
        deadline = Deadline(self._pace.busy, what)
        self._ctx.log("run", [f"{live.name} is busy: waiting for {what}"])
        self._ctx.wait_for("run", what, self._pace.busy)
        pause = self._pace.poll
        while True:
            raw = self.ask(lambda: self._ecs.rollout(rollout.arn), what)
            if raw is None or phase_of(raw) in {"done", "failed"}:
                return
            deadline.check(code="busy", remedy=stop_command(rollout.arn))
            pause = self._sleep(pause)

    def vanish(self, live: Live) -> None:
        """Until a service that drains is INACTIVE or gone: then its name is free again."""
        what = f"{live.name} to be removed"
        deadline = Deadline(self._pace.remove, what)
        self._ctx.wait_for("run", what, self._pace.remove)
        pause = self._pace.poll
        while True:
            found = self.ask(lambda: self._ecs.find(live.name, live.cluster), what)
            if found is None or found.status == "INACTIVE":
                return
            deadline.check(
                remedy=f"aws ecs describe-services --cluster {live.cluster} --services {live.name}"
            )
            pause = self._sleep(pause)

    def _follow(self, live: Live, rollout: Rollout, patience: float) -> None:
        phase, pause = "", self._pace.poll
        deadline = Deadline(self._pace.start + patience, WORDS["start"])
        raw: Answer = {"serviceDeploymentArn": rollout.arn, "status": rollout.status}
        while True:
            seen = self.ask(lambda: self._ecs.rollout(rollout.arn), f"the deployment of {live.name}")
            raw = raw if seen is None else seen
            now = phase_of(raw)
            if now != phase:
                phase, pause = now, self._pace.poll
                self._ctx.log("run", [tell(raw, now)])
                if now == "done":
                    return
                if now == "failed":
                    raise self._failed(live, rollout, raw)
                seconds = float(getattr(self._pace, now)) + (patience if now == "start" else 0.0)
                deadline = Deadline(seconds, f"{WORDS[now]} ({live.name})")
                self._ctx.wait_for("run", WORDS[now], seconds)
            elif deadline.left <= 0:
                if now != "drain":
                    raise self._late(live, rollout, raw, deadline)
                self._ctx.warn(
                    f"Gave up waiting for {deadline.what}: the new revision has all traffic already."
                )
                return
            pause = self._sleep(pause)

    def _failed(self, live: Live, rollout: Rollout, raw: Mapping[str, Any]) -> DeploymentError:
        return explain(self._ecs.aws, live, raw, serves=self._serves(live, rollout))

    def _late(
        self, live: Live, rollout: Rollout, raw: Mapping[str, Any], deadline: Deadline
    ) -> DeploymentError:
        reason = f"gave up waiting for {deadline.what} after {deadline.seconds:g} s"
        if phase_of(raw) == "start":
            return explain(self._ecs.aws, live, raw, late=reason, serves=self._serves(live, rollout))
        return DeploymentError(
            "timeout",
            f"The deployment of {live.name} did not come to its end.",
            reason=reason,
            remedy=stop_command(rollout.arn),
            details=[tell(raw, phase_of(raw)), "ECS goes on with it; the next deploy takes it up."],
        )

    def _serves(self, live: Live, rollout: Rollout) -> str | None:
        """The revision before, where one has the traffic."""
        found = self.ask(lambda: self._ecs.rollouts(live.arn, live.cluster), "what serves")
        express = self.ask(lambda: self._ecs.express(live.arn), "what serves") or {}
        return serving(express, found)

    def _sleep(self, pause: float) -> float:
        self._ctx.cancel.sleep(pause)
        return min(self._pace.poll_most, pause * 1.5)


def stop_command(arn: str) -> str:
    """What ends a deployment and goes back; the region stands in the ARN."""
    region = arn.split(":")[3] if arn.count(":") >= 5 else "REGION"
    words = f"aws ecs stop-service-deployment --region {region} --stop-type ROLLBACK"
    return f"{words} --service-deployment-arn {arn}"

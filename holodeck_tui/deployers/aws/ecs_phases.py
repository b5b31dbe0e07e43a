"""How far a service deployment has come: Express sends 5 % first, bakes it, then all, then drains the old."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Phase = Literal["start", "canary", "full", "drain", "rollback", "failed", "done"]

# ServiceDeploymentLifecycleStage: nobody is sent to the new tasks before these are over.
_BEFORE = frozenset(
    {
        "RECONCILE_SERVICE",
        "PRE_SCALE_UP",
        "SCALE_UP",
        "POST_SCALE_UP",
        "TEST_TRAFFIC_SHIFT",
        "POST_TEST_TRAFFIC_SHIFT",
    }
)
_BY_STAGE: Mapping[str, Phase] = {
    "PRE_PRODUCTION_TRAFFIC_SHIFT": "canary",
    "PRODUCTION_TRAFFIC_SHIFT": "canary",
    "POST_PRODUCTION_TRAFFIC_SHIFT": "full",
    "BAKE_TIME": "full",
}
_OVER: Mapping[str, Phase] = {
    "SUCCESSFUL": "done",
    "STOPPED": "failed",
    "ROLLBACK_SUCCESSFUL": "failed",
    "ROLLBACK_FAILED": "failed",
    "STOP_REQUESTED": "rollback",
    "ROLLBACK_REQUESTED": "rollback",
    "ROLLBACK_IN_PROGRESS": "rollback",
}
WORDS: Mapping[Phase, str] = {
    "start": "the new tasks to start and become healthy",
    "canary": "the canary: a part of the traffic goes to the new tasks",
    "full": "100 %: all traffic goes to the new tasks, the old ones stand by",
    "drain": "the old tasks to drain",
    "rollback": "the way back to the old tasks",
}


@dataclass(frozen=True)
class Pace:
    """Seconds: what each wait may take, and how often ECS is asked (``poll`` grows to ``poll_most``).

    Baking takes ECS about six minutes; making the first load balancer about five.
    """

    appear: float = 180.0
    start: float = 900.0
    canary: float = 1200.0
    full: float = 1200.0
    drain: float = 900.0
    rollback: float = 900.0
    remove: float = 1800.0
    busy: float = 1800.0
    accept: float = 240.0
    poll: float = 0.5
    poll_most: float = 5.0


def phase_of(deployment: Mapping[str, Any]) -> Phase:
    """The phase of an answer of DescribeServiceDeployments."""
    over = _OVER.get(str(deployment.get("status")))
    if over is not None:
        return over
    stage = str(deployment.get("lifecycleStage") or "")
    if stage == "CLEAN_UP":
        return "drain"
    if stage in _BEFORE:
        return "start"
    target = deployment.get("targetServiceRevision") or {}
    weight = target.get("requestedProductionTrafficWeight")
    if weight is None:
        return _BY_STAGE.get(stage, "start")
    # The first revision of all has the whole weight before a single task of it runs.
    if not weight or not (stage or target.get("runningTaskCount")):
        return "start"
    return "canary" if float(weight) < 100 else "full"


def tell(deployment: Mapping[str, Any], phase: Phase) -> str:
    """One line about it: the share of the traffic, and the tasks."""
    target = deployment.get("targetServiceRevision") or {}
    running, wanted = target.get("runningTaskCount", 0), target.get("requestedTaskCount", 0)
    weight = float(target.get("requestedProductionTrafficWeight") or 0)
    text = {
        "start": f"new tasks start: {running} of {wanted} run",
        "canary": f"canary: {weight:g} % of the traffic goes to the new tasks",
        "full": "100 %: all traffic goes to the new tasks; the old ones stand by",
        "drain": f"the old tasks drain: {_old(deployment)} still run",
        "rollback": "the new revision failed: ECS goes back to the old one",
        "failed": "the new revision failed",
        "done": "the old tasks are drained; the new revision has 100 %",
    }[phase]
    reason = deployment.get("statusReason")
    return f"{text} ({reason})" if reason and phase in {"rollback", "failed"} else text


def why(deployment: Mapping[str, Any]) -> str:
    """Why ECS gave it up: its own reason, the rollback's, the alarms that went off."""
    rollback = deployment.get("rollback") or {}
    alarms = (deployment.get("alarms") or {}).get("triggeredAlarmNames") or ()
    parts = [str(deployment.get("statusReason") or ""), str(rollback.get("reason") or "")]
    if alarms:
        parts.append(f"alarm {', '.join(map(str, alarms))}")
    return "; ".join(dict.fromkeys(filter(None, parts)))


def _old(deployment: Mapping[str, Any]) -> int:
    target = (deployment.get("targetServiceRevision") or {}).get("arn")
    sources = deployment.get("sourceServiceRevisions") or ()
    return sum(int(each.get("runningTaskCount") or 0) for each in sources if each.get("arn") != target)

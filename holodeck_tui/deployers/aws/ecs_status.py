"""One of eight words for an Express service: ACTIVE says nothing, its deployments and tasks do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from holodeck_tui.core.values import State
from holodeck_tui.deployers.aws.ecs_api import Live, Rollout, serving, short
from holodeck_tui.deployers.aws.ecs_phases import phase_of, tell, why

# A deployment is listed some moments after its service.
_NEW = timedelta(minutes=10)


def judge(
    live: Live,
    express: Mapping[str, Any],
    rollouts: Sequence[Rollout],
    newest: Mapping[str, Any] | None,
    moment: datetime,
) -> tuple[State, str]:
    """``newest`` is all of the newest deployment, where it did not succeed; ``moment`` is now."""
    if live.status == "INACTIVE":
        return "missing", "it was removed"
    if live.status == "DRAINING":
        return "stopped", "it is being removed"
    active = serving(express, rollouts)
    last = rollouts[0] if rollouts else None
    if last is None and live.running == 0 and live.created_at and moment - live.created_at < _NEW:
        return "deploying", "its first deployment begins"
    if last is None or last.succeeded:
        return _tasks(live)
    raw = newest or {"status": last.status, "statusReason": last.reason}
    phase = phase_of(raw)
    if phase not in {"failed", "rollback"}:
        return "deploying", tell(raw, phase)
    reason = why(raw) or f"ECS says {last.status}"
    new = short(last.revision)
    if active is None or live.running == 0:
        return "failed", f"revision {new} did not come up: {reason}"
    if last.status == "ROLLBACK_FAILED":
        return "failed", f"revision {new} failed, and so did the way back: {reason}"
    return "degraded", f"revision {new} did not come up ({reason}); {short(active)} still serves"


def _tasks(live: Live) -> tuple[State, str]:
    if live.desired == 0:
        return "stopped", "it is scaled to no task"
    if live.running == 0:
        return "unhealthy", f"none of its {live.desired} tasks runs"
    if live.running < live.desired:
        return "degraded", f"{live.running} of {live.desired} tasks run"
    return "healthy", f"{live.running} of {live.desired} tasks run"

"""How an app is, judged by its revisions: Azure says "Succeeded" of an app whose container crashes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from holodeck_tui.core.values import State

if TYPE_CHECKING:
    from azure.mgmt.appcontainers.models import ContainerApp, Revision, RevisionProperties

Condition = Literal["up", "starting", "unhealthy", "failed", "off"]


@dataclass(frozen=True)
class View:
    """One revision in words of our own. ``reason`` is Azure's. ``ended``: it will not come up."""

    name: str
    condition: Condition
    ended: bool
    reason: str
    words: str
    weight: int
    image: str | None
    created_at: datetime | None


@dataclass(frozen=True)
class Judgement:
    """The state, a phrase about it, and the revision that serves (None: none does)."""

    state: State
    detail: str
    serving: str | None


def low(word: object) -> str:
    """Azure's words, whatever their case: the same value comes as ``auto`` and as ``Auto``."""
    return str(getattr(word, "value", word) or "").lower()


def view_of(revision: Revision) -> View:
    """How a revision is, by its health first."""
    facts = revision.properties
    assert facts is not None
    health, running = low(facts.health_state), low(facts.running_state)
    provisioning = low(facts.provisioning_state)
    containers = (facts.template.containers if facts.template else None) or []
    condition, ended = _condition(
        health, running, provisioning, active=bool(facts.active), error=bool(facts.provisioning_error)
    )
    if (
        condition == "starting"
        and provisioning == "provisioned"
        and running != "processing"
        and _at_zero(facts)
    ):
        condition = "up"
    return View(
        name=revision.name or "",
        condition=condition,
        ended=ended,
        reason=facts.provisioning_error or "",
        words=f"{running or 'unknown'}, health {health or 'none'}",
        weight=facts.traffic_weight or 0,
        image=containers[0].image if containers else None,
        created_at=facts.created_time,
    )


def _at_zero(facts: RevisionProperties) -> bool:
    """Without requests there is no replica where the least number is 0, and so no health either."""
    scale = facts.template.scale if facts.template else None
    return not facts.replicas and not (scale.min_replicas if scale else 0)


def _condition(
    health: str, running: str, provisioning: str, *, active: bool, error: bool
) -> tuple[Condition, bool]:
    if not active or provisioning in {"deprovisioning", "deprovisioned"}:
        return "off", True
    if provisioning == "failed" or running in {"failed", "activationfailed"} or error:
        return "failed", True
    if health == "unhealthy":
        # While it starts, it has not answered yet; afterwards it is what it says.
        return "unhealthy", running in {"degraded", "stopped"}
    if running == "stopped":
        return "off", True
    if provisioning == "provisioning" or running == "processing":
        return "starting", False
    if health == "healthy" or running == "scaledtozero":
        return "up", False
    return "starting", False


def judge(app: ContainerApp, views: Sequence[View]) -> Judgement:
    """The contract's word for the whole app. ``views`` newest first."""
    facts = app.properties
    assert facts is not None
    provisioning, running = low(facts.provisioning_state), low(facts.running_status)
    newest = next((view for view in views if view.name == facts.latest_revision_name), None)
    serving = _serving(views, newest, facts.latest_ready_revision_name)
    name = serving.name if serving else None
    if provisioning == "deleting":
        return Judgement("deploying", "it is being deleted", name)
    if provisioning == "inprogress":
        return Judgement("deploying", "an operation is running", name)
    if running in {"stopped", "suspended"}:
        return Judgement("stopped", "it is stopped", None)
    if provisioning in {"failed", "canceled"}:
        return _failed(
            f"the last operation {'failed' if provisioning == 'failed' else 'was cancelled'}", serving
        )
    if newest is None:
        return Judgement("unknown", "Azure lists no revision of it", name)
    return _by_newest(newest, serving)


def _by_newest(newest: View, serving: View | None) -> Judgement:
    name = serving.name if serving else None
    if newest.condition == "up":
        return Judgement("healthy", newest.words, name or newest.name)
    if newest.condition == "starting":
        return Judgement("deploying", f"{newest.name} is starting ({newest.words})", name)
    if newest.condition == "off":
        if serving is not None:
            return Judgement("healthy", f"{serving.name}: {serving.words}", serving.name)
        return Judgement("stopped", f"{newest.name} is not active", None)
    why = f"{newest.name}: {newest.reason or newest.words}"
    if serving is not None and serving.name != newest.name:
        return Judgement("degraded", f"{why}; {serving.name} still serves", serving.name)
    return Judgement("failed" if newest.condition == "failed" else "unhealthy", why, None)


def _failed(why: str, serving: View | None) -> Judgement:
    if serving is None:
        return Judgement("failed", why, None)
    return Judgement("degraded", f"{why}; {serving.name} still serves", serving.name)


def _serving(views: Sequence[View], newest: View | None, ready: str | None) -> View | None:
    """Who answers. With a failing newest one, Azure leaves the traffic with the one that was ready last."""
    up = [view for view in views if view.condition == "up"]
    carrying = [view for view in up if view.weight > 0]
    if newest is not None and newest in carrying:
        return max(carrying, key=lambda view: (view.weight, view is newest))
    if carrying:
        return max(carrying, key=lambda view: view.weight)
    return next((view for view in up if view.name == ready), up[0] if up else None)


def coarse(app: ContainerApp) -> tuple[State | None, str]:
    """What a listing tells without asking for revisions; None where it cannot tell."""
    facts = app.properties
    assert facts is not None
    provisioning, running = low(facts.provisioning_state), low(facts.running_status)
    if provisioning in {"inprogress", "deleting"}:
        return "deploying", "an operation is running"
    if running in {"stopped", "suspended"}:
        return "stopped", "it is stopped"
    if provisioning in {"failed", "canceled"}:
        ready = facts.latest_ready_revision_name
        return (
            ("degraded", f"the last operation failed; {ready} was ready")
            if ready
            else ("failed", "it failed")
        )
    latest, ready = facts.latest_revision_name, facts.latest_ready_revision_name
    if ready and latest and ready != latest:
        return None, f"{latest} is not ready; {ready} was"
    return None, "Azure's listing does not say how the revision is"

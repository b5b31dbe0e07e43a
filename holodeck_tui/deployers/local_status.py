"""The judged state of a service on this machine: what its runtime says, and what the agent says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone

from holodeck_tui.core.context import Context
from holodeck_tui.core.probe import Probe, probe
from holodeck_tui.core.values import Heard, ServiceRef, State, Status
from holodeck_tui.deployers.local_names import short
from holodeck_tui.deployers.local_values import Unit, View

# A container that was started again this often without becoming healthy is going round in circles.
_CIRCLES = 2


def now() -> datetime:
    """The time, aware."""
    return datetime.now(timezone.utc)


def reference(view: View) -> ServiceRef:
    """How the rest of the tool names this service. A process's id says that it is one."""
    identity = view.service if view.runtime == "docker" else f"process:{view.service}"
    return ServiceRef("local", identity, view.service, "local", view.agent, view.environment)


def judge(view: View, ctx: Context, *, clock: Callable[[], datetime] = now) -> Status:
    """Ask the agent through its stable address, where its revision runs at all, and judge."""
    active = view.active
    facts = active.facts if active else None
    answer: Probe | None = None
    if active is None:
        state, detail = _without_active(view, clock())
    elif (known := _unasked(view, active)) is not None:
        state, detail = known
    else:
        assert view.url is not None
        answer = probe(
            view.url,
            ctx,
            path=facts.health_path if facts else "/health",
            ready=facts.ready_path if facts else "/ready",
        )
        state, detail = _of_answer(active, answer, clock())
    return Status(
        ref=reference(view),
        state=state,
        detail=ctx.redactor.clean(detail),
        url=view.url,
        image_uri=facts.image_uri if facts else None,
        revision=short(view.service, active.name) if active else None,
        created_at=active.created_at if active else None,
        checked_at=clock(),
        heard=Heard(answer.beat if answer else None),
    )


def missing(ref: ServiceRef, *, clock: Callable[[], datetime] = now) -> Status:
    """Nothing of it is there."""
    return Status(ref, "missing", "nothing of it is on this machine", checked_at=clock())


def _without_active(view: View, moment: datetime) -> tuple[State, str]:
    for unit in view.strays:
        if unit.phase == "running" and _young(unit, moment):
            return "deploying", f"{short(view.service, unit.name)} is starting; nothing serves yet"
    return "failed", "a deploy was interrupted before anything served; deploy again"


def _unasked(view: View, unit: Unit) -> tuple[State, str] | None:
    """What is known without a question; None: the agent has to say."""
    note = _note(unit)
    code = "" if unit.exit_code is None else f" with exit code {unit.exit_code}"
    if unit.phase == "stopped":
        return "stopped", f"it is paused{note}"
    if unit.phase == "created":
        return "failed", f"it was never started{note}"
    if unit.phase == "ended":
        return "failed", f"it ended{code}{note}"
    if unit.phase == "restarting":
        return "failed", f"it keeps ending{code}, {_times(unit.restarts)}{note}"
    if view.front != "up" or view.url is None:
        return "unhealthy", "it runs, but what holds its stable port does not; deploy again"
    return None


def _note(unit: Unit) -> str:
    return f" ({unit.note})" if unit.note else ""


def _of_answer(unit: Unit, result: Probe, moment: datetime) -> tuple[State, str]:
    note = _note(unit)
    if result.outcome in {"healthy", "degraded"}:
        again = f"; {_times(unit.restarts)}" if unit.restarts else ""
        return ("healthy" if result.healthy else "degraded"), f"{result.detail}{again}"
    if unit.restarts >= _CIRCLES:
        return "failed", f"it keeps ending, {_times(unit.restarts)}; {result.detail}{note}"
    if not unit.restarts and _young(unit, moment):
        assert unit.started_at is not None
        seconds = (moment - unit.started_at).total_seconds()
        return "deploying", f"started {max(0, seconds):.0f} s ago; {result.detail}"
    return "unhealthy", f"{result.detail}{note}"


def _young(unit: Unit, moment: datetime) -> bool:
    if unit.started_at is None:
        return False
    timeout = unit.facts.timeout if unit.facts else 180.0
    return (moment - unit.started_at).total_seconds() < timeout


def _times(restarts: int) -> str:
    return "restarted once" if restarts == 1 else f"restarted {restarts} times"

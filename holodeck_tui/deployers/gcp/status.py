"""How a service is, by its newest revision and what serves: never by "there is one" alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from holodeck_tui.core.context import Context
from holodeck_tui.core.values import ServiceRef, State, Status
from holodeck_tui.deployers.gcp.changes import traffic
from holodeck_tui.deployers.gcp.names import (
    AGENT_NOTE,
    ENVIRONMENT_NOTE,
    MANAGED_BY,
    OURS,
    place_of_name,
    short,
)

if TYPE_CHECKING:
    from google.cloud.run_v2 import Condition, Service


def now() -> datetime:
    """The time, aware."""
    return datetime.now(timezone.utc)


def bare(service: Service) -> Service:
    """The message below the SDK's object: its texts, numbers and maps read the same, and ten times as fast.

    Enums are numbers there and times are protobuf's own: read those from the object.
    """
    message: Service = type(service).pb(service)
    return message


def is_ours(service: Service) -> bool:
    """Whether this tool made it."""
    return bare(service).labels.get(MANAGED_BY) == OURS


def reference(service: Service, ctx: Context) -> ServiceRef:
    """How the rest of the tool names it; agent and environment as they were written."""
    service = bare(service)
    place = place_of_name(service.name)
    notes, labels = service.annotations, service.labels
    agent = notes.get(AGENT_NOTE) or labels.get("holodeck-agent") or short(service.name)
    environment = notes.get(ENVIRONMENT_NOTE) or labels.get("holodeck-environment") or None
    return ServiceRef(
        "gcp",
        service.name,
        short(service.name),
        place.scope,
        ctx.redactor.clean(agent),
        None if environment is None else ctx.redactor.clean(environment),
    )


def judge(service: Service, ctx: Context, *, clock: Callable[[], datetime] = now) -> Status:
    """The judged state. All of it stands in the service, so a listing tells as much as asking one by one."""
    state, detail = judged(service)
    serving = serving_revision(service)
    plain = bare(service)
    latest = short(plain.latest_created_revision)
    image = plain.template.containers[0].image if plain.template.containers else None
    return Status(
        ref=reference(service, ctx),
        state=state,
        detail=ctx.redactor.clean(detail),
        url=plain.uri or None,
        # The template is the newest revision's; what an older one runs only that revision tells.
        image_uri=image if serving == latest else None,
        revision=serving,
        created_at=_moment(service.create_time),
        checked_at=clock(),
    )


def missing(ref: ServiceRef, *, clock: Callable[[], datetime] = now) -> Status:
    """Nothing of it is there."""
    return Status(ref, "missing", "there is no such service", checked_at=clock())


def judged(service: Service) -> tuple[State, str]:
    """One of the contract's words, and why."""
    plain, terminal = bare(service), service.terminal_condition
    states = type(terminal).State
    created, ready = short(plain.latest_created_revision), short(plain.latest_ready_revision)
    if service.delete_time:
        return "deploying", "it is being removed"
    if plain.scaling.manual_instance_count == 0 and _is_manual(service):
        return "stopped", "it is paused: it has no instances"
    if plain.reconciling or plain.generation != plain.observed_generation:
        serves = f"; {ready} serves meanwhile" if ready and ready != created else ""
        return "deploying", f"Cloud Run is bringing up {created or 'its first revision'}{serves}"
    split = traffic(plain)
    if "latest" not in split and _observed(plain) == split:
        failed = f"; {created} is not ready: {why(service)}" if created != ready else ""
        names = ", ".join(f"{name} {percent} %" for name, percent in split.items())
        return "healthy", f"its traffic is held at {names}{failed}"
    if terminal.state == states.CONDITION_SUCCEEDED and created == ready and ready:
        return "healthy", f"{ready} is ready"
    if terminal.state in {states.CONDITION_PENDING, states.CONDITION_RECONCILING} and not ready:
        return "deploying", why(service) or "Cloud Run has not finished"
    if ready and ready != created:
        return "degraded", f"{created} is not ready ({why(service)}); {ready} still serves"
    if ready and terminal.state == states.CONDITION_FAILED:
        return "unhealthy", why(service)
    if terminal.state == states.CONDITION_FAILED:
        return "failed", why(service)
    return "unknown", why(service) or "Cloud Run does not say how it is"


def why(service: Service) -> str:
    """The vendor's reason, in its own words."""
    found = failed_condition(service)
    if found is None:
        return "Cloud Run gives no reason"
    word = reason_word(found)
    message = " ".join(found.message.split())
    return f"{word}: {message}" if word and message else word or message or "Cloud Run gives no reason"


def failed_condition(service: Service) -> Condition | None:
    """The condition that says most about a failure: one with the revision's own reason, else any."""
    failed = [
        one
        for one in [*service.conditions, service.terminal_condition]
        if one.state == type(one).State.CONDITION_FAILED
    ]
    if not failed:
        return None
    return max(failed, key=lambda one: (bool(one.revision_reason), _is_specific(one), bool(one.message)))


def reason_word(condition: Condition) -> str:
    """``HEALTH_CHECK_CONTAINER_ERROR``, ``CONTAINER_MISSING`` …; empty where there is none."""
    if condition.revision_reason:
        return str(condition.revision_reason.name)
    return str(condition.reason.name) if condition.reason else ""


def serving_revision(service: Service) -> str | None:
    """The short name of the revision with the most traffic."""
    plain = bare(service)
    ready = short(plain.latest_ready_revision)
    split = _observed(plain) or traffic(plain)
    name = max(split, key=lambda one: split[one])
    return (ready or None) if name == "latest" else name


def _observed(service: Service) -> dict[str, int]:
    split: dict[str, int] = {}
    for status in service.traffic_statuses:
        name = status.revision.rpartition("/")[2] or "latest"
        if status.percent:
            split[name] = split.get(name, 0) + status.percent
    return split


def _is_specific(condition: Condition) -> bool:
    return bool(condition.reason) and condition.reason.name != "REVISION_FAILED"


def _is_manual(service: Service) -> bool:
    return bool(service.scaling.scaling_mode.name == "MANUAL")


def _moment(value: Any) -> datetime | None:
    # The SDK's types say protobuf's Timestamp; its objects give a datetime.
    return value if value and value.timestamp() > 0 else None

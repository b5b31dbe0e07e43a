"""How an App Runner service is: judged by its last operation, never by its status alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from holodeck_tui.core.values import State
from holodeck_tui.deployers.aws.apprunner_api import Operation, Service

# What a service that is not running is, whatever its operations say.
_FIXED: dict[str, tuple[State, str]] = {
    "CREATE_FAILED": ("failed", "App Runner could not create it"),
    "DELETE_FAILED": ("failed", "App Runner could not delete it"),
    "DELETED": ("missing", "it was deleted"),
    "PAUSED": ("stopped", "it is paused"),
}
_ENDED: dict[str, tuple[State, str]] = {
    "FAILED": ("degraded", "the last change failed; the revision before it serves"),
    "ROLLBACK_SUCCEEDED": ("degraded", "the last change failed and was rolled back"),
    "ROLLBACK_FAILED": ("unhealthy", "the last change failed, and so did the way back"),
}


def judge(
    service: Service, operations: Sequence[Operation], reason: Callable[[], str] = lambda: ""
) -> tuple[State, str]:
    """``(state, detail)``. ``reason`` is asked for the log's last word where something is wrong."""
    state, detail = _judge(service, operations)
    if state in {"failed", "degraded", "unhealthy"}:
        said = reason()
        detail = f"{detail}: {said}" if said else detail
    return state, detail


def _judge(service: Service, operations: Sequence[Operation]) -> tuple[State, str]:
    last = operations[0] if operations else None
    if service.status in _FIXED:
        return _FIXED[service.status]
    if service.status == "OPERATION_IN_PROGRESS" or (last is not None and last.running):
        return _underway(last)
    if service.status != "RUNNING":
        return "unknown", f"App Runner says {service.status}"
    return _ENDED.get(last.status, ("healthy", "")) if last is not None else ("healthy", "")


def _underway(last: Operation | None) -> tuple[State, str]:
    if last is None:
        return "deploying", "an operation runs"
    if last.type in {"DELETE_SERVICE", "PAUSE_SERVICE"}:
        return "stopped", f"{last} runs"
    if last.status == "ROLLBACK_IN_PROGRESS":
        return "degraded", f"{last} failed and is rolled back"
    return "deploying", f"{last} runs"

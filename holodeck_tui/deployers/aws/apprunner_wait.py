"""Waiting for App Runner's operations: told phase by phase, through faults of the network, to a deadline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from holodeck_tui.core.cancel import Deadline
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled
from holodeck_tui.deployers.aws.apprunner_api import AppRunner, Operation, Service
from holodeck_tui.deployers.aws.client import persist
from holodeck_tui.deployers.aws.errors import AwsError

T = TypeVar("T")

_WORDS = {
    "PENDING": "waits to begin",
    "IN_PROGRESS": "runs",
    "ROLLBACK_IN_PROGRESS": "failed and is rolled back",
    "SUCCEEDED": "succeeded",
    "FAILED": "failed",
    "ROLLBACK_SUCCEEDED": "failed and was rolled back",
    "ROLLBACK_FAILED": "failed, and so did the way back",
}


@dataclass(frozen=True)
class Timing:
    """Seconds. ``operation``: a create takes App Runner 3 to 10 minutes; ``role``: IAM's lag."""

    operation: float = 1800.0
    role: float = 180.0
    first: float = 0.3
    longest: float = 5.0


class Watch:
    """Looks at the operations of services until they are over."""

    def __init__(self, api: AppRunner, ctx: Context, timing: Timing) -> None:
        self._api = api
        self._ctx = ctx
        self._timing = timing

    def settle(self, arn: str, operation_id: str, what: str) -> Operation:
        """The operation once it is over. Raises ``timeout``, and Cancelled with what goes on there."""
        deadline = Deadline(self._timing.operation, what)
        self._ctx.wait_for("run", what, self._timing.operation)
        told = ""

        def look() -> Operation | None:
            nonlocal told
            found = self._asked(lambda: self._api.operations(arn), deadline)
            # A new operation may be missing from the list for a moment.
            mine = next((each for each in found if each.id == operation_id), None)
            if mine is not None and mine.status != told:
                told = mine.status
                self._ctx.log("run", [f"{mine.type} {_WORDS.get(mine.status, mine.status)}"])
            return mine if mine is not None and not mine.running else None

        try:
            return self._until(look, deadline)
        except Cancelled:
            goes_on = what.replace("App Runner to", "App Runner goes on to", 1)
            raise Cancelled((f"{goes_on}; the next run waits for it.",)) from None

    def quiet(self, service: Service) -> Service | None:
        """The service once nothing runs on it, told who was busy; None when it is gone then.

        Raises ``busy`` when that takes too long.
        """
        if service.status != "OPERATION_IN_PROGRESS":
            return service
        running = next((each for each in self._api.operations(service.arn) if each.running), None)
        who = f"{running} on {service.name}" if running else f"an operation on {service.name}"
        self._ctx.log("run", [f"{service.name} is busy: {running or 'another operation'}"])
        self._ctx.wait_for("run", who, self._timing.operation)
        deadline = Deadline(self._timing.operation, who)
        found: list[Service | None] = []

        def look() -> bool | None:
            now = self._asked(lambda: self._api.describe(service.arn), deadline)
            if now is not None and now.status == "OPERATION_IN_PROGRESS":
                return None
            found.append(now)
            return True

        self._until(look, deadline, code="busy")
        return found[0]

    def gone(self, arn: str, what: str) -> bool:
        """Wait until the service is no more; False when its removal failed."""
        deadline = Deadline(self._timing.operation, what)
        self._ctx.wait_for("run", what, self._timing.operation)

        def look() -> bool | None:
            now = self._asked(lambda: self._api.describe(arn), deadline)
            if now is None:
                return True
            return False if now.status == "DELETE_FAILED" else None

        return self._until(look, deadline)

    def _asked(self, call: Callable[[], T], deadline: Deadline) -> T:
        return persist(call, self._ctx, deadline)

    def _until(self, look: Callable[[], T | None], deadline: Deadline, *, code: str = "timeout") -> T:
        pause = self._timing.first
        while True:
            found = look()
            if found is not None:
                return found
            deadline.check(code=code, remedy="holodeck-deploy-tui status  (App Runner goes on meanwhile)")
            self._ctx.cancel.sleep(min(pause, max(deadline.left, 0.05)))
            pause = min(self._timing.longest, pause * 1.5)


def waits_for_role(error: AwsError) -> bool:
    """Whether a role that is new explains the error: IAM tells its regions with a delay."""
    return error.transient or error.kind == "assume-role"

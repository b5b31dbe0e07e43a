"""Sending a service to Cloud Run and waiting for what comes of it, over cut lines and busy moments."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from holodeck_tui.core.cancel import Deadline
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.deployers.gcp.client import CALL_SECONDS, PATIENCE, Clients
from holodeck_tui.deployers.gcp.errors import is_not_found
from holodeck_tui.deployers.gcp.names import DEPLOY_NOTE, short
from holodeck_tui.deployers.gcp.noted import noted

if TYPE_CHECKING:
    from google.cloud.run_v2 import Service

# How often an operation is asked about, in seconds: at first, and at most.
_FIRST_POLL, _LONGEST_POLL = 0.3, 3.0
# A change that somebody else made is waited for this long.
_BUSY_SECONDS = 300.0
_UNSEEN_SECONDS = 10.0
_STATUS = "holodeck-deploy-tui status"
_GOES_ON = f"What was sent already Cloud Run goes on with; {_STATUS} tells how it went."


class Rollout:
    """Changes one service, ``name`` in full."""

    def __init__(self, clients: Clients, name: str, ctx: Context) -> None:
        self._clients = clients
        self._name = name
        self._ctx = ctx

    def read(self, *, seconds: float = CALL_SECONDS, patience: float = PATIENCE) -> Service | None:
        """The service as it is now, or None."""
        client = self._clients.services

        def get(**options: object) -> Service | None:
            try:
                return client.get_service(**options)  # type: ignore[arg-type]
            except Exception as error:
                if is_not_found(error):
                    return None
                raise

        doing = f"Asking Cloud Run about {short(self._name)}"
        return self._clients.call(doing, get, {"name": self._name}, seconds=seconds, patience=patience)

    def settled(self) -> Service | None:
        """The service once nothing is under way any more: what a killed run or somebody else began."""
        found = self.read()
        if found is None or not is_busy(found):
            return found
        what = f"the change of {short(self._name)} that is under way"
        self._ctx.wait_for("run", what, _BUSY_SECONDS)
        deadline = Deadline(_BUSY_SECONDS, what)
        pause = _FIRST_POLL
        while found is not None and is_busy(found):
            if deadline.left <= 0:
                raise _still_busy(found, self._ctx)
            self._ctx.cancel.sleep(pause)
            pause = min(_LONGEST_POLL, pause * 1.5)
            found = self.read()
        return found

    def send(self, service: Service, *, mask: Sequence[str] = ()) -> str | None:
        """Create it or replace it (only ``mask`` of it); the operation's name.

        None where the line was cut and Cloud Run has it all the same: it is not sent twice.
        """
        mark = uuid.uuid4().hex
        service.annotations[DEPLOY_NOTE] = mark
        request: dict[str, object] = {"service": service, "allow_missing": not mask}
        if mask:
            request["update_mask"] = {"paths": [*mask, "annotations"]}
        client = self._clients.services
        sent = "arrived"

        def update(**options: object) -> str:
            return str(client.update_service(**options).operation.name)  # type: ignore[arg-type]

        def recover() -> str | None:
            there = self.read()
            return sent if there is not None and there.annotations.get(DEPLOY_NOTE) == mark else None

        doing = f"Deploying {short(self._name)} to Cloud Run"
        with noted(self._ctx, "update service", service=self._name) as facts:
            try:
                name = self._clients.call(doing, update, request, patience=_BUSY_SECONDS, recover=recover)
            except Cancelled as stopped:
                raise Cancelled((*stopped.details, _GOES_ON)) from stopped
            except DeploymentError as error:
                raise self._named(error) if error.code == "busy" else error from error
            facts["operation"] = name
        return None if name == sent else name

    def rehearse(self, service: Service) -> None:
        """Have Cloud Run check what would be sent, without doing it. Raises what it refuses."""
        request = {"service": service, "allow_missing": True, "validate_only": True}
        doing = f"Cloud Run's own check of {short(self._name)}"
        self._clients.call(doing, self._clients.services.update_service, request)

    def wait(self, operation: str | None, seconds: float, what: str) -> tuple[Service, str]:
        """Until nothing is under way: the service, and the operation's own error (empty without one).

        The operation is asked by name, so a cut line or a restarted wait goes on with the same one.
        """
        self._ctx.wait_for("run", what, seconds)
        deadline = Deadline(seconds, what)
        told: set[str] = set()
        error = ""
        done = operation is None
        pause, unseen = _FIRST_POLL, 0.0
        try:
            while True:
                if not done and operation is not None:
                    done, error = self._operation(operation)
                found = self.read()
                if found is None:
                    # One that was just made may not be read for a moment.
                    unseen += pause
                    if done and unseen > _UNSEEN_SECONDS:
                        raise self._vanished()
                else:
                    self._tell(found, told)
                    # Right after the end the service may still be read as it was before.
                    if done and not is_busy(found):
                        return found, error
                deadline.check(remedy=f"{_STATUS}  (Cloud Run goes on with it)")
                self._ctx.cancel.sleep(pause)
                pause = min(_LONGEST_POLL, pause * 1.5)
        except Cancelled as stopped:
            raise Cancelled((*stopped.details, _GOES_ON)) from stopped

    def delete(self) -> bool:
        """Remove the service and wait until it is gone; False where it was not there."""
        client = self._clients.services

        def delete(**options: object) -> str:
            try:
                return str(client.delete_service(**options).operation.name)  # type: ignore[arg-type]
            except Exception as error:
                if is_not_found(error):
                    return ""
                raise

        with noted(self._ctx, "delete service", service=self._name):
            name = self._clients.call(f"Removing {short(self._name)}", delete, {"name": self._name})
            if name:
                self._until(lambda: self._operation(name), f"the removal of {short(self._name)}")
        return bool(name)

    def _until(self, ask: Callable[[], tuple[bool, str]], what: str) -> None:
        self._ctx.wait_for("run", what, _BUSY_SECONDS)
        deadline = Deadline(_BUSY_SECONDS, what)
        pause = _FIRST_POLL
        while True:
            done, error = ask()
            if error:
                raise DeploymentError(
                    "destroy-failed",
                    f"Cloud Run did not remove {short(self._name)}.",
                    reason=self._ctx.redactor.clean(error),
                    remedy="holodeck-deploy-tui destroy",
                )
            if done:
                return
            deadline.check(code="destroy-failed", remedy="holodeck-deploy-tui destroy")
            self._ctx.cancel.sleep(pause)
            pause = min(_LONGEST_POLL, pause * 1.5)

    def _operation(self, name: str) -> tuple[bool, str]:
        """Whether it has ended, and with which error. One that Cloud Run has forgotten has ended."""
        client = self._clients.services

        def get(**options: object) -> tuple[bool, str]:
            try:
                found = client.get_operation(**options)  # type: ignore[arg-type]
            except Exception as error:
                if is_not_found(error):
                    return True, ""
                raise
            return bool(found.done), str(found.error.message) if found.HasField("error") else ""

        return self._clients.call("Asking how it goes", get, {"name": name}, patience=_BUSY_SECONDS)

    def _tell(self, service: Service, told: set[str]) -> None:
        """Each phase once: what the service's conditions say while they change."""
        lines = []
        for one in [*service.conditions, service.terminal_condition]:
            word = one.state.name.removeprefix("CONDITION_").lower()
            message = " ".join(one.message.split())
            line = f"{one.type_}: {word}{f' - {message}' if message else ''}"
            if one.type_ and line not in told:
                told.add(line)
                lines.append(line)
        self._ctx.log("run", lines)

    def _named(self, error: DeploymentError) -> DeploymentError:
        found = self.read()
        who = found.last_modifier if found is not None else ""
        details = [f"The last change of it was made by {self._ctx.redactor.clean(who)}."] if who else []
        return DeploymentError(
            error.code, error.message, reason=error.reason, remedy=error.remedy, details=details
        )

    def _vanished(self) -> DeploymentError:
        return DeploymentError(
            "deploy-failed",
            f"{short(self._name)} is gone.",
            reason="somebody removed it while it was being deployed",
            remedy="holodeck-deploy-tui deploy",
        )


def is_busy(service: Service) -> bool:
    """Whether Cloud Run is at work on it."""
    behind = service.generation != service.observed_generation
    return bool(service.reconciling) or bool(service.delete_time) or behind


def _still_busy(service: Service, ctx: Context) -> DeploymentError:
    who = service.last_modifier
    return DeploymentError(
        "busy",
        f"{short(service.name)} is busy.",
        reason=f"another change of it has been under way for more than {_BUSY_SECONDS:g} s",
        remedy=f"{_STATUS}  (tells when it is over)",
        details=[f"It was begun by {ctx.redactor.clean(who)}."] if who else [],
    )

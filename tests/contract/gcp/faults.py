"""How the servers refuse, and how they are told to misbehave."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NoReturn

import grpc
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status


@dataclass
class Fault:
    """One way to fail: ``times`` calls of ``method`` end with ``code``.

    ``after`` does the work first: the line is cut when the answer is on its way.
    """

    method: str
    code: str = "UNAVAILABLE"
    message: str = "Socket closed"
    times: int = 1
    after: bool = False
    reason: str = ""
    metadata: dict[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """A call that ends with an error of Google's."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        reason: str = "",
        metadata: dict[str, str] | None = None,
        violations: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message)
        self.status = make_status(code, message)
        if reason:
            info = error_details_pb2.ErrorInfo(
                reason=reason, domain="googleapis.com", metadata=metadata or {}
            )
            self.status.details.add().Pack(info)
        if violations:
            bad = error_details_pb2.BadRequest()
            for name, text in violations:
                bad.field_violations.add(field=name, description=text)
            self.status.details.add().Pack(bad)


def make_status(code: str, message: str) -> Any:
    """A google.rpc.Status."""
    return status_pb2.Status(code=code_pb2.Code.Value(code), message=message)


def abort(context: grpc.ServicerContext, refusal: Refusal) -> NoReturn:
    """End the call as Google does, with the details in its trailer."""
    context.abort_with_status(rpc_status.to_status(refusal.status))
    raise AssertionError("abort raises")


def invalid(*flaws: str) -> Refusal:
    """The request is not one that the published model allows."""
    return Refusal(
        "INVALID_ARGUMENT",
        f"Violation in the request: {'; '.join(flaws)}",
        violations=tuple((flaw.partition(" ")[0], flaw) for flaw in flaws),
    )


def not_found(kind: str, name: str) -> Refusal:
    """Nothing of that name is there."""
    return Refusal("NOT_FOUND", f"Resource '{name.rpartition('/')[2]}' of kind '{kind}' does not exist.")

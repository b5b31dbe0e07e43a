"""What AWS's SDK raises → a code of ours, one sentence, one remedy, by the table of :mod:`.error_table`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.redact import Redactor
from holodeck_tui.deployers.aws.error_table import CELLS, CLASSES, CODES, Cell, Kind

__all__ = [
    "CELLS",
    "CLASSES",
    "CODES",
    "Answered",
    "AwsError",
    "Cell",
    "Kind",
    "classify",
    "named",
    "translate",
]

_CLOSED = re.compile(r"no longer available to new customers|maintenance mode", re.IGNORECASE)
_ASSUME = re.compile(r"error in assuming|cannot assume role|unable to assume", re.IGNORECASE)
_EXISTS = re.compile(r"already exists", re.IGNORECASE)
_ACTION = re.compile(r"not authorized to perform:? ([\w-]+:\w+)")
_LONGEST = 400


class AwsError(DeploymentError):
    """A translated error that remembers what AWS said: its ``kind``, and its own code, if any."""

    def __init__(self, kind: Kind, cell: Cell, message: str, *, reason: str, vendor_code: str = "") -> None:
        super().__init__(cell.code, message, reason=reason, remedy=cell.remedy)
        self.kind = kind
        self.vendor_code = vendor_code

    @property
    def transient(self) -> bool:
        """Whether asking again may help, without anybody doing anything."""
        return self.kind in {"throttled", "network", "server"}


class Answered(Exception):
    """An error answer with the id that AWS's support asks for. Its cause is the SDK's own exception."""


def named(error: Exception) -> Exception:
    """``error``, or the answer it came from with its request id; for the causes that -v shows."""
    answer = getattr(error, "response", None)
    metadata = answer.get("ResponseMetadata") if isinstance(answer, Mapping) else None
    if not metadata or not metadata.get("RequestId"):
        return error
    made = Answered(f"HTTP {metadata.get('HTTPStatusCode')}, request id {metadata['RequestId']}")
    made.__cause__ = error
    return made


def classify(error: BaseException) -> Kind | None:
    """The kind of an exception of the SDK; None when it is not one of its."""
    answer = getattr(error, "response", None)
    if isinstance(answer, Mapping):
        return _by_answer(answer)
    names = [cls.__name__ for cls in type(error).__mro__]
    for name in names:
        if name in CLASSES:
            return CLASSES[name]
    return "refused" if "BotoCoreError" in names else None


def _by_answer(answer: Mapping[str, Any]) -> Kind:
    found = answer.get("Error") or {}
    code, text = str(found.get("Code", "")), str(found.get("Message", ""))
    status = (answer.get("ResponseMetadata") or {}).get("HTTPStatusCode") or 0
    # Which of the two an error is stands in the text alone.
    if _ASSUME.search(text):
        return "assume-role"
    kind = CODES.get(code)
    if kind == "permission" and _CLOSED.search(text):
        return "closed"
    if kind is not None:
        return kind
    if status == 429:
        return "throttled"
    if status >= 500:
        return "server"
    if code == "InvalidRequestException" and _EXISTS.search(text):
        return "exists"
    if status in {401, 403}:
        return "permission"
    return "refused"


def translate(error: BaseException, doing: str, redactor: Redactor) -> AwsError:
    """``error`` of the SDK as ours; ``doing`` ends the sentence "AWS could not …".

    What is not an exception of the SDK is a defect and is raised again as it is.
    """
    if isinstance(error, AwsError):
        return error
    kind = classify(error)
    if kind is None:
        raise error
    cell = CELLS[kind]
    said, code = _said(error)
    said = redactor.clean(said)[:_LONGEST].strip().rstrip(".")
    remedy = _remedy(kind, said, cell)
    reason = f"{cell.reason} ({said})" if said and said != cell.reason else cell.reason
    message = f"AWS could not {doing}."
    return AwsError(kind, Cell(cell.code, cell.reason, remedy), message, reason=reason, vendor_code=code)


def _said(error: BaseException) -> tuple[str, str]:
    answer = getattr(error, "response", None)
    if not isinstance(answer, Mapping):
        return str(error).replace("\n", " "), ""
    found = answer.get("Error") or {}
    code, text = str(found.get("Code", "")), str(found.get("Message", ""))
    return (f"{code}: {text}" if text else code), code


def _remedy(kind: Kind, said: str, cell: Cell) -> str:
    action = _ACTION.search(said)
    if kind == "permission" and action:
        return f"Have {action[1]} allowed for this identity: aws sts get-caller-identity"
    return cell.remedy

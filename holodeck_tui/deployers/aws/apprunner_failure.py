"""Why an operation of App Runner failed: it says only "Create failed", its logs say more."""

from __future__ import annotations

import re
from collections.abc import Sequence

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.aws.apprunner_api import Operation, log_group
from holodeck_tui.deployers.aws.client import Aws
from holodeck_tui.deployers.aws.logs import Group, LogReader

LAST_LINES = 20

_LET_IT_PULL = (
    "aws iam attach-role-policy --role-name ACCESS_ROLE --policy-arn "
    "arn:aws:iam::aws:policy/service-role/AWSAppRunnerServicePolicyForECRAccess"
)

_PULL = re.compile(
    r"fail\w* to pull|pull(?:ing)? .*(?:image|failed)|image.*(?:not found|does not exist)|manifest unknown|"
    r"ImagePull|repository does not exist|not authorized to perform: ecr:",
    re.IGNORECASE,
)
_ROLE = re.compile(r"error in assuming|access role|is not authorized to assume", re.IGNORECASE)


def tail(aws: Aws, arn: str, kind: str, count: int = LAST_LINES) -> list[str]:
    """The last lines of ``service`` or ``application``, cleaned; says so where they cannot be had."""
    try:
        lines = LogReader(aws, [Group(log_group(arn, kind))]).last(count)
    except DeploymentError as error:
        if error.code == "interrupted":
            raise
        return [f"(its {kind} log could not be read: {error})"]
    return [aws.ctx.redactor.clean(line) for line in lines]


def last_word(lines: Sequence[str]) -> str:
    """The line that says most: the last one that tells of a failure, else the last one."""
    telling = [line for line in lines if re.search(r"fail|error|unhealthy|denied", line, re.IGNORECASE)]
    # "Create failed" and the like repeat what is known.
    more = [line for line in telling if not re.search(r"\b\w+ failed\.?$", line)]
    return (more or telling or [*lines] or [""])[-1]


def explain(aws: Aws, arn: str, name: str, operation: Operation) -> DeploymentError:
    """The error of an operation that did not succeed, with the ends of both logs."""
    system = tail(aws, arn, "service")
    application = tail(aws, arn, "application")
    why = last_word(system) or f"{operation.type} ended as {operation.status}"
    code, remedy = _kind(system)
    details = [*(f"service: {line}" for line in system), *application]
    if operation.status == "ROLLBACK_SUCCEEDED" or (
        operation.status == "FAILED" and operation.type != "CREATE_SERVICE"
    ):
        details.append("The revision before it still serves.")
    return DeploymentError(
        code,
        f"App Runner could not {_VERBS.get(operation.type, 'change')} {name}.",
        reason=why,
        remedy=remedy,
        details=details,
    )


_VERBS = {
    "CREATE_SERVICE": "create",
    "UPDATE_SERVICE": "update",
    "START_DEPLOYMENT": "deploy",
    "PAUSE_SERVICE": "pause",
    "RESUME_SERVICE": "resume",
    "DELETE_SERVICE": "delete",
}


def _kind(lines: Sequence[str]) -> tuple[str, str]:
    for line in reversed(lines):
        if _PULL.search(line):
            return "image-pull", _LET_IT_PULL
        if _ROLE.search(line):
            return "permission-denied", "Let the role trust build.apprunner.amazonaws.com."
    return "unhealthy", "holodeck-deploy-tui logs --tail 200"

"""Why a new revision did not come up: ECS's own reason, the stopped tasks', the container's last lines."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.aws.client import Aws
from holodeck_tui.deployers.aws.ecs_api import ECS, Ecs, Live, short
from holodeck_tui.deployers.aws.ecs_logs import log_groups
from holodeck_tui.deployers.aws.ecs_phases import why
from holodeck_tui.deployers.aws.logs import LogReader

LAST_LINES = 20
_REASONS = 3

# "Stopped tasks error messages" of the ECS guide.
_PULL = re.compile(
    r"CannotPull(?:Container|ImageManifest)|CannotPullECRContainer|pull image|manifest unknown", re.IGNORECASE
)
_SECRETS = re.compile(
    r"unable to pull secrets|retrieve secret|secretsmanager|ssm:GetParameter", re.IGNORECASE
)
_ROLE = re.compile(r"(?:unable to|cannot) assume (?:the )?(?:service linked )?role", re.IGNORECASE)
_HIDDEN = re.compile(r"accessdenied|not authorized|denied", re.IGNORECASE)


@dataclass(frozen=True)
class Stopped:
    """A task that ended: its id, when, and why in ECS's words."""

    task: str
    stopped_at: datetime | None
    reason: str
    container: str


def stopped_tasks(aws: Aws, live: Live, since: datetime | None) -> list[Stopped]:
    """Tasks made after ``since`` that ended, the last one first; ECS keeps them for an hour."""
    arns = list(
        aws.pages(
            ECS,
            "list_tasks",
            "look at the stopped tasks",
            "taskArns",
            cursor="nextToken",
            cluster=live.cluster,
            serviceName=live.name,
            desiredStatus="STOPPED",
            maxResults=100,
        )
    )
    if not arns:
        return []
    answer = aws.ask(
        ECS, "describe_tasks", "look at the stopped tasks", cluster=live.cluster, tasks=arns[:100]
    )
    found = [
        (each, _stopped(each))
        for each in answer.get("tasks") or ()
        if since is None or each.get("createdAt") is None or each["createdAt"] >= since
    ]
    found.sort(key=lambda pair: str(pair[0].get("stoppedAt") or ""), reverse=True)
    return [each for _, each in found]


def explain(
    aws: Aws, live: Live, deployment: Mapping[str, Any], *, late: str = "", serves: str | None
) -> DeploymentError:
    """The error of a deployment that failed, or (``late`` says of what) did not come up in time.

    ``serves`` is the revision that still has the traffic.
    """
    clean = aws.ctx.redactor.clean
    found, lines = _evidence(aws, live, deployment)
    reasons = [clean(text) for text in dict.fromkeys(filter(None, found))][:_REASONS]
    told = clean(why(deployment))
    details = [f"ECS: {text}" for text in reasons] + lines
    if serves is not None:
        details.append(f"The revision before it, {short(serves)}, still serves.")
    text = " ".join([told, *reasons])
    code, remedy = "unhealthy", "holodeck-deploy-tui logs --tail 200"
    if _PULL.search(text):
        code, remedy = "image-pull", "Let the execution role (or the registry's login) read the repository."
    elif _SECRETS.search(text) and _HIDDEN.search(text):
        code = "permission-denied"
        remedy = (
            "Allow the execution role secretsmanager:GetSecretValue (and ssm:GetParameters) for the secrets."
        )
    elif _ROLE.search(text):
        code, remedy = "permission-denied", "Let the execution role trust ecs-tasks.amazonaws.com."
    elif late:
        remedy = (
            "aws ecs stop-service-deployment --stop-type ROLLBACK --service-deployment-arn "
            f"{deployment.get('serviceDeploymentArn')}"
        )
    return DeploymentError(
        code,
        f"The new revision of {live.name} did not become healthy.",
        reason=late or told or (reasons[0] if reasons else f"ECS says {deployment.get('status')}"),
        remedy=remedy,
        details=details,
    )


def _evidence(aws: Aws, live: Live, deployment: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Reasons in ECS's words (of tasks that ended, or else its events), and the container's last lines."""
    since = deployment.get("createdAt")
    try:
        tasks = stopped_tasks(aws, live, since)
        reasons = [task.reason for task in tasks] or _events(aws, live, since)
        lines = last_lines(aws, live, tasks)
    except DeploymentError as error:
        if error.code == "interrupted":
            raise
        return [], [f"(its log could not be read: {error})"]
    return reasons, [aws.ctx.redactor.clean(line) for line in lines]


def _events(aws: Aws, live: Live, since: datetime | None) -> list[str]:
    """What ECS noted meanwhile, the last first: it tells of what keeps tasks from being made at all."""
    found = Ecs(aws).find(live.name, live.cluster)
    events = sorted(found.events if found is not None else (), key=lambda each: each[1], reverse=True)
    return [text for _, moment, text in events if since is None or moment > since]


def last_lines(aws: Aws, live: Live, tasks: Sequence[Stopped], count: int = LAST_LINES) -> list[str]:
    """The end of what the last of ``tasks`` said; where that cannot be told apart, the end of the log."""
    groups = log_groups(aws, live)
    if not groups:
        return []
    for task in tasks[:1]:
        for group in groups:
            lines = [
                line
                for stream in _streams(aws, group.name, task.task)
                for line in _end(aws, group.name, stream, count)
            ]
            if lines:
                return lines[-count:]
    return LogReader(aws, groups).last(count)


def _end(aws: Aws, group: str, stream: str, count: int) -> list[str]:
    answer = aws.ask(
        "logs",
        "get_log_events",
        f"read the log {group}",
        logGroupName=group,
        logStreamName=stream,
        limit=count,
        startFromHead=False,
    )
    return [str(each.get("message", "")).rstrip("\n") for each in answer.get("events") or ()]


def _streams(aws: Aws, group: str, task: str) -> list[str]:
    """Streams of one task: awslogs names them prefix/container/task, and the prefix is ECS's own affair."""
    answer = aws.ask(
        "logs",
        "describe_log_streams",
        f"read the log {group}",
        logGroupName=group,
        orderBy="LastEventTime",
        descending=True,
        limit=50,
    )
    names = [str(each["logStreamName"]) for each in answer.get("logStreams") or ()]
    return [name for name in names if name.endswith(f"/{task}")]


def _stopped(raw: Mapping[str, Any]) -> Stopped:
    containers = raw.get("containers") or ()
    parts = [str(raw.get("stoppedReason") or "")]
    for each in containers:
        if each.get("reason"):
            parts.append(str(each["reason"]))
        if each.get("exitCode") not in {None, 0}:
            parts.append(f"{each.get('name', 'container')} ended with exit code {each['exitCode']}")
    return Stopped(
        task=short(str(raw.get("taskArn", ""))),
        stopped_at=raw.get("stoppedAt"),
        reason="; ".join(dict.fromkeys(filter(None, parts))),
        container=str(containers[0].get("name", "")) if containers else "",
    )

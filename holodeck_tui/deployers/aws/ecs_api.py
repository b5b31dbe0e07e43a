"""The questions ECS answers about an Express service, as small values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from holodeck_tui.deployers.aws import tags
from holodeck_tui.deployers.aws.client import Answer, Aws
from holodeck_tui.deployers.aws.errors import AwsError

ECS = "ecs"
CLUSTER = "default"
"""CreateExpressGatewayService puts a service there when no cluster is named."""

RUNNING = frozenset(
    {"PENDING", "IN_PROGRESS", "STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"}
)
"""Statuses of a service deployment that is not over."""

# DescribeServices takes this many names, DescribeServiceRevisions that many ARNs.
SERVICES_A_CALL = 10
REVISIONS_A_CALL = 20
_LONG_AGO = datetime.min.replace(tzinfo=timezone.utc)


@dataclass(frozen=True)
class Live:
    """What DescribeServices says. ``status`` is ACTIVE, DRAINING or INACTIVE: none of them is health."""

    arn: str
    name: str
    status: str
    tags: Mapping[str, str]
    running: int
    desired: int
    created_at: datetime | None
    events: tuple[tuple[str, datetime, str], ...] = ()

    @property
    def cluster(self) -> str:
        """The cluster's name; ARNs in the old form do not hold it."""
        parts = self.arn.split("/")
        return parts[1] if len(parts) == 3 else CLUSTER


@dataclass(frozen=True)
class Rollout:
    """One service deployment of ECS, as listed: ``revision`` is the ARN of what it brings."""

    arn: str
    revision: str
    status: str
    reason: str
    created_at: datetime

    @property
    def running(self) -> bool:
        """Whether it is not over."""
        return self.status in RUNNING

    @property
    def succeeded(self) -> bool:
        """Whether all traffic went to its revision and the old tasks are gone."""
        return self.status == "SUCCESSFUL"


def short(arn: str) -> str:
    """The last part of an ARN: the id of a revision or a deployment."""
    return arn.rpartition("/")[2]


def parse_service(raw: Mapping[str, Any]) -> Live:
    """One entry of DescribeServices."""
    events = tuple(
        (str(each.get("id", "")), each.get("createdAt", _LONG_AGO), str(each.get("message", "")))
        for each in raw.get("events") or ()
    )
    return Live(
        arn=str(raw["serviceArn"]),
        name=str(raw["serviceName"]),
        status=str(raw.get("status", "")),
        tags=tags.from_list(raw.get("tags") or ()),
        running=int(raw.get("runningCount") or 0),
        desired=int(raw.get("desiredCount") or 0),
        created_at=raw.get("createdAt"),
        events=events,
    )


class Ecs:
    """Express services of one region. Every method raises AwsError."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    def find(self, name: str, cluster: str = CLUSTER) -> Live | None:
        """The service of that name, INACTIVE ones too; None where there is none, or no cluster yet."""
        found = self.find_all([name], cluster)
        return found[0] if found else None

    def find_all(self, names: Sequence[str], cluster: str = CLUSTER, *, with_tags: bool = True) -> list[Live]:
        """Up to :data:`SERVICES_A_CALL` services by name or ARN; those that are not there are left out."""
        try:
            answer = self.aws.ask(
                ECS,
                "describe_services",
                "look for the service",
                cluster=cluster,
                services=list(names),
                include=["TAGS"] if with_tags else [],
            )
        except AwsError as error:
            if error.kind == "gone":
                return []
            raise
        return [parse_service(each) for each in answer.get("services") or ()]

    def express(self, arn: str) -> Answer | None:
        """What only an Express service has: its configurations and where it is reached."""
        try:
            answer = self.aws.ask(
                ECS,
                "describe_express_gateway_service",
                "look at the service",
                serviceArn=arn,
                include=["TAGS"],
            )
        except AwsError as error:
            if error.kind == "gone":
                return None
            raise
        return dict(answer["service"])

    def rollouts(self, arn: str, cluster: str) -> list[Rollout]:
        """Its deployments of the last 90 days, newest first; AWS promises no order."""
        try:
            listed = [
                Rollout(
                    arn=str(each["serviceDeploymentArn"]),
                    revision=str(each.get("targetServiceRevisionArn", "")),
                    status=str(each.get("status", "")),
                    reason=str(each.get("statusReason") or ""),
                    created_at=each.get("createdAt", _LONG_AGO),
                )
                for each in self.aws.pages(
                    ECS,
                    "list_service_deployments",
                    "look at the deployments of the service",
                    "serviceDeployments",
                    cursor="nextToken",
                    service=arn,
                    cluster=cluster,
                    maxResults=100,
                )
            ]
        except AwsError as error:
            if error.kind == "gone":
                return []
            raise
        return sorted(listed, key=lambda each: each.created_at, reverse=True)

    def rollout(self, arn: str) -> Answer | None:
        """All of one deployment: stage, weights, counts, rollback; None where it is not to be seen (yet)."""
        answer = self.aws.ask(
            ECS, "describe_service_deployments", "look at the deployment", serviceDeploymentArns=[arn]
        )
        found: list[Answer] = answer.get("serviceDeployments") or []
        return found[0] if found else None

    def revisions(self, arns: Iterable[str]) -> dict[str, Answer]:
        """Service revisions by ARN."""
        wanted = list(dict.fromkeys(arns))
        found: dict[str, Answer] = {}
        for start in range(0, len(wanted), REVISIONS_A_CALL):
            answer = self.aws.ask(
                ECS,
                "describe_service_revisions",
                "look at the revisions of the service",
                serviceRevisionArns=wanted[start : start + REVISIONS_A_CALL],
            )
            for each in answer.get("serviceRevisions") or ():
                found[str(each["serviceRevisionArn"])] = each
        return found

    def task_definition(self, arn: str) -> Answer:
        """The task definition that a revision runs."""
        answer = self.aws.ask(
            ECS, "describe_task_definition", "look at the revision's task definition", taskDefinition=arn
        )
        return dict(answer["taskDefinition"])

    def names(self, cluster: str = CLUSTER) -> list[str]:
        """Names of all Express services of the cluster, 100 a call; none where there is no cluster yet."""
        try:
            arns = self.aws.pages(
                ECS,
                "list_services",
                "list the services",
                "serviceArns",
                cursor="nextToken",
                cluster=cluster,
                maxResults=100,
                # What ECS manages itself is what Express makes.
                resourceManagementType="ECS",
            )
            return [short(str(arn)) for arn in arns]
        except AwsError as error:
            if error.kind == "gone":
                return []
            raise


def serving(express: Mapping[str, Any], rollouts: Sequence[Rollout]) -> str | None:
    """ARN of the revision that has the traffic: that of the last deployment which succeeded."""
    for each in rollouts:
        if each.succeeded:
            return each.revision
    # ECS forgets deployments after 90 days: what is active and was brought by none of these did succeed.
    brought = {each.revision for each in rollouts}
    active = [str(each.get("serviceRevisionArn")) for each in express.get("activeConfigurations") or ()]
    return next((arn for arn in active if arn not in brought), None)


def configuration(express: Mapping[str, Any], revision: str | None) -> Mapping[str, Any] | None:
    """The active configuration that is ``revision``."""
    for each in express.get("activeConfigurations") or ():
        if revision and each.get("serviceRevisionArn") == revision:
            return dict(each)
    return None


def url(express: Mapping[str, Any], revision: str | None = None) -> str | None:
    """Where it is reached, with a scheme; the public way before a private one."""
    active = sorted(
        express.get("activeConfigurations") or (),
        key=lambda each: each.get("serviceRevisionArn") != revision,
    )
    paths = [path for each in active for path in each.get("ingressPaths") or ()]
    paths.sort(key=lambda path: path.get("accessType") != "PUBLIC")
    endpoint = next((str(path["endpoint"]) for path in paths if path.get("endpoint")), "")
    if not endpoint:
        return None
    # AWS answers with a bare host or with a scheme.
    whole = endpoint if "://" in endpoint else f"https://{endpoint}"
    return whole.rstrip("/")

"""App Runner's calls as this project needs them: found by name, judged by operation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from holodeck_tui.core.probe import is_loopback
from holodeck_tui.deployers.aws import tags
from holodeck_tui.deployers.aws.client import Aws
from holodeck_tui.deployers.aws.errors import AwsError

_SERVICE = "apprunner"
_NEWEST = 20
_RUNNING = frozenset({"PENDING", "IN_PROGRESS", "ROLLBACK_IN_PROGRESS"})
# Operations that bring a revision; pausing and resuming bring none.
CHANGING = frozenset({"CREATE_SERVICE", "UPDATE_SERVICE", "START_DEPLOYMENT"})


@dataclass(frozen=True)
class Operation:
    """One operation on a service."""

    id: str
    type: str
    status: str
    started: datetime | None = None

    @property
    def running(self) -> bool:
        """Whether it is not over."""
        return self.status in _RUNNING

    @property
    def succeeded(self) -> bool:
        """Whether it did what it was asked."""
        return self.status == "SUCCEEDED"

    def __str__(self) -> str:
        since = f" since {self.started:%H:%M:%S} UTC" if self.started else ""
        return f"{self.type}{since}"


@dataclass(frozen=True)
class Service:
    """A described service; ``raw`` is App Runner's answer."""

    raw: dict[str, Any]

    @property
    def arn(self) -> str:
        """Its ARN."""
        return str(self.raw["ServiceArn"])

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.raw["ServiceName"])

    @property
    def status(self) -> str:
        """App Runner's word, which says nothing of how the last operation ended."""
        return str(self.raw["Status"])

    @property
    def url(self) -> str | None:
        """With a scheme; App Runner gives a bare host."""
        return with_scheme(self.raw.get("ServiceUrl"))

    @property
    def image(self) -> str | None:
        """What it runs, or is to run."""
        repository = (self.raw.get("SourceConfiguration") or {}).get("ImageRepository") or {}
        return repository.get("ImageIdentifier")

    @property
    def scaling_arn(self) -> str | None:
        """Its autoscaling configuration."""
        return (self.raw.get("AutoScalingConfigurationSummary") or {}).get("AutoScalingConfigurationArn")


class AppRunner:
    """One region's App Runner."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    def find(self, name: str) -> Service | None:
        """The service of that name that is not deleted: names are unique in account and region."""
        for found in self.summaries():
            if found.get("ServiceName") == name and found.get("Status") != "DELETED":
                return self.describe(str(found["ServiceArn"]))
        return None

    def summaries(self) -> Iterator[dict[str, Any]]:
        """Summaries of all services, 20 a page."""
        return self.aws.pages(
            _SERVICE, "list_services", "list the App Runner services", "ServiceSummaryList", MaxResults=20
        )

    def describe(self, arn: str) -> Service | None:
        """The service, None when it is gone."""
        try:
            answer = self.aws.ask(
                _SERVICE, "describe_service", f"look at the service {_name(arn)}", ServiceArn=arn
            )
        except AwsError as error:
            if error.kind == "gone":
                return None
            raise
        service = Service(answer["Service"])
        return None if service.status == "DELETED" else service

    def operations(self, arn: str) -> list[Operation]:
        """The last 20, newest first."""
        listed = self.aws.pages(
            _SERVICE,
            "list_operations",
            f"look at the operations of {_name(arn)}",
            "OperationSummaryList",
            ServiceArn=arn,
            MaxResults=_NEWEST,
        )
        try:
            newest = [*islice(listed, _NEWEST)]
        except AwsError as error:
            if error.kind == "gone":
                return []
            raise
        return [
            Operation(str(each["Id"]), str(each["Type"]), str(each["Status"]), each.get("StartedAt"))
            for each in newest
        ]

    def create(self, name: str, request: dict[str, Any], labels: dict[str, str]) -> tuple[Service, str]:
        """``(service, operation id)``."""
        answer = self.aws.change(
            _SERVICE,
            "create_service",
            f"create the App Runner service {name}",
            ServiceName=name,
            Tags=tags.as_list(labels),
            **request,
        )
        return Service(answer["Service"]), str(answer["OperationId"])

    def update(self, arn: str, request: dict[str, Any]) -> str:
        """The operation's id. Tags are not part of an update."""
        answer = self.aws.change(
            _SERVICE,
            "update_service",
            f"update the App Runner service {_name(arn)}",
            ServiceArn=arn,
            **request,
        )
        return str(answer["OperationId"])

    def act(self, operation: str, arn: str) -> str:
        """``pause_service``, ``resume_service`` or ``delete_service``; the operation's id."""
        verb = operation.partition("_")[0]
        answer = self.aws.change(
            _SERVICE, operation, f"{verb} the App Runner service {_name(arn)}", ServiceArn=arn
        )
        return str(answer.get("OperationId") or "")

    def tags(self, arn: str) -> dict[str, str]:
        """What a resource carries; nothing when it is gone."""
        try:
            answer = self.aws.ask(
                _SERVICE, "list_tags_for_resource", f"read the tags of {_name(arn)}", ResourceArn=arn
            )
        except AwsError as error:
            if error.kind == "gone":
                return {}
            raise
        return tags.from_list(answer.get("Tags") or ())

    def tag(self, arn: str, labels: dict[str, str], remove: tuple[str, ...] = ()) -> None:
        """Write and remove tags."""
        doing = f"tag {_name(arn)}"
        if labels:
            listed = tags.as_list(labels)
            self.aws.change(_SERVICE, "tag_resource", doing, ResourceArn=arn, Tags=listed)
        if remove:
            self.aws.change(_SERVICE, "untag_resource", doing, ResourceArn=arn, TagKeys=[*remove])


def with_scheme(host: str | None) -> str | None:
    """``https://host``; a server on this machine speaks plain http, as its API does."""
    if not host or "://" in host:
        return host or None
    return f"http://{host}" if is_loopback(f"//{host}") else f"https://{host}"


def log_group(arn: str, kind: str) -> str:
    """``/aws/apprunner/<name>/<id>/<kind>``; kind is ``service`` or ``application``."""
    name, _, service_id = arn.partition(":service/")[2].partition("/")
    return f"/aws/apprunner/{name}/{service_id}/{kind}"


def _name(arn: str) -> str:
    return arn.rpartition(":")[2].partition("/")[2].partition("/")[0] or arn

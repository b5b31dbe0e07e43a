"""App Runner's autoscaling configurations: each create is a new revision, so only a change makes one."""

from __future__ import annotations

from holodeck_tui.deployers.aws import tags
from holodeck_tui.deployers.aws.client import Answer, Aws
from holodeck_tui.deployers.aws.errors import AwsError
from holodeck_tui.deployers.aws.names import scaling_name
from holodeck_tui.models.aws import AWSAppRunnerConfig

_SERVICE = "apprunner"
CONCURRENCY = 100
"""Requests at the same time for each instance: App Runner's own default, sent so that it is known."""


class Scaling:
    """The configurations of one service, by the one name they have."""

    def __init__(self, aws: Aws, service: str) -> None:
        self._aws = aws
        self.name = scaling_name(service)

    def ensure(self, block: AWSAppRunnerConfig, labels: dict[str, str]) -> str:
        """The ARN of a revision with these limits; made when none of ours has them."""
        for arn in self._revisions():
            found = self.describe(arn)
            if found is not None and limits(found) == wanted(block):
                return arn
        answer = self._aws.change(
            _SERVICE,
            "create_auto_scaling_configuration",
            f"make the autoscaling configuration {self.name}",
            AutoScalingConfigurationName=self.name,
            MinSize=block.auto_scaling_min,
            MaxSize=block.auto_scaling_max,
            MaxConcurrency=CONCURRENCY,
            Tags=tags.as_list(labels),
        )
        return str(answer["AutoScalingConfiguration"]["AutoScalingConfigurationArn"])

    def describe(self, arn: str) -> Answer | None:
        """One revision; None when it is gone."""
        try:
            answer = self._aws.ask(
                _SERVICE,
                "describe_auto_scaling_configuration",
                "look at an autoscaling configuration",
                AutoScalingConfigurationArn=arn,
            )
        except AwsError as error:
            if error.kind == "gone":
                return None
            raise
        found: Answer = answer["AutoScalingConfiguration"]
        return None if str(found.get("Status", "")).upper() == "INACTIVE" else found

    def owned(self, *, besides: str | None = None) -> list[str]:
        """ARNs of our revisions, but for ``besides``: those that carry our tag and no service uses."""
        return [arn for arn in self._revisions() if arn != besides and tags.is_ours(self._tags(arn))]

    def clean(self, *, besides: str | None = None) -> list[str]:
        """Delete :meth:`owned`; what a service still uses stays. The ARNs that went."""
        gone = []
        for arn in self.owned(besides=besides):
            try:
                self._aws.change(
                    _SERVICE,
                    "delete_auto_scaling_configuration",
                    f"delete the autoscaling configuration {self.name}",
                    AutoScalingConfigurationArn=arn,
                )
            except AwsError as error:
                if error.kind == "gone":
                    continue
                # "…is in use by a service": another service's business.
                if error.vendor_code != "InvalidRequestException":
                    raise
                continue
            gone.append(arn)
        return gone

    def _revisions(self) -> list[str]:
        listed = self._aws.pages(
            _SERVICE,
            "list_auto_scaling_configurations",
            "list the autoscaling configurations",
            "AutoScalingConfigurationSummaryList",
            AutoScalingConfigurationName=self.name,
        )
        return [
            str(each["AutoScalingConfigurationArn"])
            for each in listed
            if str(each.get("Status", "ACTIVE")).upper() != "INACTIVE"
        ]

    def _tags(self, arn: str) -> dict[str, str]:
        try:
            answer = self._aws.ask(
                _SERVICE,
                "list_tags_for_resource",
                "read the tags of an autoscaling configuration",
                ResourceArn=arn,
            )
        except AwsError as error:
            if error.kind == "gone":
                return {}
            raise
        return tags.from_list(answer.get("Tags") or ())


def limits(found: Answer) -> tuple[int, int, int]:
    """Least, most and concurrency of a described configuration."""
    return int(found.get("MinSize", 1)), int(found.get("MaxSize", 25)), int(found.get("MaxConcurrency", 100))


def wanted(block: AWSAppRunnerConfig) -> tuple[int, int, int]:
    """The same of the settings."""
    return block.auto_scaling_min, block.auto_scaling_max, CONCURRENCY

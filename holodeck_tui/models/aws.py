"""``deployment.target.aws``: AWS App Runner (and ECS Express), in both spellings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from holodeck_tui.models import sizes
from holodeck_tui.models.base import Flaw, Model, allowed_reference, flaw, is_reference
from holodeck_tui.models.checks import check_path

PARTITIONS = ("aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc")
_PARTITION = "|".join(PARTITIONS)
# IAM reference, "IAM identifiers": an optional path of up to 512 characters, a name of up to 64.
_ROLE = re.compile(
    rf"arn:(?:{_PARTITION}):iam::\d{{12}}:role/(?:[\x21-\x7e]{{1,510}}/)?[\w+=,.@-]{{1,64}}", re.ASCII
)
_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-\d{1,2}")

# App Runner API reference, InstanceConfiguration: vCPU -> GB.
PAIRS: dict[Decimal, tuple[str, ...]] = {
    Decimal("0.25"): ("0.5", "1"),
    Decimal("0.5"): ("1",),
    Decimal(1): ("2", "3", "4"),
    Decimal(2): ("4", "6"),
    Decimal(4): ("8", "10", "12"),
}
_UNITS = {int(cpu * 1024): cpu for cpu in PAIRS}
_CONNECTOR = re.compile(
    rf"arn:(?:{'|'.join(PARTITIONS)}):apprunner:[a-z0-9-]+:\d{{12}}:vpcconnector/[\w/-]+", re.ASCII
)


class AWSAppRunnerConfig(Model):
    """Sizes, scaling and roles of the service on AWS."""

    region: str = Field(default="us-east-1", description="AWS region, as us-east-1")
    cpu: int | float | str = Field(
        default=1,
        description="vCPUs: 0.25, 0.5, 1, 2 or 4, as 1 or as `1 vCPU` (holodeck-ai 0.7.1: a number)",
    )
    memory: int | float | str = Field(
        default=2048,
        description="memory in MB as 2048, or as `2 GB` (holodeck-ai 0.7.1: MB); cpu limits the choice",
    )
    ecr_role_arn: str | None = Field(
        default=None, description="ARN of the role that lets the service pull from a private ECR"
    )
    health_check_path: str = Field(default="/health", description="HTTP path of the health check")
    auto_scaling_min: int = Field(default=1, ge=1, le=25, description="instances that always run, 1 to 25")
    auto_scaling_max: int = Field(default=5, ge=1, description="instances at most")

    @property
    def vcpus(self) -> Decimal:
        """Number of vCPUs."""
        return aws_vcpus(self.cpu) or Decimal(1)

    @property
    def memory_mb(self) -> int:
        """Memory in MB, 1024 to a GB."""
        return sizes.megabytes(self.memory) or 0

    @field_validator("region")
    @classmethod
    def _check_region(cls, value: str, info: ValidationInfo) -> str:
        if allowed_reference(value, info) or _REGION.fullmatch(value):
            return value
        raise flaw("region", "must be an AWS region, as us-east-1")

    @field_validator("cpu", mode="before")
    @classmethod
    def _check_cpu(cls, value: Any, info: ValidationInfo) -> Any:
        if allowed_reference(value, info) or aws_vcpus(value) in PAIRS:
            return value
        raise flaw("cpu", "must be 0.25, 0.5, 1, 2 or 4 vCPUs")

    @field_validator("memory", mode="before")
    @classmethod
    def _check_memory(cls, value: Any, info: ValidationInfo) -> Any:
        if allowed_reference(value, info):
            return value
        amount = sizes.megabytes(value)
        every = sorted({int(Decimal(gb) * 1024) for pair in PAIRS.values() for gb in pair})
        if amount in every:
            return value
        plain = f"must be one of {', '.join(map(str, every))} (MB)"
        gigabytes = amount is not None and amount * 1024 in every
        raise flaw("memory", plain, f"{amount * 1024} or '{amount} GB'" if amount and gigabytes else "")

    @field_validator("ecr_role_arn")
    @classmethod
    def _check_role(cls, value: str | None, info: ValidationInfo) -> str | None:
        return check_role(value, info)

    @field_validator("health_check_path")
    @classmethod
    def _check_health(cls, value: str, info: ValidationInfo) -> str:
        return check_path(value, info)

    @classmethod
    def rules(cls, values: Mapping[str, Any]) -> Iterator[Flaw]:
        """Pairs of cpu and memory that App Runner has; min below max."""
        cpu, memory = aws_vcpus(values.get("cpu")), sizes.megabytes(values.get("memory"))
        if cpu in PAIRS and memory is not None and "memory" in values:
            pair = [int(Decimal(gb) * 1024) for gb in PAIRS[cpu]]
            if memory not in pair:
                listed = " or ".join(map(str, pair))
                yield Flaw(
                    "memory",
                    f"must be {listed} (MB) with cpu {sizes.short(cpu)}",
                    "does not go with this cpu",
                )
        yield from min_max(values, "auto_scaling_min", "auto_scaling_max")


class AWSOverlay(Model):
    """What only AWS has."""

    service: Literal["app-runner", "ecs-express"] = Field(
        default="app-runner", description="which service runs it"
    )
    infrastructure_role_arn: str | None = Field(
        default=None, description="ECS Express: role that makes the network"
    )
    execution_role_arn: str | None = Field(default=None, description="ECS Express: role that pulls and logs")
    instance_role_arn: str | None = Field(default=None, description="role the agent itself has")
    vpc_connector_arn: str | None = Field(
        default=None, description="App Runner: VPC connector for outgoing traffic"
    )

    @field_validator("infrastructure_role_arn", "execution_role_arn", "instance_role_arn")
    @classmethod
    def _check_roles(cls, value: str | None, info: ValidationInfo) -> str | None:
        return check_role(value, info)

    @field_validator("vpc_connector_arn")
    @classmethod
    def _check_connector(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None or allowed_reference(value, info) or _CONNECTOR.fullmatch(value):
            return value
        raise flaw(
            "arn",
            "must be a connector's ARN, as arn:aws:apprunner:REGION:123456789012:vpcconnector/NAME/1/ID",
        )


def aws_vcpus(value: object) -> Decimal | None:
    """Number of vCPUs, also from App Runner's own units (``1024`` is one)."""
    number = sizes.vcpus(value)
    if number is not None and number >= min(_UNITS) and number == int(number):
        return _UNITS.get(int(number))
    return number


def check_role(value: str | None, info: ValidationInfo) -> str | None:
    """An IAM role's ARN: any partition, with or without a path."""
    if value is None or allowed_reference(value, info) or _ROLE.fullmatch(value):
        return value
    raise flaw("arn", "must be a role's ARN, as arn:aws:iam::123456789012:role/service-role/NAME")


def min_max(values: Mapping[str, Any], low: str, high: str) -> Iterator[Flaw]:
    """``low <= high``, told at ``low``."""
    try:
        least, most = int(values[low]), int(values[high])
    except (KeyError, TypeError, ValueError):
        return
    if least > most and not (is_reference(values[low]) or is_reference(values[high])):
        yield Flaw(low, f"must not be more than {high} ({most})", f"must not be more than {high}")

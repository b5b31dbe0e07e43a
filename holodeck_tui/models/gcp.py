"""``deployment.target.gcp``: Cloud Run, in both spellings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from pydantic import Field, ValidationInfo, field_validator

from holodeck_tui.models import sizes
from holodeck_tui.models.aws import min_max
from holodeck_tui.models.base import Flaw, Model, allowed_reference, flaw, is_reference
from holodeck_tui.models.checks import Percent, whole

_PROJECT = re.compile(r"(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]")
_REGION = re.compile(r"[a-z]+(?:-[a-z]+)+\d{1,2}")

# cloud.google.com/run/docs/configuring/services/cpu: vCPU -> least and most MiB.
_LEAST = 128
MEMORY: dict[Decimal, tuple[int, int]] = {
    Decimal(1): (_LEAST, 4 * 1024),
    Decimal(2): (_LEAST, 8 * 1024),
    Decimal(4): (2 * 1024, 16 * 1024),
    Decimal(6): (4 * 1024, 24 * 1024),
    Decimal(8): (4 * 1024, 32 * 1024),
}
_ACCOUNT = re.compile(r"[a-z0-9][a-z0-9-]*@[a-z0-9.-]+")


class GCPCloudRunConfig(Model):
    """Project, sizes and scaling of the service on Cloud Run."""

    project_id: str = Field(description="Google Cloud project id")
    region: str = Field(default="us-central1", description="region, as us-central1")
    memory: str = Field(default="512Mi", description="memory as 512Mi or 2Gi; cpu limits the choice")
    cpu: int | float | str = Field(
        default=1, description="vCPUs: 1, 2, 4, 6 or 8, or from 0.08 below 1; as 1 or as `1000m`"
    )
    concurrency: int = Field(
        default=80, ge=1, le=1000, description="requests at once per instance; 1 where cpu is below 1"
    )
    timeout: int = Field(default=300, ge=1, le=3600, description="seconds a request may take")
    min_instances: int = Field(default=0, ge=0, description="instances that always run")
    max_instances: int = Field(default=100, ge=1, description="instances at most")

    @property
    def vcpus(self) -> Decimal:
        """Number of vCPUs."""
        return sizes.vcpus(self.cpu) or Decimal(1)

    @property
    def memory_mib(self) -> int:
        """Memory in MiB."""
        return int(sizes.mebibytes(self.memory) or 0)

    @field_validator("project_id")
    @classmethod
    def _check_project(cls, value: str, info: ValidationInfo) -> str:
        if allowed_reference(value, info) or _PROJECT.fullmatch(value):
            return value
        raise flaw(
            "project", "must be a project id: 6 to 30 lower-case letters, digits and hyphens, a letter first"
        )

    @field_validator("region")
    @classmethod
    def _check_region(cls, value: str, info: ValidationInfo) -> str:
        if allowed_reference(value, info) or _REGION.fullmatch(value):
            return value
        raise flaw("region", "must be a Google Cloud region, as us-central1")

    @field_validator("memory")
    @classmethod
    def _check_memory(cls, value: str, info: ValidationInfo) -> str:
        amount = sizes.mebibytes(value)
        if allowed_reference(value, info) or (amount is not None and amount == int(amount) >= _LEAST):
            return value
        raise flaw("memory", f"must be a whole number of Mi, at least {_LEAST}Mi", "512Mi or 1Gi, say")

    @field_validator("cpu", mode="before")
    @classmethod
    def _check_cpu(cls, value: Any, info: ValidationInfo) -> Any:
        cpu = sizes.vcpus(value)
        if allowed_reference(value, info) or cpu in MEMORY:
            return value
        if cpu is not None and Decimal("0.08") <= cpu < 1 and cpu * 1000 == int(cpu * 1000):
            return value
        raise flaw("cpu", "must be 1, 2, 4, 6 or 8 vCPUs, or from 0.08 below 1")

    @classmethod
    def rules(cls, values: Mapping[str, Any]) -> Iterator[Flaw]:
        """Memory and concurrency that Cloud Run allows for this cpu; min below max."""
        cpu, memory = sizes.vcpus(values.get("cpu")), sizes.mebibytes(values.get("memory"))
        if cpu is not None and memory is not None:
            least, most = _bounds(cpu)
            if not least <= memory <= most:
                span = f"{sizes.as_binary(Decimal(least))} to {sizes.as_binary(Decimal(most))}"
                message = f"must be {span} with cpu {sizes.short(cpu)}"
                yield Flaw("memory", message, "does not go with this cpu")
        concurrency = values.get("concurrency")
        if (
            cpu is not None
            and cpu < 1
            and not is_reference(concurrency)
            and concurrency not in {None, 1, "1"}
        ):
            text = "must be 1 where cpu is below 1"
            yield Flaw("concurrency", f"{text}; write concurrency: 1", text)
        yield from min_max(values, "min_instances", "max_instances")


class GCPOverlay(Model):
    """What only Cloud Run has."""

    public: bool = Field(default=False, description="whether everybody may call the agent")
    service_account: str | None = Field(
        default=None, description="service account the agent runs as (its e-mail)"
    )
    timeout: int | None = Field(
        default=None, ge=1, le=3600, description="seconds a request may take; default: that of deployment:"
    )
    traffic: dict[str, Percent] | None = Field(default=None, description="percent of the traffic by revision")

    @field_validator("service_account")
    @classmethod
    def _check_account(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None or allowed_reference(value, info) or _ACCOUNT.fullmatch(value):
            return value
        raise flaw("service-account", "must be an e-mail, as NAME@PROJECT.iam.gserviceaccount.com")

    @field_validator("traffic")
    @classmethod
    def _check_traffic(cls, value: dict[str, int] | None) -> dict[str, int] | None:
        return whole(value)


def _bounds(cpu: Decimal) -> tuple[int, int]:
    if cpu in MEMORY:
        return MEMORY[cpu]
    return (_LEAST, 1024) if cpu >= Decimal("0.5") else (_LEAST, 512)

"""``deployment.target.azure``: Azure Container Apps, in both spellings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from pydantic import Field, ValidationInfo, field_validator

from holodeck_tui.models import sizes
from holodeck_tui.models.aws import min_max
from holodeck_tui.models.base import Flaw, Model, allowed_reference, flaw
from holodeck_tui.models.checks import Percent, whole

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
# learn.microsoft.com, "Naming rules and restrictions for Azure resources", resourceGroups.
_GROUP = re.compile(r"[\w().-]{0,89}[\w()-]")
_ENVIRONMENT = re.compile(r"[a-z](?:-?[a-z0-9]){0,59}", re.IGNORECASE)
_STEP = Decimal("0.25")
_MOST = Decimal(4)


class AzureContainerAppsConfig(Model):
    """Place, sizes and scaling of the app on Azure Container Apps."""

    subscription_id: str = Field(description="subscription id, a UUID")
    resource_group: str = Field(description="resource group")
    environment_name: str | None = Field(default=None, description="Container Apps environment")
    location: str = Field(default="eastus", description="region, as eastus")
    cpu: int | float | str = Field(default=1.0, description="vCPUs: 0.25 to 4 in steps of 0.25")
    memory: str = Field(default="2Gi", description="memory: twice the vCPUs in Gi, as 2Gi for 1.0")
    ingress_external: bool = Field(
        default=False, description="whether the app is reachable from the internet"
    )
    min_replicas: int = Field(default=0, ge=0, le=1000, description="replicas that always run")
    max_replicas: int = Field(default=10, ge=1, le=1000, description="replicas at most")

    @property
    def vcpus(self) -> Decimal:
        """Number of vCPUs."""
        return sizes.vcpus(self.cpu) or Decimal(1)

    @property
    def memory_gib(self) -> str:
        """Memory as Azure writes it, ``2.0Gi`` as ``2Gi``."""
        return sizes.as_gibibytes(sizes.mebibytes(self.memory) or Decimal(0))

    @field_validator("subscription_id")
    @classmethod
    def _check_subscription(cls, value: str, info: ValidationInfo) -> str:
        if allowed_reference(value, info) or _UUID.fullmatch(value):
            return value
        raise flaw(
            "subscription", "must be a subscription id: a UUID, as `az account show --query id` prints"
        )

    @field_validator("resource_group")
    @classmethod
    def _check_group(cls, value: str, info: ValidationInfo) -> str:
        if allowed_reference(value, info) or _GROUP.fullmatch(value):
            return value
        raise flaw("resource-group", "must be 1 to 90 letters, digits and . _ - ( ), not ending with a dot")

    @field_validator("environment_name")
    @classmethod
    def _check_environment(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None or allowed_reference(value, info) or _ENVIRONMENT.fullmatch(value):
            return value
        raise flaw("environment-name", "must be up to 60 letters, digits and single hyphens, a letter first")

    @field_validator("location")
    @classmethod
    def _check_location(cls, value: str, info: ValidationInfo) -> str:
        # Azure takes "East US" as well as "eastus".
        if allowed_reference(value, info) or re.fullmatch(r"[A-Za-z][A-Za-z0-9 ]*", value):
            return value
        raise flaw("location", "must be an Azure region, as eastus")

    @field_validator("cpu", mode="before")
    @classmethod
    def _check_cpu(cls, value: Any, info: ValidationInfo) -> Any:
        cpu = sizes.vcpus(value)
        if allowed_reference(value, info) or (cpu is not None and _STEP <= cpu <= _MOST and cpu % _STEP == 0):
            return value
        raise flaw("cpu", "must be 0.25 to 4 vCPUs in steps of 0.25")

    @field_validator("memory")
    @classmethod
    def _check_memory(cls, value: str, info: ValidationInfo) -> str:
        if allowed_reference(value, info) or sizes.mebibytes(value):
            return value
        raise flaw("memory", "must be a number of Gi, twice the cpu", "2Gi for cpu 1.0, say")

    @classmethod
    def rules(cls, values: Mapping[str, Any]) -> Iterator[Flaw]:
        """Memory is twice the cpu; min below max."""
        cpu, memory = sizes.vcpus(values.get("cpu")), sizes.mebibytes(values.get("memory"))
        if cpu is not None and memory is not None and memory != cpu * 2 * 1024:
            wanted = sizes.as_gibibytes(cpu * 2 * 1024)
            message = f"must be {wanted}, twice the cpu of {sizes.short(cpu)}; write memory: {wanted}"
            yield Flaw("memory", message, "must be twice the cpu in Gi")
        yield from min_max(values, "min_replicas", "max_replicas")


class AzureOverlay(Model):
    """What only Container Apps have."""

    identity: str | None = Field(
        default=None, description="system, or a user-assigned identity's resource id"
    )
    ingress_external: bool | None = Field(
        default=None, description="whether the internet reaches the app; default: that of deployment:"
    )
    create_environment: bool = Field(
        default=False, description="make the managed environment where it is missing"
    )
    traffic: dict[str, Percent] | None = Field(default=None, description="percent of the traffic by revision")

    @field_validator("identity")
    @classmethod
    def _check_identity(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None or value == "system" or allowed_reference(value, info):
            return value
        if value.lower().startswith("/subscriptions/"):
            return value
        raise flaw(
            "identity", "must be system or a resource id, as /subscriptions/…/userAssignedIdentities/NAME"
        )

    @field_validator("traffic")
    @classmethod
    def _check_traffic(cls, value: dict[str, int] | None) -> dict[str, int] | None:
        return whole(value)

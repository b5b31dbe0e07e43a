"""``deployment:`` of agent.yaml, in the spelling of this project and of holodeck-ai 0.7.1 alike."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from holodeck_tui.models.aws import AWSAppRunnerConfig
from holodeck_tui.models.azure import AzureContainerAppsConfig
from holodeck_tui.models.base import Flaw, Model, allowed_reference, flaw
from holodeck_tui.models.checks import check_path, wrong_names
from holodeck_tui.models.gcp import GCPCloudRunConfig
from holodeck_tui.models.registry import RegistryConfig

CloudProvider = Literal["aws", "gcp", "azure"]
CLOUDS: tuple[CloudProvider, ...] = ("aws", "gcp", "azure")
_PLATFORM = re.compile(r"linux/(?:amd64|arm64(?:/v8)?)")

# Cloud Run, container runtime contract; App Runner, "Reference environment variables".
_RESERVED = {
    "gcp": re.compile(r"PORT|K_SERVICE|K_REVISION|K_CONFIGURATION"),
    "aws": re.compile(r"PORT|AWSAPPRUNNER.*"),
}


class CloudTargetConfig(Model):
    """Which cloud, and the one block that belongs to it."""

    provider: CloudProvider = Field(description="aws, gcp or azure")
    aws: AWSAppRunnerConfig | None = Field(default=None, description="with provider aws: App Runner")
    gcp: GCPCloudRunConfig | None = Field(default=None, description="with provider gcp: Cloud Run")
    azure: AzureContainerAppsConfig | None = Field(
        default=None, description="with provider azure: Container Apps"
    )

    @property
    def block(self) -> AWSAppRunnerConfig | GCPCloudRunConfig | AzureContainerAppsConfig:
        """The block of the chosen cloud."""
        block = getattr(self, self.provider)
        assert block is not None
        return block  # type: ignore[no-any-return]

    @field_validator("provider", mode="before")
    @classmethod
    def _not_local(cls, value: Any) -> Any:
        if value == "local":
            raise flaw(
                "provider", "must be aws, gcp or azure", "`target: local` in deploy.yaml for this machine"
            )
        return value

    @classmethod
    def rules(cls, values: Mapping[str, Any]) -> Iterator[Flaw]:
        """The provider's block is there and no other."""
        provider = values.get("provider")
        if provider not in CLOUDS:
            return
        if provider in values and values[provider] is None:
            text = "the block of the provider is required"
            yield Flaw(str(provider), f"`{provider}` is required with provider: {provider}", text, "missing")
        for other in CLOUDS:
            if other != provider and values.get(other) is not None:
                text = "must go: it does not belong to the provider"
                message = f"must go: the provider is {provider}, so only `{provider}` may stand here"
                yield Flaw(other, message, text, "other-block")


class ServiceConfig(Model):
    """What the agent's service is, wherever it runs."""

    runtime: Literal["container", "docker", "auto"] = Field(
        default="container", description="container; docker and auto mean the same here"
    )
    protocol: Literal["rest", "ag-ui", "both"] = Field(
        default="rest",
        description="what the agent speaks: rest or ag-ui (holodeck serve takes one, never both)",
    )
    port: int = Field(default=8080, ge=1, le=65535, description="port in the container")
    health_check_path: str = Field(default="/health", description="HTTP path of the health check")
    environment: dict[str, str] = Field(
        default_factory=dict, description="environment of the container; values may hold ${VAR}"
    )
    platform: str = Field(
        default="linux/amd64", description="platform of the image: linux/amd64 or linux/arm64"
    )

    @field_validator("protocol")
    @classmethod
    def _one_protocol(cls, value: str) -> str:
        if value == "both":
            raise flaw("protocol", "must be one protocol: holodeck serve refuses both", "rest or ag-ui")
        return value

    @field_validator("health_check_path")
    @classmethod
    def _check_health(cls, value: str, info: ValidationInfo) -> str:
        return check_path(value, info)

    @field_validator("environment")
    @classmethod
    def _check_environment(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            if "\0" in text:
                raise flaw("env-value", f"the value of `{name}` holds a NUL character")
        return value

    @field_validator("platform")
    @classmethod
    def _check_platform(cls, value: str, info: ValidationInfo) -> str:
        if allowed_reference(value, info) or _PLATFORM.fullmatch(value):
            return value
        raise flaw("platform", "must be linux/amd64 or linux/arm64")

    @classmethod
    def rules(cls, values: Mapping[str, Any]) -> Iterator[Flaw]:
        """Names that containers take."""
        yield from wrong_names("environment", values.get("environment"))


class DeploymentConfig(ServiceConfig):
    """The whole ``deployment:`` section."""

    registry: RegistryConfig = Field(description="where the image goes")
    target: CloudTargetConfig = Field(description="the cloud it runs in")

    @classmethod
    def rules(cls, values: Mapping[str, Any]) -> Iterator[Flaw]:
        """Names that a cloud keeps for itself; platforms a cloud runs."""
        yield from super().rules(values)
        target = values.get("target")
        provider = (
            target.get("provider") if isinstance(target, Mapping) else getattr(target, "provider", None)
        )
        reserved = _RESERVED.get(str(provider))
        environment = values.get("environment")
        if reserved and isinstance(environment, Mapping):
            for name in environment:
                if reserved.fullmatch(str(name)):
                    text = f"`{name}` must go: {provider} sets it itself"
                    yield Flaw(("environment", str(name)), text, text)
        if str(provider) in {"gcp", "azure"} and str(values.get("platform", "")).startswith("linux/arm"):
            text = f"must be linux/amd64: {provider} runs nothing else"
            yield Flaw("platform", text, text)


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the ``deployment:`` section."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **DeploymentConfig.model_json_schema()}

"""``deploy.yaml``: what HoloDeck's own schema cannot hold. Everything in it is optional."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from holodeck_tui.core.targets import is_target, known_targets
from holodeck_tui.core.values import PROVIDERS
from holodeck_tui.models import sizes
from holodeck_tui.models.aws import AWSOverlay
from holodeck_tui.models.azure import AzureOverlay
from holodeck_tui.models.base import Flaw, Model, allowed_reference, flaw, flaw_told, nearest
from holodeck_tui.models.checks import ENV_NAME, check_path, env_name, wrong_names
from holodeck_tui.models.gcp import GCPOverlay

_IMAGE = re.compile(r"[A-Za-z0-9\[][A-Za-z0-9._/:@\[\]-]*")
_ENVIRONMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_LEAST_MEMORY = 6


class ImageOverlay(Model):
    """How the image is made."""

    base: str | None = Field(default=None, description="base image, by tag or digest")
    builder: Literal["auto", "docker", "layers"] = Field(
        default="auto", description="docker where an engine answers, else layers; or one of the two"
    )
    keep: int = Field(default=5, ge=1, description="images of this agent that stay when old ones are removed")

    @field_validator("base")
    @classmethod
    def _check_base(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None or allowed_reference(value, info) or _IMAGE.fullmatch(value):
            if value is not None and "://" in value:
                raise flaw("image", "must be an image reference without a scheme", value.partition("://")[2])
            return value
        raise flaw("image", "must be an image reference, as ghcr.io/org/base:1.0")


class SecretSource(Model):
    """Where a secret's value is: exactly one of the two."""

    env: str | None = Field(default=None, description="variable of the deploying shell that holds the value")
    ref: str | None = Field(
        default=None, description="the vendor's reference of a value already stored there"
    )

    @field_validator("env")
    @classmethod
    def _check_env(cls, value: str | None) -> str | None:
        if value is not None:
            if value.startswith("${") and value.endswith("}"):
                raise flaw("env-name", "must be the variable's name alone", value[2:-1])
            if not ENV_NAME.fullmatch(value):
                raise flaw("env-name", "must be the name of an environment variable", env_name(value))
        return value

    @classmethod
    def rules(cls, values: Mapping[str, Any]) -> Iterator[Flaw]:
        """Exactly one of ``env`` and ``ref``."""
        if {"env", "ref"} <= values.keys() and (values["env"] is None) == (values["ref"] is None):
            text = "write exactly one of env and ref"
            yield Flaw("env", text, text)


class HealthOverlay(Model):
    """What proves that the agent is well."""

    path: str | None = Field(
        default=None, description="path of the health check; default: that of deployment:"
    )
    ready: str = Field(default="/ready", description="path that says whether the agent takes requests")
    timeout: float = Field(
        default=180, gt=0, le=3600, description="seconds a new revision has to become healthy"
    )
    smoke: str | None = Field(
        default=None, min_length=1, description="one chat message that must be answered"
    )

    @field_validator("path", "ready")
    @classmethod
    def _check_paths(cls, value: str | None, info: ValidationInfo) -> str | None:
        return None if value is None else check_path(value, info)


class LocalOverlay(Model):
    """How the agent runs on this machine."""

    runtime: Literal["auto", "docker", "process"] = Field(
        default="auto",
        description="docker where an engine answers and the base image can be had, else process; "
        "a service that is a container already waits for its engine",
    )
    port: int | None = Field(
        default=None, ge=1, le=65535, description="port on 127.0.0.1; default: that of deployment:"
    )
    memory: str | None = Field(default=None, description="memory limit of the container, as 1Gi or 512Mi")

    @field_validator("memory")
    @classmethod
    def _check_memory(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None or allowed_reference(value, info):
            return value
        amount = sizes.mebibytes(value)
        # Container engines refuse less.
        if amount is None or amount < _LEAST_MEMORY:
            raise flaw("memory", "must be an amount of Mi or Gi", "1Gi, say")
        return value

    @property
    def memory_bytes(self) -> int | None:
        """The memory limit in bytes, None where none is set."""
        amount = sizes.mebibytes(self.memory)
        return None if amount is None else int(amount * 1024 * 1024)


class _Layer(Model):
    target: str | None = Field(
        default=None,
        description="where deploy goes: local, aws, gcp, azure, or the name of an installed deployer",
        examples=list(PROVIDERS),
    )
    image: ImageOverlay = Field(default_factory=ImageOverlay, description="how the image is made")
    secrets: dict[str, SecretSource] = Field(
        default_factory=dict, description="values the container gets from the target's secret store, by name"
    )
    allow_plain: tuple[str, ...] = Field(
        default=(), description="environment values that look secret and are not"
    )
    allow_files: tuple[str, ...] = Field(
        default=(), description="files that look like credentials and are not"
    )
    health: HealthOverlay = Field(
        default_factory=HealthOverlay, description="what proves that the agent is well"
    )
    local: LocalOverlay = Field(default_factory=LocalOverlay, description="how it runs on this machine")
    aws: AWSOverlay = Field(default_factory=AWSOverlay, description="what only AWS has")
    gcp: GCPOverlay = Field(default_factory=GCPOverlay, description="what only Cloud Run has")
    azure: AzureOverlay = Field(default_factory=AzureOverlay, description="what only Container Apps have")

    @field_validator("target")
    @classmethod
    def _check_target(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None or allowed_reference(value, info) or is_target(value):
            return value
        known = known_targets()
        near = nearest(value, known)
        plain = f"must be one of {', '.join(known)}"
        raise flaw_told("target", plain, f"{plain}; did you mean `{near}`?" if near else plain)

    @classmethod
    def rules(cls, values: Mapping[str, Any]) -> Iterator[Flaw]:
        """Names that containers take."""
        yield from wrong_names("secrets", values.get("secrets"))


class EnvironmentOverlay(_Layer):
    """What a named environment lays over the rest."""

    deployment: dict[str, Any] | None = Field(
        default=None, description="keys of agent.yaml's deployment: section that differ here"
    )


class Overlay(_Layer):
    """deploy.yaml. In ``Settings.overlay`` the chosen environment is laid over the rest already."""

    environments: dict[str, EnvironmentOverlay] = Field(
        default_factory=dict, description="named environments (--env), deep-merged over the above"
    )

    @classmethod
    def rules(cls, values: Mapping[str, Any]) -> Iterator[Flaw]:
        """Names of environments can stand in the names of services."""
        yield from super().rules(values)
        environments = values.get("environments")
        for name in environments if isinstance(environments, Mapping) else ():
            if not _ENVIRONMENT.fullmatch(str(name)):
                text = "must be a name of up to 32 letters, digits, - and _"
                yield Flaw(("environments", str(name)), text, text, "env-name")


def overlay_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of deploy.yaml."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Overlay.model_json_schema()}

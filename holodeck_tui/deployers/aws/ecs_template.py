"""From settings to the request of ECS Express, and what it answers in the same plain form to compare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holodeck_tui.bundle.container import looks_like_token
from holodeck_tui.core.redact import MASK, looks_secret
from holodeck_tui.core.values import Change
from holodeck_tui.deployers.aws.secrets import Stored
from holodeck_tui.deployers.base import ServiceSpec
from holodeck_tui.models.aws import AWSAppRunnerConfig, aws_vcpus
from holodeck_tui.models.sizes import megabytes

# CreateExpressGatewayService: what stands there when nothing is sent.
_PORT, _CPU, _MEMORY, _HEALTH, _ARCHITECTURE = 80, 256, 512, "/ping", "X86_64"
_METRIC, _TARGET = "AVERAGE_CPU", 60
_ARCHITECTURES = {"linux/amd64": "X86_64", "linux/arm64": "ARM64"}


def target(spec: ServiceSpec) -> AWSAppRunnerConfig:
    """``deployment.target.aws``; with its defaults where nothing is written."""
    deployment = spec.settings.deployment
    return (deployment.target.aws if deployment else None) or AWSAppRunnerConfig()


def request(
    spec: ServiceSpec,
    plain: Mapping[str, str],
    secrets: Mapping[str, Stored],
    login: str | None,
) -> dict[str, Any]:
    """What create and update have in common. ``login`` is the ARN of the registry's login."""
    own, block = spec.settings.overlay.aws, target(spec)
    container: dict[str, Any] = {
        "image": image(spec) or "",
        "containerPort": spec.port,
        "environment": [{"name": name, "value": plain[name]} for name in sorted(plain)],
        "secrets": [{"name": name, "valueFrom": value_from(secrets[name])} for name in sorted(secrets)],
    }
    if login is not None:
        container["repositoryCredentials"] = {"credentialsParameter": login}
    body: dict[str, Any] = {
        "executionRoleArn": own.execution_role_arn,
        "healthCheckPath": spec.health.path,
        "primaryContainer": container,
        "cpu": str(int(block.vcpus * 1024)),
        "memory": str(block.memory_mb),
        "cpuArchitecture": _ARCHITECTURES.get(spec.settings.platform, _ARCHITECTURE),
        "scalingTarget": {
            "minTaskCount": block.auto_scaling_min,
            "maxTaskCount": block.auto_scaling_max,
            "autoScalingMetric": _METRIC,
            "autoScalingTargetValue": _TARGET,
        },
    }
    if own.instance_role_arn:
        body["taskRoleArn"] = own.instance_role_arn
    return body


def image(spec: ServiceSpec) -> str | None:
    """By digest; None for an image that no registry has yet."""
    return spec.image.pinned if spec.image is not None and spec.image.in_registry else None


def value_from(stored: Stored) -> str:
    """How ECS names a secret: pinned to a version where we keep it, so that a new value is a new revision.

    "Specifying sensitive data using Secrets Manager secrets": ``arn:json-key:version-stage:version-id``.
    """
    return f"{stored.arn}:::{stored.version}" if stored.version else stored.arn


def plain_form(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """A request, or a configuration of the live service, as dotted paths to plain values.

    What ECS fills in by itself (network, log group, task definition) is left out, defaults are filled
    in, sizes are numbers and a list's order does not count.
    """
    container = configuration.get("primaryContainer") or {}
    scaling = configuration.get("scalingTarget") or {}
    form: dict[str, Any] = {
        "image": container.get("image"),
        "port": int(container.get("containerPort") or _PORT),
        "cpu": _units(configuration.get("cpu")),
        "memory": megabytes(configuration.get("memory")) or _MEMORY,
        "architecture": configuration.get("cpuArchitecture") or _ARCHITECTURE,
        "health_check_path": configuration.get("healthCheckPath") or _HEALTH,
        "execution_role_arn": configuration.get("executionRoleArn"),
        "auto_scaling_min": scaling.get("minTaskCount"),
        "auto_scaling_max": scaling.get("maxTaskCount"),
        "auto_scaling_metric": scaling.get("autoScalingMetric") or _METRIC,
        "auto_scaling_target": scaling.get("autoScalingTargetValue") or _TARGET,
        "registry_login": (container.get("repositoryCredentials") or {}).get("credentialsParameter"),
        "instance_role_arn": configuration.get("taskRoleArn"),
    }
    form.update(
        {f"environment.{each['name']}": each.get("value", "") for each in container.get("environment") or ()}
    )
    form.update({f"secrets.{each['name']}": each.get("valueFrom") for each in container.get("secrets") or ()})
    return form


def differences(
    live: Mapping[str, Any], wanted: Mapping[str, Any], spec: ServiceSpec | None = None
) -> list[Change]:
    """Property by property, both as :func:`plain_form` makes them; what may not be shown is ``***``.

    A role that was there and is not asked for stays: an update cannot take it away.
    """
    keep = {"instance_role_arn"} if wanted.get("instance_role_arn") is None else set()
    paths = [path for path in {**wanted, **live} if path not in keep]
    return [
        Change(path, _shown(path, live.get(path), spec), _shown(path, wanted.get(path), spec))
        for path in sorted(paths, key=lambda path: (path.partition(".")[0] != "image", path))
        if live.get(path) != wanted.get(path)
    ]


def same(live: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether a configuration is the one that is wanted."""
    return not differences(plain_form(live), plain_form(wanted))


def _units(cpu: object) -> int:
    found = aws_vcpus(cpu)
    return int(found * 1024) if found is not None else _CPU


def _shown(path: str, value: Any, spec: ServiceSpec | None) -> Any:
    if value is None:
        return None
    kind, _, name = path.partition(".")
    if kind == "secrets" or path == "registry_login":
        return MASK
    if kind == "environment":
        text = spec.env.get(name) if spec is not None else None
        refers = text is not None and spec is not None and bool(spec.settings.variables.references(text))
        if refers or looks_secret(name) or looks_like_token(str(value)):
            return MASK
    return value

"""From settings to App Runner's own request, and the same for what it answers, in one form to compare."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from holodeck_tui.config.resolve import Settings
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers import environment as container
from holodeck_tui.deployers.aws import ecr
from holodeck_tui.deployers.aws.secrets import Stored
from holodeck_tui.deployers.base import Health
from holodeck_tui.models.agent import provider_variables
from holodeck_tui.models.aws import AWSAppRunnerConfig, aws_vcpus
from holodeck_tui.models.sizes import megabytes

SECRETS_REVISION = "HOLODECK_SECRETS_REVISION"
"""A variable of the container that changes with every stored value: else a new value starts no revision."""

# HealthCheckConfiguration: 1 to 20 for each of these.
_INTERVAL, _TIMEOUT, _MOST = 10, 5, 20
_PLATFORM = "linux/amd64"
# ImageRepository.ImageIdentifier; hosts of other partitions are accepted for their own regions.
_PUBLIC = re.compile(r"public\.ecr\.aws/[^/]+/.+")


@dataclass(frozen=True)
class Desired:
    """What shall run. ``env`` and ``secrets`` (name → ARN) are as App Runner takes them."""

    image: str
    port: int
    env: Mapping[str, str]
    secrets: Mapping[str, str]
    block: AWSAppRunnerConfig
    settings: Settings
    health: Health

    @property
    def source(self) -> dict[str, Any]:
        """``SourceConfiguration``."""
        configuration: dict[str, Any] = {
            "Port": str(self.port),
            "RuntimeEnvironmentVariables": dict(self.env),
            "RuntimeEnvironmentSecrets": dict(self.secrets),
        }
        private = not self.image.startswith(f"{ecr.PUBLIC}/")
        source: dict[str, Any] = {
            "ImageRepository": {
                "ImageIdentifier": self.image,
                "ImageRepositoryType": "ECR" if private else "ECR_PUBLIC",
                "ImageConfiguration": configuration,
            },
            # True by default: then our own push would start a deployment that blocks the update.
            "AutoDeploymentsEnabled": False,
        }
        if private and self.block.ecr_role_arn:
            source["AuthenticationConfiguration"] = {"AccessRoleArn": self.block.ecr_role_arn}
        return source

    @property
    def instance(self) -> dict[str, str]:
        """``InstanceConfiguration``, in the units that App Runner answers with."""
        found = {"Cpu": str(int(self.block.vcpus * 1024)), "Memory": str(self.block.memory_mb)}
        role = self.settings.overlay.aws.instance_role_arn
        return {**found, "InstanceRoleArn": role} if role else found

    @property
    def health_check(self) -> dict[str, Any]:
        """``HealthCheckConfiguration``: TCP is the default and says nothing of an agent."""
        return {
            "Protocol": "HTTP",
            "Path": self.health.path,
            "Interval": _INTERVAL,
            "Timeout": _TIMEOUT,
            "HealthyThreshold": 1,
            "UnhealthyThreshold": max(1, min(_MOST, ceil(self.health.timeout / _INTERVAL))),
        }

    @property
    def network(self) -> dict[str, Any]:
        """``NetworkConfiguration``."""
        connector = self.settings.overlay.aws.vpc_connector_arn
        egress = (
            {"EgressType": "VPC", "VpcConnectorArn": connector} if connector else {"EgressType": "DEFAULT"}
        )
        return {"EgressConfiguration": egress, "IngressConfiguration": {"IsPubliclyAccessible": True}}

    def request(self, scaling_arn: str) -> dict[str, Any]:
        """What create and update have in common."""
        return {
            "SourceConfiguration": self.source,
            "InstanceConfiguration": self.instance,
            "HealthCheckConfiguration": self.health_check,
            "NetworkConfiguration": self.network,
            "AutoScalingConfigurationArn": scaling_arn,
        }


def secrets_revision(stored: Mapping[str, Stored]) -> str:
    """A short word that is another one when a value of ours is; made of ids, never of values."""
    versions = "\n".join(f"{name} {each.arn} {each.version}" for name, each in sorted(stored.items()))
    return hashlib.sha256(versions.encode()).hexdigest()[:12]


def flat(request: Mapping[str, Any]) -> dict[str, Any]:
    """A request or a described service as plain properties by dotted path, in one spelling."""
    source = request.get("SourceConfiguration") or {}
    image = source.get("ImageRepository") or {}
    configuration = image.get("ImageConfiguration") or {}
    instance = request.get("InstanceConfiguration") or {}
    health = request.get("HealthCheckConfiguration") or {}
    network = request.get("NetworkConfiguration") or {}
    egress = network.get("EgressConfiguration") or {}
    ingress = network.get("IngressConfiguration") or {}
    found: dict[str, Any] = {
        "image": image.get("ImageIdentifier"),
        "port": int(configuration.get("Port") or 8080),
        "cpu": _cpu(instance.get("Cpu")),
        "memory": megabytes(instance.get("Memory")),
        "instance_role_arn": instance.get("InstanceRoleArn") or None,
        "ecr_role_arn": (source.get("AuthenticationConfiguration") or {}).get("AccessRoleArn"),
        "auto_deployments": bool(source.get("AutoDeploymentsEnabled", True)),
        "health.protocol": health.get("Protocol", "TCP"),
        "health.path": health.get("Path", "/"),
        "health.interval": health.get("Interval", 5),
        "health.timeout": health.get("Timeout", 2),
        "health.healthy_threshold": health.get("HealthyThreshold", 1),
        "health.unhealthy_threshold": health.get("UnhealthyThreshold", 5),
        "vpc_connector_arn": egress.get("VpcConnectorArn") or None,
        "public": bool(ingress.get("IsPubliclyAccessible", True)),
    }
    variables: Mapping[str, str] = configuration.get("RuntimeEnvironmentVariables") or {}
    secrets: Mapping[str, str] = configuration.get("RuntimeEnvironmentSecrets") or {}
    found |= {f"environment.{name}": text for name, text in variables.items()}
    found |= {f"secrets.{name}": arn for name, arn in secrets.items()}
    return found


def _cpu(text: object) -> float | None:
    """``1024`` and ``1 vCPU`` alike."""
    found = aws_vcpus(text)
    return float(found) if found is not None else None


def has_secrets(settings: Settings) -> bool:
    """Whether the agent has secrets, as far as that is known before its files are read."""
    texts = settings.container_environment.items()
    if settings.overlay.secrets or any(container.is_secret(name, text, settings) for name, text in texts):
        return True
    # The model's provider takes its key by itself, wherever the shell has one.
    keys = (name for one in provider_variables(settings.agent) if one.secret for name in one.names)
    return any(settings.variables.get(name) for name in keys)


def check_settings(settings: Settings, *, with_secrets: bool) -> AWSAppRunnerConfig:
    """Refuse what App Runner cannot run, before anything is built.

    Raises ``registry-unpullable`` and ``config-invalid``.
    """
    assert settings.deployment is not None
    block = settings.deployment.target.aws
    assert block is not None
    registry = settings.deployment.registry
    private = ecr.parse_host(registry.host) is not None
    if not private and not _PUBLIC.fullmatch(registry.image_name):
        raise DeploymentError(
            "registry-unpullable",
            f"App Runner cannot pull from {registry.host}.",
            reason="it pulls from a private ECR or from public.ecr.aws/ALIAS/… only",
            remedy=f"holodeck-deploy-tui set deployment.registry.url=ACCOUNT.dkr.ecr.{block.region}."
            "amazonaws.com  (or write in deploy.yaml: aws: {service: ecs-express})",
        )
    if private and not block.ecr_role_arn:
        raise _incomplete(
            "App Runner needs a role to pull from the private ECR.",
            "deployment.target.aws.ecr_role_arn is not set",
            "holodeck-deploy-tui set deployment.target.aws.ecr_role_arn="
            "arn:aws:iam::ACCOUNT:role/service-role/AppRunnerECRAccessRole",
        )
    if settings.platform != _PLATFORM:
        raise _incomplete(
            f"App Runner does not run {settings.platform}.",
            f"its instances are {_PLATFORM}",
            f"holodeck-deploy-tui set deployment.platform={_PLATFORM}",
        )
    if with_secrets and not settings.overlay.aws.instance_role_arn:
        raise _incomplete(
            "App Runner needs a role to read the agent's secrets.",
            "aws.instance_role_arn of deploy.yaml is not set, and secrets are not sent in plain text",
            "Write in deploy.yaml: aws: {instance_role_arn: arn:aws:iam::ACCOUNT:role/NAME}",
        )
    return block


def _incomplete(message: str, reason: str, remedy: str) -> DeploymentError:
    return DeploymentError("config-invalid", message, reason=reason, remedy=remedy)

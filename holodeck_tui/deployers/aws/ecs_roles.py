"""The two roles that an Express service cannot be without, and what each must be allowed."""

from __future__ import annotations

from dataclasses import dataclass

from holodeck_tui.config.resolve import Settings
from holodeck_tui.core.errors import DeploymentError


@dataclass(frozen=True)
class Role:
    """``key`` of deploy.yaml's ``aws``; AWS's own policy for it; who assumes it; what it is for."""

    key: str
    policy: str
    principal: str
    purpose: str

    @property
    def policy_path(self) -> str:
        """The policy's ARN without ``arn:<partition>``."""
        return f"iam::aws:policy/service-role/{self.policy}"


INFRASTRUCTURE = Role(
    "infrastructure_role_arn",
    "AmazonECSInfrastructureRoleforExpressGatewayServices",
    "ecs.amazonaws.com",
    "makes the load balancer and the network",
)
EXECUTION = Role(
    "execution_role_arn",
    "AmazonECSTaskExecutionRolePolicy",
    "ecs-tasks.amazonaws.com",
    "pulls the image, writes the log and reads the secrets",
)
ROLES = (INFRASTRUCTURE, EXECUTION)


def arn_of(role: Role, settings: Settings) -> str | None:
    """What deploy.yaml says."""
    found: str | None = getattr(settings.overlay.aws, role.key)
    return found


def require_roles(settings: Settings) -> None:
    """Raises ``config-invalid`` that names every role that is missing, and its managed policy."""
    missing = [role for role in ROLES if not arn_of(role, settings)]
    if not missing:
        return
    keys = ", ".join(f"{role.key}: arn:aws:iam::ACCOUNT:role/NAME" for role in missing)
    one = len(missing) == 1
    raise DeploymentError(
        "config-invalid",
        f"ECS Express needs {'a role that is' if one else 'two roles that are'} not named.",
        reason=f"deploy.yaml has no {' and no '.join(f'aws.{role.key}' for role in missing)}",
        remedy=f"Write in deploy.yaml: aws: {{{keys}}}",
        details=[
            f"{role.key}: {role.purpose}; trusts {role.principal}; policy service-role/{role.policy}"
            for role in missing
        ],
    )

"""What ``doctor`` looks at before an agent is deployed to ECS Express."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from holodeck_tui.config.resolve import Settings
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.aws import checks
from holodeck_tui.deployers.aws.client import Aws
from holodeck_tui.deployers.aws.ecs_api import CLUSTER, ECS
from holodeck_tui.deployers.aws.ecs_registry import pull_login
from holodeck_tui.deployers.aws.ecs_roles import ROLES, Role, arn_of, require_roles
from holodeck_tui.deployers.aws.errors import AwsError
from holodeck_tui.deployers.aws.quota import ECS as ECS_SERVICES
from holodeck_tui.deployers.aws.quota import check_quota
from holodeck_tui.deployers.checks import Check

_NAME = "aws ecs-express"


def examine(region: str, settings: Settings | None, ctx: Context) -> Iterator[Check]:
    """Each check; ``settings`` None: only what needs no agent."""
    found, aws = checks.basics(region, ctx)
    yield from found
    if aws is None:
        return
    yield check_cluster(aws)
    yield check_quota(aws, f"{_NAME} quota", ECS_SERVICES, lambda: _count(aws))
    if settings is None:
        return
    yield check_pull(settings, ctx)
    repository = checks.check_repository(settings, ctx)
    if repository is not None:
        yield repository
    try:
        require_roles(settings)
    except DeploymentError as error:
        yield Check(f"{_NAME} roles", "fail", "; ".join((str(error), *error.details)), error.remedy)
    for role in ROLES:
        arn = arn_of(role, settings)
        if arn is not None:
            yield check_role(aws, role, arn)
    own = settings.overlay.aws.instance_role_arn
    if own:
        yield checks.check_role(aws, "instance_role_arn", own, "ecs-tasks.amazonaws.com")


def check_cluster(aws: Aws) -> Check:
    """Whether ECS answers, and whether its default cluster is there already."""
    try:
        there = _clusters(aws)
    except AwsError as error:
        return Check(_NAME, "fail", str(error), error.remedy)
    detail = f"the cluster {CLUSTER} is there" if there else f"the first deploy makes the cluster {CLUSTER}"
    return Check(_NAME, "ok", f"{detail} in {aws.region}")


def _clusters(aws: Aws) -> list[dict[str, Any]]:
    answer = aws.ask(ECS, "describe_clusters", f"look at the cluster {CLUSTER}", clusters=[CLUSTER])
    return [each for each in answer.get("clusters") or () if each.get("status") == "ACTIVE"]


def _count(aws: Aws) -> int:
    """Every service of the cluster, ours or not."""
    return sum(int(each.get("activeServicesCount", 0)) for each in _clusters(aws))


def check_pull(settings: Settings, ctx: Context) -> Check:
    """Whether ECS can pull what is pushed."""
    try:
        login = pull_login(settings, ctx)
    except DeploymentError as error:
        return Check(f"{_NAME} pull", "fail", str(error), error.remedy)
    if login is None:
        return Check(f"{_NAME} pull", "ok", "the execution role pulls from ECR")
    return Check(f"{_NAME} pull", "ok", f"ECS gets the login of {login.origin or login.username}")


def check_role(aws: Aws, role: Role, arn: str) -> Check:
    """Exists, trusts who must assume it, and has AWS's own policy (or one of your own: then a warning)."""
    found = checks.check_role(aws, role.key, arn, role.principal)
    if found.status != "ok":
        return found
    name = arn.rpartition("/")[2]
    try:
        listed = list(
            aws.pages(
                "iam",
                "list_attached_role_policies",
                f"look at the policies of {name}",
                "AttachedPolicies",
                cursor="Marker",
                RoleName=name,
            )
        )
    except AwsError as error:
        return Check(found.name, "warn", f"its policies cannot be looked at: {error.reason}", error.remedy)
    if any(each.get("PolicyName") == role.policy for each in listed):
        return Check(found.name, "ok", f"{found.detail} and has {role.policy}")
    return Check(
        found.name,
        "warn",
        f"{arn} does not have {role.policy}; that is well only if a policy of your own allows the same",
        f"aws iam attach-role-policy --role-name {name} --policy-arn arn:aws:{role.policy_path}",
    )

"""What ``doctor`` looks at on the side of AWS, for both of its services."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import Any
from urllib.parse import unquote

from holodeck_tui.config.resolve import Settings
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.aws import ecr
from holodeck_tui.deployers.aws.client import LIST, Aws, require_boto3
from holodeck_tui.deployers.aws.errors import AwsError
from holodeck_tui.deployers.checks import Check

NAME = "aws"


def basics(region: str, ctx: Context) -> tuple[list[Check], Aws | None]:
    """SDK, region, credentials and who they are; None where that makes the rest impossible."""
    try:
        require_boto3()
    except DeploymentError as error:
        return [Check(f"{NAME} sdk", "fail", error.reason, error.remedy)], None
    found = [Check(f"{NAME} sdk", "ok", f"boto3 {version('boto3')}")]
    aws = Aws(region, ctx, LIST)
    try:
        answer = aws.ask("sts", "get_caller_identity", "tell who asks")
    except DeploymentError as error:
        return [*found, Check(f"{NAME} identity", "fail", str(error), error.remedy)], None
    return [*found, Check(f"{NAME} identity", "ok", f"{answer['Arn']} in {region}")], aws


def check_role(aws: Aws, name: str, arn: str, principal: str) -> Check:
    """Whether a role exists and lets ``principal`` assume it; not to be allowed to look is a warning."""
    label = f"{NAME} {name}"
    role = arn.rpartition("/")[2]
    try:
        answer = aws.ask("iam", "get_role", f"look at the role {role}", RoleName=role)
    except AwsError as error:
        if error.kind == "gone":
            return Check(label, "fail", f"there is no role {arn}", f"aws iam get-role --role-name {role}")
        if error.kind == "permission":
            return Check(label, "warn", f"{arn} cannot be looked at: {error.reason}", error.remedy)
        return Check(label, "fail", str(error), error.remedy)
    if answer["Role"]["Arn"] != arn:
        detail = f"the role's ARN is {answer['Role']['Arn']}, not {arn}"
        return Check(label, "fail", detail, "Write the ARN with its path, as IAM shows it.")
    if principal not in trusted(answer["Role"].get("AssumeRolePolicyDocument")):
        detail = f"{arn} does not let {principal} assume it"
        remedy = f"aws iam update-assume-role-policy --role-name {role} --policy-document file://trust.json"
        return Check(label, "fail", detail, remedy)
    return Check(label, "ok", f"{arn} trusts {principal}")


def check_repository(settings: Settings, ctx: Context) -> Check | None:
    """Whether the repository of a private ECR is there; None for another registry."""
    registry = settings.registry
    if registry is None or ecr.parse_host(registry.host) is None:
        return None
    try:
        there = ecr.has_repository(registry.image_name, ctx)
    except AwsError as error:
        return Check(f"{NAME} ecr", "fail", str(error), error.remedy)
    if there:
        return Check(f"{NAME} ecr", "ok", f"{registry.image_name} is there")
    return Check(
        f"{NAME} ecr",
        "warn",
        f"there is no repository {registry.image_name} yet",
        "holodeck-deploy-tui push --create",
    )


def trusted(document: Any) -> set[str]:
    """The services that a trust policy names. IAM's own answer is URL-quoted; botocore parses it."""
    if isinstance(document, str):
        document = json.loads(unquote(document))
    statements = document.get("Statement", []) if isinstance(document, dict) else []
    found: set[str] = set()
    for statement in statements if isinstance(statements, list) else [statements]:
        services = (statement.get("Principal") or {}).get("Service", [])
        if statement.get("Effect") == "Allow":
            found.update([services] if isinstance(services, str) else services)
    return found

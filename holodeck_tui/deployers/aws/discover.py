"""What an AWS login sees: account, region, repositories, and the roles that its services may assume."""

from __future__ import annotations

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.aws.checks import trusted
from holodeck_tui.deployers.aws.client import LIST, Aws, require_boto3
from holodeck_tui.deployers.discovery import Found

# Which service must be trusted by the role of a field.
_TRUSTED = {
    "ecr_role_arn": "build.apprunner.amazonaws.com",
    "infrastructure_role_arn": "ecs.amazonaws.com",
    "execution_role_arn": "ecs-tasks.amazonaws.com",
}
_NOWHERE = "us-east-1"


def look(ctx: Context) -> Found:
    """Raises what a missing package or login is; a list that is refused is left out and told."""
    require_boto3()
    import botocore.session

    region = str(botocore.session.get_session().get_config_variable("region") or _NOWHERE)
    aws = Aws(region, ctx, LIST)
    who = aws.ask("sts", "get_caller_identity", "tell who asks")
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    choices: dict[str, tuple[str, ...]] = {
        "region": (region,),
        "url": (f"{who['Account']}.dkr.ecr.{region}.{suffix}",),
    }
    refused: DeploymentError | None = None
    try:
        found = aws.pages(
            "ecr", "describe_repositories", "list the repositories", "repositories", cursor="nextToken"
        )
        choices["repository"] = tuple(sorted(str(one["repositoryName"]) for one in found))
    except DeploymentError as error:
        refused = error
    try:
        choices.update(_roles(aws))
    except DeploymentError as error:
        refused = refused or error
    return Found(f"{who['Account']} / {region} as {who['Arn']}", choices, refused)


def _roles(aws: Aws) -> dict[str, tuple[str, ...]]:
    # IAM says where to go on with a Marker, and calls the answer's cursor by the same name.
    following: dict[str, str] = {}
    arns: dict[str, list[str]] = {field: [] for field in _TRUSTED}
    while True:
        answer = aws.ask("iam", "list_roles", "list the roles", **following)
        for one in answer["Roles"]:
            trusts = trusted(one.get("AssumeRolePolicyDocument"))
            for field, service in _TRUSTED.items():
                if service in trusts:
                    arns[field].append(str(one["Arn"]))
        if not answer.get("IsTruncated"):
            return {field: tuple(sorted(found)) for field, found in arns.items()}
        following = {"Marker": str(answer["Marker"])}

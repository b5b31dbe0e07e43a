"""What an AWS login sees: account, region, repositories, and the roles App Runner may pull with."""

from __future__ import annotations

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.aws.checks import trusted
from holodeck_tui.deployers.aws.client import LIST, Aws, require_boto3
from holodeck_tui.deployers.discovery import Found

_PULLS = "build.apprunner.amazonaws.com"
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
        choices["ecr_role_arn"] = _roles(aws)
    except DeploymentError as error:
        refused = refused or error
    return Found(f"{who['Account']} / {region} as {who['Arn']}", choices, refused)


def _roles(aws: Aws) -> tuple[str, ...]:
    # IAM says where to go on with a Marker, and calls the answer's cursor by the same name.
    following: dict[str, str] = {}
    arns: list[str] = []
    while True:
        answer = aws.ask("iam", "list_roles", "list the roles", **following)
        arns += [
            str(one["Arn"])
            for one in answer["Roles"]
            if _PULLS in trusted(one.get("AssumeRolePolicyDocument"))
        ]
        if not answer.get("IsTruncated"):
            return tuple(sorted(arns))
        following = {"Marker": str(answer["Marker"])}

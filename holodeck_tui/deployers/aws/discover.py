"""What an AWS login sees: account, region, repositories, and the roles that its services may assume."""

from __future__ import annotations

from holodeck_tui.core.context import Context
from holodeck_tui.deployers.aws.checks import trusted
from holodeck_tui.deployers.aws.client import LIST, Aws, require_boto3
from holodeck_tui.deployers.looking import Looking, SeenRegistry

# Which service must be trusted by the role of a field.
_TRUSTED = {
    "ecr_role_arn": "build.apprunner.amazonaws.com",
    "instance_role_arn": "tasks.apprunner.amazonaws.com",
    "infrastructure_role_arn": "ecs.amazonaws.com",
    "execution_role_arn": "ecs-tasks.amazonaws.com",
}
_NOWHERE = "us-east-1"


def region_of_shell() -> str:
    """The region that variables and profile name, else AWS's first."""
    import botocore.session

    return str(botocore.session.get_session().get_config_variable("region") or _NOWHERE)


def regions(product: str, first: str) -> tuple[str, ...]:
    """Those that have ``product``, by botocore's own tables, ``first`` before all others. Asks nobody."""
    import botocore.session
    from botocore.exceptions import UnknownRegionError

    session = botocore.session.get_session()
    service = "ecs" if product == "ecs-express" else "apprunner"
    try:
        found = session.get_available_regions(service, session.get_partition_for_region(first))
    except UnknownRegionError:
        found = []
    return tuple(dict.fromkeys((first, *sorted(found))))


def look(ctx: Context, looking: Looking) -> None:
    """Raises what a missing package or login is; a list that is refused is left out and told."""
    require_boto3()
    looking.doing = "the login to AWS"
    region = looking.within or region_of_shell()
    # Whether or not anybody answers there.
    looking.choices["region"] = regions(looking.product, region)
    aws = Aws(region, ctx, LIST)
    who = aws.ask("sts", "get_caller_identity", "tell who asks")
    looking.identity = f"{who['Account']} / {region} as {who['Arn']}"
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    host = f"{who['Account']}.dkr.ecr.{region}.{suffix}"
    looking.place = region
    looking.registries = (SeenRegistry(host),)
    with looking.asking("the repositories of ECR"):
        found = aws.pages(
            "ecr", "describe_repositories", "list the repositories", "repositories", cursor="nextToken"
        )
        names = tuple(sorted(str(one["repositoryName"]) for one in found))
        looking.registries = (SeenRegistry(host, names),)
    with looking.asking("the roles of IAM"):
        looking.choices.update(_roles(aws))


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

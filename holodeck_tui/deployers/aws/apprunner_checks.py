"""What ``doctor`` looks at before an agent is deployed to App Runner."""

from __future__ import annotations

from collections.abc import Iterator

from holodeck_tui.config.resolve import Settings
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.aws import checks
from holodeck_tui.deployers.aws.apprunner_api import AppRunner
from holodeck_tui.deployers.aws.apprunner_template import check_settings, has_secrets
from holodeck_tui.deployers.aws.client import Aws
from holodeck_tui.deployers.aws.errors import AwsError
from holodeck_tui.deployers.aws.quota import APP_RUNNER, check_quota
from holodeck_tui.deployers.checks import Check

_PULLS = "build.apprunner.amazonaws.com"
_RUNS = "tasks.apprunner.amazonaws.com"
_NAME = "aws app-runner"


def examine(region: str, settings: Settings | None, ctx: Context) -> Iterator[Check]:
    """Each check; ``settings`` None: only what needs no agent."""
    found, aws = checks.basics(region, ctx)
    yield from found
    if aws is None:
        return
    yield check_open(aws)
    yield check_quota(aws, f"{_NAME} quota", APP_RUNNER, lambda: _count(aws))
    if settings is None:
        return
    try:
        block = check_settings(settings, with_secrets=has_secrets(settings))
    except DeploymentError as error:
        yield Check(f"{_NAME} settings", "fail", str(error), error.remedy)
        return
    repository = checks.check_repository(settings, ctx)
    if repository is not None:
        yield repository
    if block.ecr_role_arn:
        yield checks.check_role(aws, "ecr_role_arn", block.ecr_role_arn, _PULLS)
    role = settings.overlay.aws.instance_role_arn
    if role:
        yield checks.check_role(aws, "instance_role_arn", role, _RUNS)


def _count(aws: Aws) -> int:
    """Every service of the account, ours or not; also one that was never made counts until it is deleted."""
    return sum(each.get("Status") != "DELETED" for each in AppRunner(aws).summaries())


def check_open(aws: Aws) -> Check:
    """Whether App Runner answers this account. That it takes a new service shows only when one is made."""
    try:
        answer = aws.ask("apprunner", "list_services", "list the App Runner services", MaxResults=1)
    except AwsError as error:
        return Check(_NAME, "fail", str(error), error.remedy)
    if answer.get("ServiceSummaryList"):
        return Check(_NAME, "ok", f"this account has App Runner services in {aws.region}")
    return Check(
        _NAME,
        "warn",
        f"this account has no App Runner service in {aws.region}, and new customers are not taken "
        "since 2026-04-30",
        "If App Runner refuses, write in deploy.yaml: aws: {service: ecs-express}",
    )

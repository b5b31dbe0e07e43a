"""ECR's login and repositories, and what doctor sees of an account."""

from __future__ import annotations

import json
from typing import Any

import pytest

from holodeck_tui.core.context import Context
from holodeck_tui.deployers.aws import ecr
from holodeck_tui.deployers.aws.deployer import AwsDeployer
from holodeck_tui.image.credentials import find_credentials
from tests.contract.aws.support import HOST, INSTANCE_ROLE, ROLE, Stage
from tests.contract.aws.world import REGION, Rule

pytestmark = pytest.mark.contract


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "eu-west-1"),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("123456789012.dkr-ecr.eu-central-1.on.aws", "eu-central-1"),
        ("docker.io", None),
        ("12345.dkr.ecr.eu-west-1.amazonaws.com", None),
        ("public.ecr.aws", None),
    ],
)
def test_whose_registry_it_is(host: str, region: str | None) -> None:
    found = ecr.parse_host(host)
    assert (found and found.region) == region


def test_a_push_gets_a_token_by_the_aws_identity_each_time(stage: Stage) -> None:
    sources = AwsDeployer().credential_sources(stage.settings)
    for _ in range(2):
        found = find_credentials(HOST, stage.ctx, sources=sources)
        assert found is not None
        assert found.username == "AWS"
        assert found.password
        assert found.password not in repr(found)
        assert stage.ctx.redactor.clean(f"the password is {found.password}").endswith("***")
    assert stage.aws.world.count("GetAuthorizationToken") == 2
    assert find_credentials("ghcr.io", stage.ctx, sources=sources) is None


def test_a_mirror_on_this_machine_gets_no_token(stage: Stage) -> None:
    environ = {"HOLODECK_REGISTRY_ENDPOINTS": f"{HOST}=http://127.0.0.1:5000"}
    sources = AwsDeployer().credential_sources(stage.settings)
    assert find_credentials(HOST, Context(environ=environ), sources=sources) is None
    assert stage.aws.world.count("GetAuthorizationToken") == 0


def test_a_repository_is_made_once(stage: Stage) -> None:
    deployer = AwsDeployer()
    assert deployer.create_repository(stage.settings, stage.ctx) is True
    assert deployer.create_repository(stage.settings, stage.ctx) is False
    (found,) = stage.aws.client("ecr").describe_repositories()["repositories"]
    assert found["repositoryName"] == "agents/helpdesk"
    labels = stage.aws.client("ecr").list_tags_for_resource(resourceArn=found["repositoryArn"])["tags"]
    assert {"Key": "managed-by", "Value": "holodeck"} in labels
    stage.section = {"registry": {"url": "ghcr.io", "repository": "me/agent"}}
    assert deployer.create_repository(stage.settings, stage.ctx) is False


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def account(stage: Stage) -> Any:
    """Both roles, as App Runner wants them."""
    iam = stage.aws.client("iam")
    for arn, service in (
        (ROLE, "build.apprunner.amazonaws.com"),
        (INSTANCE_ROLE, "tasks.apprunner.amazonaws.com"),
    ):
        path, _, name = arn.partition(":role/")[2].rpartition("/")
        iam.create_role(RoleName=name, Path=f"/{path}/", AssumeRolePolicyDocument=trust(service))
    return iam


def seen(stage: Stage) -> dict[str, tuple[str, str, str]]:
    checks = AwsDeployer().examine(stage.settings, None, stage.ctx)
    return {check.name: (check.status, check.detail, check.remedy) for check in checks}


def test_an_account_that_is_ready(stage: Stage, account: Any) -> None:
    AwsDeployer().create_repository(stage.settings, stage.ctx)
    stage.deployer.deploy(stage.spec, stage.ctx)
    found = seen(stage)
    assert {name: status for name, (status, _, _) in found.items()} == {
        "aws sdk": "ok",
        "aws identity": "ok",
        "aws app-runner": "ok",
        "aws app-runner quota": "ok",
        "aws ecr": "ok",
        "aws ecr_role_arn": "ok",
        "aws instance_role_arn": "ok",
    }
    assert "123456789012" in found["aws identity"][1]


def test_an_account_that_is_not(stage: Stage) -> None:
    found = seen(stage)
    assert found["aws app-runner"][0] == "warn", "whether it takes a new service shows only then"
    assert "ecs-express" in found["aws app-runner"][2]
    assert found["aws ecr"][0] == "warn"
    assert found["aws ecr"][2] == "holodeck-deploy-tui push --create"
    assert found["aws ecr_role_arn"][0] == "fail"
    assert found["aws instance_role_arn"][0] == "fail"


def test_how_many_services_the_account_may_still_have(stage: Stage, account: Any) -> None:
    assert seen(stage)["aws app-runner quota"][:2] == (
        "ok",
        f"0 of 30 services in {REGION} are used",
    )
    stage.deployer.deploy(stage.spec, stage.ctx)
    stage.aws.quotas.applied["apprunner"] = [("Connections", 10.0, True), ("Services", 1.0, True)]
    status, detail, remedy = seen(stage)["aws app-runner quota"]
    assert (status, "1 of 1 services" in detail) == ("warn", True)
    assert remedy.startswith("aws service-quotas request-service-quota-increase --service-code apprunner")
    assert "--quota-code L-00000001 --desired-value 2 " in remedy
    stage.aws.quotas.applied["apprunner"] = [("Services", 1.0, False)]
    assert "holodeck-deploy-tui list" in seen(stage)["aws app-runner quota"][2]


def test_a_quota_that_cannot_be_told_is_no_failure(stage: Stage, account: Any) -> None:
    message = "User: u is not authorized to perform: servicequotas:ListServiceQuotas"
    stage.aws.world.rules.append(
        Rule("error", service="service-quotas", code="AccessDeniedException", message=message, status=403)
    )
    status, detail, remedy = seen(stage)["aws app-runner quota"]
    assert (status, "servicequotas:ListServiceQuotas" in detail + remedy) == ("skip", True)
    stage.aws.quotas.applied["apprunner"] = [("Connections", 10.0, True)]
    status, detail, remedy = seen(stage)["aws app-runner quota"]
    assert (status, detail) == ("skip", "Service Quotas tells none for services")
    assert remedy.startswith("aws service-quotas list-service-quotas --service-code apprunner")
    del stage.aws.quotas.applied["apprunner"]
    assert seen(stage)["aws app-runner quota"][0] == "skip", "a region without App Runner's quotas"
    stage.aws.world.rules.append(
        Rule("error", service="service-quotas", code="ServiceException", message="down", status=500, times=9)
    )
    assert seen(stage)["aws app-runner quota"][0] == "warn"


def test_a_role_that_trusts_somebody_else(stage: Stage, account: Any) -> None:
    account.update_assume_role_policy(RoleName="AgentRole", PolicyDocument=trust("ec2.amazonaws.com"))
    status, detail, remedy = seen(stage)["aws instance_role_arn"]
    assert status == "fail"
    assert "tasks.apprunner.amazonaws.com" in detail
    assert "update-assume-role-policy" in remedy


def test_an_arn_without_the_roles_path(stage: Stage, account: Any) -> None:
    stage.target = {"ecr_role_arn": ROLE.replace("service-role/", "")}
    status, detail, _ = seen(stage)["aws ecr_role_arn"]
    assert status == "fail"
    assert ROLE in detail


def test_not_to_be_allowed_to_look_is_no_failure(stage: Stage, account: Any) -> None:
    message = "User: u is not authorized to perform: iam:GetRole on resource: r"
    stage.aws.world.rules.append(
        Rule("error", service="iam", code="AccessDenied", message=message, status=403, times=9)
    )
    assert seen(stage)["aws ecr_role_arn"][0] == "warn"


def test_without_an_identity_nothing_else_is_asked(stage: Stage) -> None:
    stage.aws.world.rules.append(
        Rule("error", service="sts", code="ExpiredToken", message="expired", status=403, times=9)
    )
    found = seen(stage)
    assert list(found) == ["aws sdk", "aws identity"]
    assert found["aws identity"][0] == "fail"
    assert "aws sso login" in found["aws identity"][2]


def test_what_app_runner_cannot_run_is_one_check(stage: Stage) -> None:
    stage.section = {"registry": {"url": "ghcr.io", "repository": "me/agent"}}
    found = seen(stage)
    assert found["aws app-runner settings"][0] == "fail"

"""What setup finds out of an AWS account: moto's STS, IAM and ECR by the real SDK."""

from __future__ import annotations

import json

import pytest

from holodeck_tui.core.context import Context
from holodeck_tui.deployers.aws.client import Aws
from holodeck_tui.deployers.aws.discover import regions
from holodeck_tui.deployers.discovery import discover
from holodeck_tui.deployers.login import Login
from holodeck_tui.deployers.logins import ask_logins
from holodeck_tui.deployers.looking import Looking
from tests.contract.aws.server import AwsServer
from tests.contract.aws.support import HOST
from tests.contract.aws.world import ACCOUNT, REGION, Rule

pytestmark = pytest.mark.contract


def _trust(service: str) -> str:
    allow = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [allow]})


def test_account_region_repositories_and_the_roles_that_may_pull(
    aws: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    account = Aws(REGION, Context())
    account.change("ecr", "create_repository", "make it", repositoryName="agents/found")
    for name, service in (
        ("SetupPulls", "build.apprunner.amazonaws.com"),
        ("SetupOther", "ec2.amazonaws.com"),
        ("SetupMakes", "ecs.amazonaws.com"),
        ("SetupRuns", "ecs-tasks.amazonaws.com"),
    ):
        account.change(
            "iam", "create_role", "make it", RoleName=name, AssumeRolePolicyDocument=_trust(service)
        )
    found = discover("aws", Context())
    assert found.error is None
    assert ACCOUNT in found.identity
    # Those of App Runner, as botocore knows them; the shell's own first.
    assert found.choices["region"][0] == REGION
    assert {"eu-west-1", "us-west-2"} <= set(found.choices["region"])
    assert "eu-north-1" not in found.choices["region"]
    (registry,) = found.registries
    assert registry.url == HOST
    assert "agents/found" in (registry.repositories or ())
    assert f"arn:aws:iam::{ACCOUNT}:role/SetupPulls" in found.choices["ecr_role_arn"]
    assert found.choices["infrastructure_role_arn"] == (f"arn:aws:iam::{ACCOUNT}:role/SetupMakes",)
    assert found.choices["execution_role_arn"] == (f"arn:aws:iam::{ACCOUNT}:role/SetupRuns",)
    assert not any("SetupOther" in arn for arn in found.choices["ecr_role_arn"])


def test_another_region_is_looked_at_where_it_is_asked_for(
    aws: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    Aws("us-west-2", Context()).change("ecr", "create_repository", "make it", repositoryName="agents/far")
    looking = Looking()
    looking.within = "us-west-2"
    found = discover("aws", Context(), looking)
    assert found.place == "us-west-2"
    assert found.choices["region"][0] == "us-west-2"
    assert found.choices["region"].count("us-west-2") == 1
    (registry,) = found.registries
    assert registry.url == HOST.replace(REGION, "us-west-2")
    assert registry.repositories == ("agents/far",)


def test_the_regions_of_the_product_are_offered() -> None:
    assert "eu-north-1" in regions("ecs-express", "us-east-1")
    assert regions("ecs-express", "cn-north-1") == ("cn-north-1", "cn-northwest-1")
    assert regions("app-runner", "cn-north-1") == ("cn-north-1",)
    assert regions("app-runner", "nowhere") == ("nowhere",)


def test_no_credentials_are_a_finding_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, sealed_home: object
) -> None:
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    found = discover("aws", Context())
    assert set(found.choices) == {"region"}
    assert found.error is not None
    assert found.error.remedy


def test_whose_login_it_is_is_asked_of_aws(aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    login = Login("aws", "skip", "a key in AWS_ACCESS_KEY_ID")
    (after,) = ask_logins([login], Context())
    assert after.status == "ok"
    assert ACCOUNT in after.detail
    assert after.detail.endswith(REGION)


def test_a_login_that_has_expired_is_a_finding_with_what_to_do(
    aws: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    rule = Rule("error", service="sts", code="ExpiredToken", message="it has expired", status=403, times=9)
    aws.world.rules.append(rule)
    (after,) = ask_logins([Login("aws", "skip", "a key")], Context())
    assert after.status == "fail"
    assert after.remedy


def test_no_login_stays_none_when_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, sealed_home: object
) -> None:
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    login = Login("aws", "none", "no login here", "aws configure sso")
    assert ask_logins([login], Context()) == (login,)

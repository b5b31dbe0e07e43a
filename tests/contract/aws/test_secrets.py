"""Secrets reach the store and nothing else: put, rotated, referenced, left alone, removed."""

from __future__ import annotations

from typing import Any

import pytest

from holodeck_tui.core.errors import DeploymentError
from tests.contract.aws.support import Stage

pytestmark = pytest.mark.contract

CANARY = "canary-5f2b-of-the-store"
NAME = "holodeck/holodeck-helpdesk/API_TOKEN"


@pytest.fixture
def store(stage: Stage) -> Any:
    """A real client of Secrets Manager; the stage has one secret, by a reference in its environment."""
    stage.section = {"environment": {"API_TOKEN": "Bearer ${HELPDESK_TOKEN}", "PLACE": "${PLACE}"}}
    stage.variables = {"HELPDESK_TOKEN": CANARY, "PLACE": "Vienna"}
    return stage.aws.client("secretsmanager")


def configuration(stage: Stage) -> dict[str, Any]:
    found: dict[str, Any] = stage.live["SourceConfiguration"]["ImageRepository"]["ImageConfiguration"]
    return found


def test_a_secret_goes_to_the_store_and_is_referenced(stage: Stage, store: Any) -> None:
    stage.deployer.deploy(stage.spec, stage.ctx)
    kept = store.describe_secret(SecretId=NAME)
    assert store.get_secret_value(SecretId=NAME)["SecretString"] == f"Bearer {CANARY}"
    labels = {tag["Key"]: tag["Value"] for tag in kept["Tags"]}
    assert labels == {"managed-by": "holodeck", "holodeck-agent": "helpdesk"}
    sent = configuration(stage)
    assert sent["RuntimeEnvironmentSecrets"] == {"API_TOKEN": kept["ARN"]}
    assert sent["RuntimeEnvironmentVariables"]["PLACE"] == "Vienna"
    assert "API_TOKEN" not in sent["RuntimeEnvironmentVariables"]
    assert CANARY not in stage.aws.world.bodies()
    assert CANARY not in stage.log + repr(stage.events)


def test_a_value_that_looks_like_a_token_is_secret_whatever_its_name(stage: Stage, store: Any) -> None:
    stage.section = {"environment": {"BACKEND": "${BACKEND}"}}
    stage.variables = {"BACKEND": f"https://me:{CANARY}@example.com/"}
    stage.deployer.deploy(stage.spec, stage.ctx)
    assert list(configuration(stage)["RuntimeEnvironmentSecrets"]) == ["BACKEND"]
    assert CANARY not in stage.aws.world.bodies()


def test_what_is_allowed_plain_stays_plain(stage: Stage, store: Any) -> None:
    stage.section = {"environment": {"PUBLIC_TOKEN": "${PUBLIC_TOKEN}"}}
    stage.overlay = {"allow_plain": ["PUBLIC_TOKEN"]}
    stage.variables = {"PUBLIC_TOKEN": "for-everybody"}
    stage.deployer.deploy(stage.spec, stage.ctx)
    assert configuration(stage)["RuntimeEnvironmentVariables"]["PUBLIC_TOKEN"] == "for-everybody"
    assert store.list_secrets()["SecretList"] == []


def test_an_empty_secret_is_plain(stage: Stage, store: Any) -> None:
    stage.variables = {"HELPDESK_TOKEN": "", "PLACE": "Vienna"}
    stage.section = {"environment": {"API_TOKEN": "${HELPDESK_TOKEN}"}}
    stage.deployer.deploy(stage.spec, stage.ctx)
    assert configuration(stage)["RuntimeEnvironmentVariables"]["API_TOKEN"] == ""


def test_a_new_value_is_a_new_revision(stage: Stage, store: Any) -> None:
    first = stage.deployer.deploy(stage.spec, stage.ctx)
    assert stage.deployer.changes(stage.spec, stage.ctx) == []
    assert stage.deployer.deploy(stage.spec, stage.ctx).revision == first.revision
    stage.variables["HELPDESK_TOKEN"] = "another-value"
    (change,) = stage.deployer.changes(stage.spec, stage.ctx)
    assert (change.path, change.before, change.after) == ("secrets.API_TOKEN", "***", "***")
    second = stage.deployer.deploy(stage.spec, stage.ctx)
    assert second.revision != first.revision
    assert store.get_secret_value(SecretId=NAME)["SecretString"] == "Bearer another-value"
    assert stage.deployer.changes(stage.spec, stage.ctx) == []


def test_a_secret_that_is_taken_out_is_no_longer_referenced_and_goes_in_the_end(
    stage: Stage, store: Any
) -> None:
    made = stage.deployer.deploy(stage.spec, stage.ctx)
    stage.section = {}
    assert "secrets.API_TOKEN" in {change.path for change in stage.deployer.changes(stage.spec, stage.ctx)}
    stage.deployer.deploy(stage.spec, stage.ctx)
    assert configuration(stage).get("RuntimeEnvironmentSecrets", {}) == {}
    stage.deployer.destroy(made.ref, stage.ctx)
    assert store.list_secrets()["SecretList"] == []


def test_a_reference_is_only_referenced(stage: Stage, store: Any) -> None:
    kept = store.create_secret(Name="team/shared", SecretString=CANARY)
    stage.aws.client("ssm").put_parameter(Name="/team/word", Value=CANARY, Type="SecureString")
    stage.section = {}
    stage.overlay = {
        "secrets": {
            "BY_ARN": {"ref": kept["ARN"]},
            "BY_NAME": {"ref": "team/shared"},
            "BY_PARAMETER": {"ref": "/team/word"},
        }
    }
    made = stage.deployer.deploy(stage.spec, stage.ctx)
    sent = configuration(stage)["RuntimeEnvironmentSecrets"]
    assert sent["BY_ARN"] == sent["BY_NAME"] == kept["ARN"]
    assert sent["BY_PARAMETER"].endswith(":parameter/team/word")
    assert stage.aws.world.count("GetSecretValue") == 0
    stage.deployer.destroy(made.ref, stage.ctx)
    assert [each["Name"] for each in store.list_secrets()["SecretList"]] == ["team/shared"]


def test_a_reference_to_nothing_is_told(stage: Stage, store: Any) -> None:
    stage.section = {}
    stage.overlay = {"secrets": {"TOKEN": {"ref": "team/none"}}}
    with pytest.raises(DeploymentError) as caught:
        stage.deployer.deploy(stage.spec, stage.ctx)
    assert "team/none" in caught.value.message
    assert stage.aws.world.count("CreateService") == 0


def test_a_secret_of_somebody_else_is_neither_overwritten_nor_removed(stage: Stage, store: Any) -> None:
    store.create_secret(Name=NAME, SecretString="theirs")
    with pytest.raises(DeploymentError) as caught:
        stage.deployer.deploy(stage.spec, stage.ctx)
    assert NAME in caught.value.message
    stage.section = {}
    made = stage.deployer.deploy(stage.spec, stage.ctx)
    done = stage.deployer.destroy(made.ref, stage.ctx)
    assert any(NAME in text for text in done.stays)
    assert store.get_secret_value(SecretId=NAME)["SecretString"] == "theirs"


def test_a_secret_that_waits_for_its_end_is_brought_back(stage: Stage, store: Any) -> None:
    stage.deployer.deploy(stage.spec, stage.ctx)
    store.delete_secret(SecretId=NAME, RecoveryWindowInDays=7)
    stage.deployer.deploy(stage.spec, stage.ctx)
    assert store.get_secret_value(SecretId=NAME)["SecretString"] == f"Bearer {CANARY}"


def test_without_a_role_for_it_no_secret_is_sent(stage: Stage, store: Any) -> None:
    stage.overlay = {"aws": {}}
    with pytest.raises(DeploymentError) as caught:
        stage.deployer.deploy(stage.spec, stage.ctx)
    assert "instance_role_arn" in caught.value.remedy
    assert stage.aws.world.calls == []


def test_the_variables_must_be_set(stage: Stage, store: Any) -> None:
    stage.variables = {}
    stage.overlay = {"secrets": {"API_TOKEN": {"env": "HELPDESK_TOKEN"}}}
    stage.section = {}
    with pytest.raises(DeploymentError) as caught:
        stage.deployer.deploy(stage.spec, stage.ctx)
    assert caught.value.code == "variable-missing"
    assert stage.deployer.changes(stage.spec, stage.ctx), "a plan goes on without"

"""Secrets of the app, and how it pulls: by reference, kept, rotated, and dropped only where they are ours."""

from __future__ import annotations

from typing import Any

import pytest

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.azure.client import open_azure
from holodeck_tui.deployers.azure.registry import TOKEN_USER, AcrLogin
from tests.contract.azure.support import HOST, IDENTITY, Stage
from tests.contract.azure.world import SUBSCRIPTION

pytestmark = pytest.mark.contract
VAULT = "https://vault.vault.azure.net/secrets/db"


def secret_env(stage: Stage) -> dict[str, str]:
    (container,) = stage.app.body["properties"]["template"]["containers"]
    return {one["name"]: one["secretRef"] for one in container["env"] if one.get("secretRef")}


def test_a_rotated_value_makes_a_new_revision(stage: Stage) -> None:
    stage.env, stage.variables = {"API_TOKEN": "${API_TOKEN}"}, {"API_TOKEN": "first-value"}
    stage.deploy()
    stage.variables = {"API_TOKEN": "second-value"}
    changes = stage.deployer.changes(stage.spec, stage.ctx)
    assert [one.as_json() for one in changes] == [
        {"path": "secrets.env-api-token", "from": "***", "to": "***"}
    ]
    assert stage.deploy().revision == "helpdesk--r2"
    assert stage.app.secrets["env-api-token"]["value"] == "second-value"
    assert stage.deploy().revision == "helpdesk--r2"


def test_a_removed_secret_goes_with_its_reference_and_others_stay(stage: Stage) -> None:
    stage.env, stage.variables = {"API_TOKEN": "${API_TOKEN}"}, {"API_TOKEN": "first-value"}
    stage.deploy()
    stage.app.secrets["by-hand"] = {"name": "by-hand", "value": "of-somebody-else"}
    stage.env = {}
    assert stage.deploy().revision == "helpdesk--r2"
    # A PUT without secrets drops them all; what others keep there was sent again.
    assert stage.app.secrets["by-hand"]["value"] == "of-somebody-else"
    assert "env-api-token" not in stage.app.secrets
    assert "API_TOKEN" not in secret_env(stage)


def test_references_are_only_referred_to(stage: Stage) -> None:
    stage.overlay = {"secrets": {"DB_PASSWORD": {"ref": VAULT}}}
    stage.deploy()
    secret = stage.app.secrets["env-db-password"]
    assert secret == {"name": "env-db-password", "keyVaultUrl": VAULT, "identity": IDENTITY}
    assert secret_env(stage)["DB_PASSWORD"] == "env-db-password"
    assert stage.deployer.changes(stage.spec, stage.ctx) == []
    stage.app.secrets["by-hand"] = {"name": "by-hand", "value": "of-somebody-else"}
    stage.overlay = {"secrets": {"DB_PASSWORD": {"ref": "by-hand"}}}
    stage.deploy()
    assert secret_env(stage)["DB_PASSWORD"] == "by-hand"
    stage.overlay = {"secrets": {"DB_PASSWORD": {"ref": "not-there"}}}
    with pytest.raises(DeploymentError, match="no secret not-there"):
        stage.deploy()
    stage.options = {"identity": None}
    stage.section = {"registry": {"url": "ghcr.io", "repository": "team/helpdesk"}}
    stage.overlay = {"secrets": {"DB_PASSWORD": {"ref": VAULT}}}
    with pytest.raises(DeploymentError, match="no identity"):
        stage.deploy()


def test_azure_keeps_no_secret_without_a_value(stage: Stage) -> None:
    stage.overlay, stage.variables = {"secrets": {"API_TOKEN": {"env": "API_TOKEN"}}}, {"API_TOKEN": ""}
    with pytest.raises(DeploymentError) as caught:
        stage.deploy()
    assert caught.value.code == "variable-missing"
    # One that only an entry of the environment refers to hides nothing when it is empty.
    stage.overlay, stage.env = {}, {"API_TOKEN": "${API_TOKEN}"}
    stage.deploy()
    assert "API_TOKEN" not in secret_env(stage)


def test_azure_itself_refuses_one(stage: Stage) -> None:
    """What the trap is: 400 ContainerAppSecretInvalid."""
    from azure.core.exceptions import HttpResponseError

    stage.deploy()
    azure = open_azure(SUBSCRIPTION, stage.ctx)
    body = stage.sent("PUT")[0]
    body["properties"]["configuration"]["secrets"] = [{"name": "empty"}]
    with pytest.raises(HttpResponseError) as caught:
        azure.sdk.container_apps.begin_create_or_update("agents", "helpdesk", body, **azure.call)
    assert caught.value.error is not None
    assert (caught.value.status_code, caught.value.error.code) == (400, "ContainerAppSecretInvalid")


def test_without_the_right_to_read_secrets_nothing_is_sent(stage: Stage) -> None:
    stage.deploy()
    stage.image = "two"
    stage.world.faults.no_secrets = True
    with pytest.raises(DeploymentError) as caught:
        stage.deploy()
    assert caught.value.code == "permission-denied"
    assert "listSecrets" in caught.value.reason
    assert len(stage.sent("PUT")) == 1


def test_a_password_for_the_registry_is_a_secret_of_the_app(stage: Stage) -> None:
    stage.options = {"identity": None}
    stage.section = {
        "registry": {"url": HOST, "repository": "team/helpdesk", "credentials_env_prefix": "ACR"},
    }
    stage.variables = {"ACR_USERNAME": "puller", "ACR_PASSWORD": "canary-password"}
    assert stage.deployer.needs(stage.settings, stage.ctx).reason == "Azure pulls it as puller"
    stage.deploy()
    assert stage.app.body["properties"]["configuration"]["registries"] == [
        {"server": HOST, "username": "puller", "passwordSecretRef": "registry-password"}
    ]
    assert stage.app.secrets["registry-password"]["value"] == "canary-password"
    # Another password needs no new revision: it is read when an image is pulled.
    stage.variables = {"ACR_USERNAME": "puller", "ACR_PASSWORD": "another-password"}
    assert stage.deploy().revision == "helpdesk--r1"
    assert stage.app.secrets["registry-password"]["value"] == "another-password"
    assert not any("canary-password" in str(one) for one in stage.events)


@pytest.mark.parametrize(
    ("host", "why"),
    [
        (HOST, "names no identity"),
        ("127.0.0.1:5000", "this machine"),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "12 hours"),
    ],
)
def test_a_registry_that_azure_cannot_pull_from_is_refused_first(stage: Stage, host: str, why: str) -> None:
    stage.options = {"identity": None}
    stage.section = {"registry": {"url": host, "repository": "team/helpdesk"}}
    with pytest.raises(DeploymentError, match=why) as caught:
        stage.deployer.needs(stage.settings, stage.ctx)
    assert (caught.value.code, caught.value.exit_code) == ("registry-unpullable", 2)
    assert stage.world.requests == []


def test_only_amd64_runs_there(stage: Stage) -> None:
    settings = stage.settings
    assert stage.deployer.needs(settings, stage.ctx).platform == "linux/amd64"
    object.__setattr__(settings.service, "platform", "linux/arm64")
    with pytest.raises(DeploymentError, match="linux/amd64"):
        stage.deployer.needs(settings, stage.ctx)


def acr(stage: Stage, **more: Any) -> AcrLogin:
    return AcrLogin(lambda ctx: open_azure(SUBSCRIPTION, ctx), address=lambda _: stage.azure.url, **more)


def test_the_login_to_azure_is_exchanged_for_one_to_its_registry(stage: Stage) -> None:
    found = acr(stage).credential(HOST, stage.ctx)
    assert found is not None
    assert (found.username, found.password) == (TOKEN_USER, f"refresh-for-{HOST}")
    assert stage.ctx.redactor.redact(found.password) == "***"
    (form,) = stage.sent("POST", "/oauth2/exchange")
    assert form == {"grant_type": "access_token", "service": HOST, "access_token": "dummy"}
    assert acr(stage).credential("ghcr.io", stage.ctx) is None
    # A token for a server on this machine opens no registry elsewhere, and is not sent there.
    assert AcrLogin(lambda ctx: open_azure(SUBSCRIPTION, ctx)).credential(HOST, stage.ctx) is None


@pytest.mark.parametrize(
    ("status", "code", "slug"),
    [(401, "UNAUTHORIZED", "registry-unauthorized"), (403, "DENIED", "registry-denied")],
)
def test_a_registry_that_does_not_take_the_login_says_why(
    stage: Stage, status: int, code: str, slug: str
) -> None:
    stage.world.faults.refusal = [status, code, "not for you"]
    with pytest.raises(DeploymentError, match="not for you") as caught:
        acr(stage).credential(HOST, stage.ctx)
    assert caught.value.code == slug
    assert caught.value.remedy.startswith("az ")


def test_a_registry_that_does_not_answer_is_named(stage: Stage) -> None:
    login = AcrLogin(lambda ctx: open_azure(SUBSCRIPTION, ctx), address=lambda _: "http://127.0.0.1:9")
    with pytest.raises(DeploymentError) as caught:
        login.credential(HOST, Context(environ=stage.azure.environ))
    assert caught.value.code == "registry-unreachable"
    assert "az acr show --name contract" in caught.value.remedy

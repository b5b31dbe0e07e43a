"""Every cell of the error table with the real SDK's own exception, and the logins that fail."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.azure.client import open_azure
from holodeck_tui.deployers.azure.errors import Task, translate
from tests.contract.azure.support import Stage
from tests.contract.azure.world import GROUP, SUBSCRIPTION

pytestmark = pytest.mark.contract
SCOPE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}"
DENIED = (
    "The client 'tess' with object id 'o' does not have authorization to perform action "
    f"'Microsoft.App/containerApps/write' over scope '{SCOPE}/providers/Microsoft.App/containerApps/helpdesk' or "
    "the scope is invalid."
)


@pytest.mark.parametrize(
    ("refusal", "kind", "slug", "exit_code", "remedy"),
    [
        (
            [401, "ExpiredAuthenticationToken", "The access token expiry UTC time is earlier than now."],
            "ClientAuthenticationError",
            "credentials-expired",
            4,
            "az login",
        ),
        (
            [401, "InvalidAuthenticationToken", "The access token is invalid."],
            "ClientAuthenticationError",
            "credentials-invalid",
            4,
            "clock",
        ),
        (
            [401, "InvalidAuthenticationTokenTenant", "The access token is from the wrong issuer."],
            "ClientAuthenticationError",
            "credentials-invalid",
            4,
            "az login --tenant",
        ),
        (
            [403, "AuthorizationFailed", DENIED],
            "HttpResponseError",
            "permission-denied",
            4,
            f"--scope {SCOPE}",
        ),
        (
            [403, "RequestDisallowedByPolicy", "Resource was disallowed by policy."],
            "HttpResponseError",
            "permission-denied",
            4,
            "Ask",
        ),
        ([400, "QuotaExceeded", "The quota is used up."], "HttpResponseError", "quota", 3, "list-usages"),
        (
            [400, "ManagedEnvironmentError", "Maximum Allowed Cores exceeded for the environment."],
            "HttpResponseError",
            "quota",
            3,
            "list-usages",
        ),
        (
            [409, "ContainerAppOperationInProgress", "There is an active provisioning operation."],
            "ResourceExistsError",
            "busy",
            3,
            "try again",
        ),
        (
            [409, "MissingSubscriptionRegistration", "Not registered to use namespace Microsoft.App."],
            "ResourceExistsError",
            "permission-denied",
            4,
            "az provider register",
        ),
        (
            [404, "ResourceGroupNotFound", "Resource group 'agents' could not be found."],
            "ResourceNotFoundError",
            "config-invalid",
            2,
            "az group create",
        ),
        (
            [404, "SubscriptionNotFound", "The subscription could not be found."],
            "ResourceNotFoundError",
            "config-invalid",
            2,
            "az account list",
        ),
        (
            [404, "ResourceNotFound", "The Resource was not found."],
            "ResourceNotFoundError",
            "not-deployed",
            2,
            "holodeck-deploy-tui deploy",
        ),
        (
            [
                400,
                "InvalidParameterValueInContainerTemplate",
                "Invalid value: UNAUTHORIZED: authentication required",
            ],
            "HttpResponseError",
            "image-pull",
            3,
            "identity",
        ),
        (
            [
                400,
                "InvalidParameterValueInContainerTemplate",
                "Invalid value: MANIFEST_UNKNOWN: manifest unknown",
            ],
            "HttpResponseError",
            "image-pull",
            3,
            "holodeck-deploy-tui push",
        ),
        (
            [400, "ContainerAppSecretInvalid", "Container app secret(s) are invalid."],
            "HttpResponseError",
            "deploy-failed",
            3,
            "value",
        ),
        ([400, "SomethingNew", "Said by Azure."], "HttpResponseError", "deploy-failed", 3, "Correct"),
    ],
)
def test_what_azure_refuses(
    stage: Stage, refusal: list[Any], kind: str, slug: str, exit_code: int, remedy: str
) -> None:
    stage.world.faults.refusal = refusal
    azure = open_azure(SUBSCRIPTION, stage.ctx)
    task = Task("helpdesk could not be deployed.", "deploy-failed")
    with pytest.raises(DeploymentError) as caught:
        azure.ask(task, lambda: azure.sdk.container_apps.begin_delete(GROUP, "helpdesk", **azure.call))
    error = caught.value
    assert type(error.__cause__).__name__ == kind
    assert (error.code, int(error.exit_code)) == (slug, exit_code)
    assert error.message == "helpdesk could not be deployed."
    assert error.reason
    assert remedy in error.remedy


@pytest.mark.parametrize(
    ("fault", "slug"), [("throttled", "throttled"), ("unavailable", "network"), ("dropped", "network")]
)
def test_what_azure_is_not_able_to_do(stage: Stage, fault: str, slug: str) -> None:
    stage.world.faults.set({fault: 100, "retry_after": 0})
    azure = open_azure(SUBSCRIPTION, stage.ctx, quick=True)
    with pytest.raises(DeploymentError) as caught:
        azure.find_app(GROUP, "helpdesk")
    assert (caught.value.code, int(caught.value.exit_code)) == (slug, 3)


def test_an_operation_that_expires_was_taken_and_is_not_healthy(stage: Stage) -> None:
    stage.world.faults.fail = ["ContainerAppOperationError", "Operation expired."]
    with pytest.raises(DeploymentError) as caught:
        stage.deploy()
    assert (caught.value.code, int(caught.value.exit_code)) == ("unhealthy", 5)


def test_nothing_that_listens_and_nothing_that_answers(stage: Stage) -> None:
    ctx = Context(environ={"AZURE_RESOURCE_MANAGER_ENDPOINT": "http://127.0.0.1:9"})
    with pytest.raises(DeploymentError) as caught:
        open_azure(SUBSCRIPTION, ctx, quick=True).find_app(GROUP, "helpdesk")
    assert type(caught.value.__cause__).__name__ == "ServiceRequestError"
    assert caught.value.code == "network"
    from azure.core.exceptions import ServiceResponseTimeoutError

    error = translate(ServiceResponseTimeoutError("timed out"), ctx, Task("It failed."))
    assert (error.code, error.message) == ("network", "It failed.")


@pytest.fixture
def no_login(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without any login to Azure; a folder for a stand-in of the ``az`` command."""
    for name in [name for name in os.environ if name.startswith("AZURE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", str(tmp_path))
    # The address of a virtual machine's own login is asked for seconds otherwise.
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "dev")
    return tmp_path


def ask_for_a_token() -> DeploymentError:
    ctx = Context(environ={})
    azure = open_azure(SUBSCRIPTION, ctx, quick=True)
    with pytest.raises(DeploymentError) as caught:
        azure.token("https://management.azure.com/.default", Task("Azure cannot be logged in to."))
    return caught.value


def test_no_login_names_the_command_and_the_variables(no_login: Path) -> None:
    error = ask_for_a_token()
    assert (error.code, int(error.exit_code)) == ("credentials-missing", 4)
    # Microsoft's message is a dozen lines of what was tried.
    assert str(error) == "Azure cannot be logged in to: no login to Azure was found"
    assert "az login" in error.remedy
    assert "AZURE_CLIENT_SECRET" in error.remedy


@pytest.mark.skipif(os.name != "posix", reason="the stand-in of az is a script of POSIX")
@pytest.mark.parametrize(
    ("said", "slug"),
    [
        ("AADSTS700082: The refresh token has expired due to inactivity.", "credentials-expired"),
        ("AADSTS50034: The user account does not exist in this directory.", "credentials-invalid"),
        ("Please run 'az login' to setup account.", "credentials-missing"),
    ],
)
def test_a_login_that_was_found_and_fails_is_told(no_login: Path, said: str, slug: str) -> None:
    script = no_login / "az"
    script.write_text(f'#!/bin/sh\necho "ERROR: {said}" >&2\nexit 1\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    error = ask_for_a_token()
    assert error.code == slug
    assert "az login" in error.remedy
    if "AADSTS" in said:
        assert said.partition(":")[0] in error.reason


def test_one_credential_alone_that_is_not_available(no_login: Path) -> None:
    from azure.identity import AzureCliCredential

    azure = open_azure(SUBSCRIPTION, Context(environ={}), credential=AzureCliCredential())
    with pytest.raises(DeploymentError) as caught:
        azure.find_app(GROUP, "helpdesk")
    assert type(caught.value.__cause__).__name__ == "CredentialUnavailableError"
    assert caught.value.code == "credentials-missing"


def test_plain_http_is_for_this_machine_and_no_real_login_goes_there(stage: Stage) -> None:
    class Real:
        def get_token(self, *_: Any, **__: Any) -> Any:
            raise AssertionError("a real login was asked for")

        get_token_info = get_token

    azure = open_azure(SUBSCRIPTION, stage.ctx, credential=Real())
    assert azure.find_app(GROUP, "helpdesk") is None
    for address in ("http://10.0.0.1", "http://azure.example.com:8080", "ftp://127.0.0.1", "127.0.0.1:80"):
        with pytest.raises(DeploymentError) as caught:
            open_azure(SUBSCRIPTION, Context(environ={"AZURE_RESOURCE_MANAGER_ENDPOINT": address}))
        assert caught.value.code == "config-invalid"


def test_without_the_package_it_is_made_and_says_what_to_install(tmp_path: Path) -> None:
    """As a program of its own, in which Microsoft's packages cannot be imported."""
    program = """
import sys
class Gone:
    def find_spec(self, name, *_):
        if name == "azure" or name.startswith("azure."):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Gone())
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.catalog import create_deployer
deployer = create_deployer("azure")
try:
    deployer.list("azure:00000000-0000-0000-0000-000000000000/group", Context(environ={}))
except DeploymentError as error:
    print(error.code, error.remedy)
print(sorted(name for name in sys.modules if name.partition(".")[0] in {"boto3", "botocore", "google", "azure"}))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ},
    )
    first, second = done.stdout.splitlines()
    assert first == "sdk-missing pip install 'holodeck-deploy-tui[azure]'"
    assert json.loads(second.replace("'", '"')) == []

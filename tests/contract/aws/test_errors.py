"""Every AWS cell of the error table: the real SDK's exception becomes one code, one sentence, one remedy."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from botocore import exceptions as sdk

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.redact import Redactor
from holodeck_tui.deployers.aws.client import LIST, Aws, Patience
from holodeck_tui.deployers.aws.errors import CELLS, CLASSES, AwsError, translate
from holodeck_tui.headless.report import causes
from tests.contract.aws.server import AwsServer
from tests.contract.aws.world import REGION, Rule

pytestmark = pytest.mark.contract

ANSWERS = [
    ("ExpiredToken", "The security token is expired", 403, "credentials-expired"),
    ("ExpiredTokenException", "The security token is expired", 400, "credentials-expired"),
    ("UnrecognizedClientException", "The security token is invalid.", 400, "credentials-invalid"),
    ("InvalidClientTokenId", "The security token is invalid.", 403, "credentials-invalid"),
    ("InvalidSignatureException", "Signature expired: 20260101T000000Z", 403, "credentials-invalid"),
    ("RequestExpired", "Request has expired.", 400, "credentials-invalid"),
    ("AccessDenied", "User: u is not authorized to perform: apprunner:ListServices", 403,
     "permission-denied"),
    ("AccessDeniedException", "User: u is not authorized to perform: apprunner:ListServices", 400,
     "permission-denied"),
    ("ServiceQuotaExceededException", "You have reached the limit of services.", 400, "quota"),
    ("InvalidStateException", "Service cannot be updated in the current state: OPERATION_IN_PROGRESS.", 400,
     "busy"),
    ("RepositoryAlreadyExistsException", "The repository already exists", 400, "deploy-failed"),
    ("InvalidRequestException", "Service with the provided name already exists: x", 400, "deploy-failed"),
    ("ResourceNotFoundException", "Service not found", 400, "not-deployed"),
    ("ServiceNotFoundException", "Service not found", 400, "not-deployed"),
    ("ClusterNotFoundException", "Cluster not found", 400, "not-deployed"),
    ("ThrottlingException", "Rate exceeded", 400, "throttled"),
    ("TooManyRequestsException", "Rate exceeded", 429, "throttled"),
    ("InternalServiceErrorException", "An internal error", 500, "deploy-failed"),
    ("InvalidRequestException", "Error in assuming access role arn:aws:iam::1:role/x", 400,
     "permission-denied"),
    ("AccessDeniedException", "App Runner is in maintenance mode and is no longer available to new customers.",
     403, "unsupported"),
    ("InvalidParameterException", "Something else", 400, "deploy-failed"),
]  # fmt: skip


def ask(patience: Patience = LIST) -> AwsError:
    """What a listing raises."""
    with pytest.raises(DeploymentError) as caught:
        Aws(REGION, Context(), patience).ask("apprunner", "list_services", "list the App Runner services")
    assert isinstance(caught.value, AwsError)
    return caught.value


@pytest.mark.parametrize(("code", "message", "status", "ours"), ANSWERS)
def test_an_answer_of_aws(aws: AwsServer, code: str, message: str, status: int, ours: str) -> None:
    aws.world.rules.append(Rule("error", code=code, message=message, status=status, times=9))
    error = ask()
    assert error.code == ours
    assert error.message == "AWS could not list the App Runner services."
    assert message.rstrip(".") in error.reason, "what AWS said is told"
    assert error.remedy
    assert error.vendor_code == code


def test_a_missing_permission_is_named(aws: AwsServer) -> None:
    message = (
        "User: arn:aws:iam::1:user/u is not authorized to perform: apprunner:ListServices on resource: *"
    )
    aws.world.rules.append(Rule("error", code="AccessDeniedException", message=message))
    assert "apprunner:ListServices" in ask().remedy


def test_the_request_id_is_among_the_causes(aws: AwsServer) -> None:
    aws.world.rules.append(Rule("error", code="AccessDeniedException", message="no"))
    told = "\n".join(causes(ask()))
    assert re.search(r"request id [0-9a-f-]{36}", told)
    assert "ClientError" in told


def test_a_closed_app_runner_points_to_ecs_express(aws: AwsServer) -> None:
    message = "AWS App Runner is in maintenance mode and is no longer available to new customers."
    aws.world.rules.append(Rule("error", code="AccessDeniedException", message=message, status=403))
    error = ask()
    assert error.kind == "closed"
    assert "ecs-express" in error.remedy


RAISED: list[tuple[Exception, str]] = [
    (sdk.NoCredentialsError(), "credentials-missing"),
    (sdk.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"), "credentials-missing"),
    (sdk.ProfileNotFound(profile="x"), "credentials-missing"),
    (sdk.CredentialRetrievalError(provider="custom-process", error_msg="exit 1"), "credentials-missing"),
    (sdk.NoRegionError(), "config-invalid"),
    (sdk.InvalidRegionError(region_name="a b"), "config-invalid"),
    (sdk.UnauthorizedSSOTokenError(), "credentials-expired"),
    (sdk.SSOTokenLoadError(error_msg="no token"), "credentials-expired"),
    (sdk.TokenRetrievalError(provider="sso", error_msg="expired"), "credentials-expired"),
    (sdk.LoginRefreshRequired(), "credentials-expired"),
    (sdk.EndpointConnectionError(endpoint_url="https://x"), "network"),
    (sdk.ConnectTimeoutError(endpoint_url="https://x"), "network"),
    (sdk.ReadTimeoutError(endpoint_url="https://x"), "network"),
    (sdk.ConnectionClosedError(endpoint_url="https://x"), "network"),
    (sdk.ProxyConnectionError(proxy_url="http://p"), "network"),
    (sdk.SSLError(endpoint_url="https://x", error="certificate verify failed"), "network"),
    (sdk.ParamValidationError(report="bad"), "deploy-failed"),
    (sdk.DataNotFoundError(data_path="x"), "deploy-failed"),
]


@pytest.mark.parametrize(("error", "ours"), RAISED, ids=lambda value: type(value).__name__)
def test_an_exception_of_the_sdk(error: Exception, ours: str) -> None:
    made = translate(error, "do this", Redactor())
    assert made.code == ours
    assert made.message == "AWS could not do this."
    assert made.reason
    assert made.remedy


def test_what_is_no_exception_of_the_sdk_stays_what_it_is() -> None:
    with pytest.raises(ZeroDivisionError):
        translate(ZeroDivisionError(), "do this", Redactor())


def test_every_class_of_the_table_is_the_sdks() -> None:
    others = {"ProtocolError"}  # urllib3's, which streams raise as it is
    assert [name for name in CLASSES if name not in others and not hasattr(sdk, name)] == []


def test_every_remedy_says_something() -> None:
    assert all(cell.remedy and cell.reason for cell in CELLS.values())


# Raised by the SDK itself, not by a test.


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, sealed_home: Path) -> pytest.MonkeyPatch:
    """No endpoint, no credentials, no metadata service."""
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return monkeypatch


def test_no_credentials(alone: pytest.MonkeyPatch) -> None:
    error = ask()
    assert error.code == "credentials-missing"
    assert "aws configure" in error.remedy
    assert "AWS_ACCESS_KEY_ID" in error.remedy


def test_half_of_the_credentials(alone: pytest.MonkeyPatch) -> None:
    alone.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    assert ask().code == "credentials-missing"


def test_a_profile_that_is_not_there(alone: pytest.MonkeyPatch) -> None:
    alone.setenv("AWS_PROFILE", "nobody")
    error = ask()
    assert error.code == "credentials-missing"
    assert "nobody" in error.reason


def test_a_login_that_was_never_made(alone: pytest.MonkeyPatch, sealed_home: Path) -> None:
    (sealed_home / ".aws").mkdir()
    (sealed_home / ".aws" / "config").write_text(
        "[default]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = r\n"
        "[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://example.com/start\n"
    )
    error = ask()
    assert error.code == "credentials-expired"
    assert "aws sso login" in error.remedy


def test_nothing_listens(alone: pytest.MonkeyPatch) -> None:
    alone.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert ask().code == "network"


def test_an_answer_that_does_not_come(aws: AwsServer) -> None:
    aws.world.rules.append(Rule("slow", seconds=1.0, times=5))
    assert ask(Patience(1.0, 0.2, 1)).code == "network"


def test_plain_http_is_for_this_machine_only(alone: pytest.MonkeyPatch) -> None:
    alone.setenv("AWS_ENDPOINT_URL", "http://aws.example.com")
    alone.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    alone.setenv("AWS_SECRET_ACCESS_KEY", "x" * 40)
    with pytest.raises(DeploymentError) as caught:
        Aws(REGION, Context()).client("apprunner")
    assert caught.value.code == "config-invalid"
    assert "AWS_ENDPOINT_URL" in caught.value.remedy


def test_a_real_key_never_goes_to_this_machine(aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x" * 40)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "canary-token")
    Aws(REGION, Context()).ask("apprunner", "list_services", "list")
    assert {call["key"] for call in aws.world.calls} == {"local-endpoint"}


def test_one_service_can_have_an_endpoint_of_its_own(aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://aws.example.com")
    monkeypatch.setenv("AWS_ENDPOINT_URL_APPRUNNER", aws.url)
    here: Any = Aws(REGION, Context())
    assert here.is_local("apprunner")
    assert here.client("logs").meta.endpoint_url == "https://aws.example.com"


def test_a_prefix_of_a_call_is_for_aws_and_not_for_this_machine(
    aws: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``streaming-127.0.0.1`` would be a name that nobody knows, and ``https`` to AWS needs the prefix."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_APPRUNNER", "https://aws.example.com")
    made = Aws(REGION, Context())
    assert made.client("logs").meta.config.inject_host_prefix is False
    assert made.client("apprunner").meta.config.inject_host_prefix is not False


def test_without_any_endpoint_the_calls_go_to_aws_by_the_users_own_login(
    alone: pytest.MonkeyPatch, sealed_home: Path
) -> None:
    alone.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    alone.setenv("AWS_SECRET_ACCESS_KEY", "x" * 40)
    client = Aws(REGION, Context()).client("apprunner")
    assert client.meta.endpoint_url == f"https://apprunner.{REGION}.amazonaws.com"
    assert client._request_signer._credentials.access_key == "AKIDEXAMPLE"


def test_an_endpoint_of_the_config_file_counts_too(
    alone: pytest.MonkeyPatch, aws: AwsServer, sealed_home: Path
) -> None:
    alone.delenv("AWS_ENDPOINT_URL", raising=False)
    (sealed_home / ".aws").mkdir(exist_ok=True)
    (sealed_home / ".aws" / "config").write_text(
        f"[default]\nservices = here\n[services here]\napprunner =\n  endpoint_url = {aws.url}\n"
    )
    made = Aws(REGION, Context())
    assert made.is_local("apprunner")
    assert made.client("apprunner")._request_signer._credentials.access_key == "local-endpoint"


def test_a_model_of_the_users_own_folder_is_found_and_a_service_that_is_none_is_not(
    alone: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The loader here does not look into all four hundred services; what it finds is the same."""
    import shutil

    from botocore.loaders import Loader

    from holodeck_tui.deployers.aws.client import _models

    plain = Loader()
    version = plain.determine_latest_version("apprunner", "service-2")
    found = next(place for place in map(Path, plain.search_paths) if (place / "apprunner" / version).is_dir())
    shutil.copytree(found / "apprunner" / version, tmp_path / "newservice" / "2030-01-01")
    made = _models(str(tmp_path))
    assert made.load_service_model("newservice", "service-2") == plain.load_service_model(
        "apprunner", "service-2"
    )
    with pytest.raises(sdk.UnknownServiceError):
        made.load_service_model("no-such-service", "service-2")


def test_a_missing_sdk_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(DeploymentError) as caught:
        Aws(REGION, Context()).client("apprunner")
    assert caught.value.code == "sdk-missing"
    assert caught.value.remedy == "pip install 'holodeck-deploy-tui[aws]'"

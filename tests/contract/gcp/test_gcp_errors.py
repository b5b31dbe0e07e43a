"""Each cell of Google's column in the error table, with the SDK's own exception."""

from __future__ import annotations

from typing import Any

import google.auth.exceptions as auth
import pytest
from google.api_core import exceptions as api

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.gcp.client import Clients
from holodeck_tui.deployers.gcp.errors import translate
from tests.contract.gcp.agents import Bench
from tests.contract.gcp.server import Cloud

pytestmark = pytest.mark.contract


def said(error: BaseException) -> DeploymentError:
    found = translate(error, "Deploying", Context())
    assert found is not None
    assert found.remedy
    return found


@pytest.mark.parametrize(
    ("error", "code", "exit_code", "remedy"),
    [
        (auth.DefaultCredentialsError("none"), "credentials-missing", 4, "gcloud auth application-default login"),
        (auth.RefreshError("invalid_grant: Token has been expired or revoked."), "credentials-expired", 4, "login"),
        (auth.ReauthFailError("Reauthentication challenge failed"), "credentials-expired", 4, "login"),
        (api.Unauthenticated("Request had invalid credentials"), "credentials-expired", 4, "login"),
        (auth.RefreshError("invalid_grant: Invalid JWT: Token must be short-lived"), "credentials-invalid", 4, "login"),
        (auth.TransportError("no route"), "network", 3, "network"),
        (api.ResourceExhausted("Quota exceeded for CpuAllocPerProjectRegion"), "quota", 3, "quotas"),
        (api.ResourceExhausted("Quota exceeded, limit 'Reads per minute'"), "throttled", 3, "minute"),
        (api.Aborted("Conflict for resource 'x': version '1'"), "busy", 3, "again"),
        (api.FailedPrecondition("Another operation is in progress"), "busy", 3, "again"),
        (api.ServiceUnavailable("failed to connect"), "network", 3, "again"),
        (api.DeadlineExceeded("Deadline Exceeded"), "network", 3, "again"),
        (api.RetryError("Timeout of 60.0s exceeded", api.ServiceUnavailable("x")), "network", 3, "again"),
        (api.AlreadyExists("Resource 'x' already exists."), "deploy-failed", 3, "gcloud"),
        (api.NotFound("Resource 'x' was not found"), "deploy-failed", 3, "project_id"),
        (api.InvalidArgument("Image 'a/b@sha256:1' not found."), "image-pull", 3, "push"),
        (
            api.FailedPrecondition("Organization policy constraints/run.managed.requireInvokerIam denied"),
            "permission-denied",
            4,
            "public: false",
        ),
    ],
)  # fmt: skip
def test_the_table(error: BaseException, code: str, exit_code: int, remedy: str) -> None:
    found = said(error)
    assert (found.code, int(found.exit_code)) == (code, exit_code)
    assert remedy in found.remedy


def test_what_is_not_googles_stays_a_defect() -> None:
    assert translate(ValueError("ours"), "Deploying", Context()) is None


def test_over_grpc_a_login_that_cannot_be_renewed_looks_like_a_server_that_is_away() -> None:
    error = api.ServiceUnavailable(
        "Getting metadata from plugin failed with error: ('invalid_grant: Bad Request', {})"
    )
    assert said(error).code == "credentials-expired"


def ask(google: Cloud, bench: Bench, **fault: Any) -> DeploymentError:
    """What a real call that the server refuses says."""
    google.world.control({"fail": {"method": "GetService", "times": 99, **fault}})
    with pytest.raises(DeploymentError) as caught:
        bench.deployer.find(bench.settings(), bench.ctx)
    return caught.value


def test_a_disabled_api_names_the_command_that_enables_it(google: Cloud, bench: Bench) -> None:
    error = ask(
        google,
        bench,
        code="PERMISSION_DENIED",
        message="Cloud Run Admin API has not been used in project test-project before or it is disabled.",
        reason="SERVICE_DISABLED",
        metadata={"service": "run.googleapis.com", "consumer": "projects/test-project"},
    )
    assert error.code == "permission-denied"
    assert error.remedy == "gcloud services enable run.googleapis.com --project test-project"


def test_a_lacking_permission_is_named_with_its_role(google: Cloud, bench: Bench) -> None:
    error = ask(
        google,
        bench,
        code="PERMISSION_DENIED",
        message="Permission 'run.services.get' denied on resource 'x' (or resource may not exist).",
        reason="IAM_PERMISSION_DENIED",
        metadata={"permission": "run.services.get"},
    )
    assert error.code == "permission-denied"
    assert "run.services.get" in error.reason
    assert "roles/run.admin" in error.remedy


def test_a_server_that_is_away_is_said_at_once_in_a_listing(bench: Bench) -> None:
    import time

    bench.environ["CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN"] = "http://127.0.0.1:9/"
    started = time.monotonic()
    with pytest.raises(DeploymentError) as caught:
        bench.deployer.list("gcp:test-project/us-central1", bench.ctx)
    assert caught.value.code == "network"
    # The SDK's own default stalls for eight seconds and more here.
    assert time.monotonic() - started < 5


def test_no_credentials_names_the_login(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in bench.environ if name.startswith("CLOUDSDK")]:
        del bench.environ[name]
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(bench.folder / "no-gcloud"))
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    with pytest.raises(DeploymentError) as caught:
        bench.deployer.find(bench.settings(), bench.ctx)
    assert caught.value.code == "credentials-missing"
    assert "GOOGLE_APPLICATION_CREDENTIALS" in caught.value.remedy


@pytest.mark.parametrize(
    "url", ["http://run.example.com/", "http://10.0.0.1:80", "run.googleapis.com", "ftp://x/"]
)
def test_plain_http_is_for_this_machine_only(bench: Bench, url: str) -> None:
    bench.environ["CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN"] = url
    with pytest.raises(DeploymentError) as caught:
        Clients(bench.ctx).services  # noqa: B018 - making it is what is refused
    assert caught.value.code == "config-invalid"


def test_no_real_login_leaves_for_this_machine(
    google: Cloud, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise AssertionError("asked for real credentials")

    monkeypatch.setattr("google.auth.default", refuse)
    assert bench.deployer.find(bench.settings(), bench.ctx) is None
    bench.environ["CLOUDSDK_API_ENDPOINT_OVERRIDES_LOGGING"] = "https://127.0.0.1:9/"
    assert Clients(bench.ctx).logging is not None

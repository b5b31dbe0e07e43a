"""Microsoft's client, pointed where the environment says, with a login that goes nowhere else."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.imports import import_requests
from holodeck_tui.core.threads import interruptible
from holodeck_tui.deployers.azure.errors import Task, is_not_found, translated
from holodeck_tui.image.reference import is_loopback

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken, AccessTokenInfo, TokenCredential
    from azure.mgmt.appcontainers import ContainerAppsAPIClient
    from azure.mgmt.appcontainers.models import ContainerApp

T = TypeVar("T")

ENDPOINT = "AZURE_RESOURCE_MANAGER_ENDPOINT"
# Azure sends no Retry-After for its operations; without this the package asks every 30 seconds.
POLL_SECONDS = 3.0
# A server on this machine is asked more often: nobody counts the questions.
_LOCAL_POLL_SECONDS = 0.3
_EXTRA = "pip install 'holodeck-deploy-tui[azure]'"


class DummyCredential:
    """What a server on this machine gets instead of a login."""

    def get_token(self, *scopes: str, **_options: Any) -> AccessToken:
        """A token that opens nothing."""
        from azure.core.credentials import AccessToken

        return AccessToken("dummy", int(time.time()) + 3600)

    def get_token_info(self, *scopes: str, options: Any = None) -> AccessTokenInfo:
        """The same in the form newer clients ask for."""
        from azure.core.credentials import AccessTokenInfo

        return AccessTokenInfo("dummy", int(time.time()) + 3600)


@dataclass(frozen=True)
class Azure:
    """One subscription. ``call`` are the keyword arguments that every call of ``sdk`` must be given.

    ``endpoint`` is the address of Resource Manager where it is not Microsoft's public one; ``local``
    when it is this machine. ``interval`` is the seconds between two looks at a running operation.
    """

    sdk: ContainerAppsAPIClient
    credential: TokenCredential
    subscription: str
    ctx: Context
    call: Mapping[str, Any]
    endpoint: str | None
    local: bool
    interval: float = POLL_SECONDS

    def ask(self, task: Task, question: Callable[[], T]) -> T:
        """The answer; cancelling ends the wait at once. Raises DeploymentError only."""
        with translated(self.ctx, task):
            return interruptible(question, self.ctx.cancel)

    def find(self, task: Task, question: Callable[[], T], *, group: bool = True) -> T | None:
        """The answer, or None where Azure knows no such resource; a wrong subscription is an error.

        ``group``: that there is no such resource group is an error too.
        """
        try:
            return self.ask(task, question)
        except DeploymentError as error:
            if is_not_found(error, group=not group):
                return None
            raise

    def find_app(self, group: str, name: str) -> ContainerApp | None:
        """An app, or None: without its group there is none either."""
        task = Task(f"{name} could not be looked up.")
        apps = self.sdk.container_apps
        return self.find(task, lambda: apps.get(group, name, **self.call), group=False)

    def request(
        self, method: str, path: str, api_version: str, task: Task, /, **query: str
    ) -> dict[str, Any]:
        """A plain call of Resource Manager, for what the package has no method for; its JSON answer."""
        from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
        from azure.core.rest import HttpRequest
        from azure.mgmt.core.exceptions import ARMErrorFormat

        kinds = {401: ClientAuthenticationError, 404: ResourceNotFoundError}

        def send() -> dict[str, Any]:
            request = HttpRequest(method, path, params={"api-version": api_version, **query})
            response = self.sdk.send_request(request, **self.call)
            if response.status_code >= 400:
                kind: type[HttpResponseError] = kinds.get(response.status_code, HttpResponseError)
                raise kind(response=response, error_format=ARMErrorFormat)
            answer = response.json() if response.content else {}
            return answer if isinstance(answer, dict) else {}

        return self.ask(task, send)

    def token(self, scope: str, task: Task) -> str:
        """A token for another audience than Resource Manager."""
        return self.ask(task, lambda: self.credential.get_token(scope).token)


def find_endpoint(environ: Mapping[str, str]) -> tuple[str | None, bool]:
    """Resource Manager's address from the environment, and whether it is this machine.

    Plain http is taken for this machine only. Raises ``config-invalid``.
    """
    text = environ.get(ENDPOINT, "").strip().rstrip("/")
    if not text:
        return None, False
    parts = urlsplit(text)
    here = bool(parts.hostname) and is_loopback(parts.netloc)
    if parts.scheme == "https" and parts.hostname:
        return text, here
    if parts.scheme == "http" and here:
        return text, True
    raise DeploymentError(
        "config-invalid",
        f"{ENDPOINT} cannot be used.",
        reason="it is neither an https address nor one of this machine",
        remedy=f"export {ENDPOINT}=https://management.azure.com",
    )


def open_azure(
    subscription: str,
    ctx: Context,
    *,
    credential: TokenCredential | None = None,
    quick: bool = False,
    interval: float = POLL_SECONDS,
) -> Azure:
    """A client of one subscription. Touches no network. ``quick``: short waits and one retry, for lists.

    Raises ``sdk-missing`` and ``config-invalid``.
    """
    endpoint, local = find_endpoint(ctx.environ)
    try:
        import_requests()
        from azure.mgmt.appcontainers import ContainerAppsAPIClient
    except ImportError as error:
        raise sdk_missing(error) from error
    if local:
        credential, interval = DummyCredential(), min(interval, _LOCAL_POLL_SECONDS)
    elif credential is None:
        credential = default_credential()
    options: dict[str, Any] = {
        "polling_interval": interval,
        "connection_timeout": 3 if quick else 10,
        "read_timeout": 8 if quick else 60,
        "retry_total": 1 if quick else 4,
        "retry_backoff_factor": 0.4,
        "retry_backoff_max": 8,
    }
    if endpoint is not None:
        options["credential_scopes"] = [f"{endpoint}/.default"]
    if local:
        # This machine is never asked through a proxy of the environment.
        options["use_env_settings"] = False
    sdk = ContainerAppsAPIClient(credential, subscription, base_url=endpoint, **options)
    # Travels into the polling of operations too; without it the token is not sent over plain http.
    plain = endpoint is not None and endpoint.startswith("http:")
    call: dict[str, Any] = {"enforce_https": False} if plain else {}
    return Azure(sdk, credential, subscription, ctx, call, endpoint, local, interval)


def default_credential() -> TokenCredential:
    """The login of this machine: variables, workload identity, managed identity, the Azure CLI."""
    try:
        import_requests()
        from azure.identity import DefaultAzureCredential
    except ImportError as error:
        raise sdk_missing(error) from error
    return DefaultAzureCredential()


def sdk_missing(error: ImportError) -> DeploymentError:
    """Microsoft's packages are an extra."""
    return DeploymentError(
        "sdk-missing",
        "The target azure cannot be used.",
        reason=f"the Python package {error.name or error} is not installed",
        remedy=_EXTRA,
    )

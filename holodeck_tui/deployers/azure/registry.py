"""Azure Container Registry: who may push to it from here, and who pulls from it there."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from holodeck_tui.config.resolve import Settings
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.threads import interruptible
from holodeck_tui.deployers.azure.client import Azure
from holodeck_tui.deployers.azure.errors import LOGIN, Task
from holodeck_tui.deployers.azure.names import REGISTRY_SECRET
from holodeck_tui.deployers.azure.secrets import AppSecret
from holodeck_tui.image.credential import Credential
from holodeck_tui.image.credentials import COMMON_PREFIX
from holodeck_tui.image.reference import is_loopback

# The user of a token: learn.microsoft.com, "Authenticate with an Azure container registry".
TOKEN_USER = "00000000-0000-0000-0000-000000000000"  # noqa: S105 - a user name
AUDIENCE = "https://containerregistry.azure.net/.default"
_ACR = re.compile(r"[a-z0-9-]{5,63}\.azurecr\.(?:io|cn|us)", re.IGNORECASE)
_ECR = re.compile(r"\d{12}\.dkr\.ecr[.-].*\.amazonaws\.com(?:\.cn)?")


def is_acr(host: str) -> bool:
    """Whether ``host`` is a registry of Azure's own."""
    return _ACR.fullmatch(host) is not None


@dataclass(frozen=True)
class Pull:
    """How the app pulls its image: by an identity of its own, or with a password it keeps as a secret."""

    server: str
    identity: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def secret(self) -> AppSecret | None:
        """The app secret with the password."""
        return AppSecret(REGISTRY_SECRET, self.password) if self.password else None


def pull_of(settings: Settings) -> Pull | None:
    """How the target pulls; None from a registry that everybody may pull from.

    Raises ``registry-unpullable`` where it can be told beforehand that it cannot.
    """
    registry = settings.registry
    if registry is None:
        return None
    host = registry.host
    if is_loopback(host):
        raise _refused(
            host, "it is on this machine, which Azure cannot reach", "Push to one that it can reach."
        )
    identity = settings.overlay.azure.identity
    if is_acr(host) and identity is not None:
        return Pull(host, identity=identity)
    if _ECR.fullmatch(host):
        why = "a login to ECR ends after 12 hours, and Azure pulls whenever it starts a replica"
        raise _refused(host, why, "Use Azure Container Registry, or another with a lasting login.")
    for prefix in filter(None, (registry.credentials_env_prefix, COMMON_PREFIX)):
        plain = prefix.rstrip("_")
        username = settings.variables.get(f"{plain}_USERNAME")
        password = settings.variables.get(f"{plain}_PASSWORD")
        if username and password:
            return Pull(host, username=username, password=password)
    if is_acr(host):
        why = "deploy.yaml names no identity of the app, and there is no user and password for it"
        remedy = "In deploy.yaml: azure: {identity: RESOURCE_ID}  (of an identity with AcrPull)"
        raise _refused(host, why, remedy)
    return None


def _refused(host: str, why: str, remedy: str) -> DeploymentError:
    return DeploymentError(
        "registry-unpullable", f"Azure cannot pull from {host}.", reason=why, remedy=remedy
    )


@dataclass(frozen=True)
class AcrLogin:
    """Logs in to Azure Container Registry with the login to Azure. Nothing is kept anywhere.

    ``open_client`` is called when a registry of Azure's is asked for; ``address`` says where a host is.
    """

    open_client: Callable[[Context], Azure]
    address: Callable[[str], str] = field(default=lambda host: f"https://{host}")

    def credential(self, host: str, ctx: Context) -> Credential | None:
        """A login for about three hours; None for a registry of others."""
        if not is_acr(host):
            return None
        azure = self.open_client(ctx)
        if azure.local and not is_loopback(self.address(host).partition("//")[2]):
            # The dummy token of a server on this machine opens no registry elsewhere.
            return None
        token = azure.token(AUDIENCE, Task(f"{host} cannot be logged in to."))
        ctx.redactor.add(token)
        refresh = interruptible(lambda: _exchange(self.address(host), host, token, ctx), ctx.cancel)
        ctx.redactor.add(refresh)
        return Credential(TOKEN_USER, refresh, origin="the login to Azure")


def _exchange(address: str, host: str, token: str, ctx: Context) -> str:
    """The registry's refresh token for a token of Microsoft Entra (github.com/Azure/acr, AAD-OAuth.md)."""
    import httpx

    form = {"grant_type": "access_token", "service": host, "access_token": token}
    tenant = tenant_of(token)
    if tenant:
        form["tenant"] = tenant
    trust = not is_loopback(address.partition("//")[2])
    try:
        answer = httpx.post(f"{address}/oauth2/exchange", data=form, timeout=20, trust_env=trust)
    except httpx.HTTPError as error:
        raise DeploymentError(
            "registry-unreachable",
            f"{host} cannot be logged in to.",
            reason=ctx.redactor.clean(str(error)) or type(error).__name__,
            remedy=f"Check the name: az acr show --name {host.partition('.')[0]}",
        ) from error
    found = _json(answer.content).get("refresh_token")
    if answer.status_code == 200 and isinstance(found, str) and found:
        return found
    denied = answer.status_code == 403
    raise DeploymentError(
        "registry-denied" if denied else "registry-unauthorized",
        f"{host} does not take the login to Azure.",
        reason=f"it answered HTTP {answer.status_code}{_said(answer.content, ctx)}",
        remedy="az role assignment create --role AcrPush --assignee YOU --scope REGISTRY"
        if denied
        else LOGIN,
    )


def tenant_of(token: str) -> str | None:
    """The tenant in a token of Microsoft Entra; None where it is no such token."""
    return claims_of(token).get("tid")


def claims_of(token: str) -> dict[str, str]:
    """What a token says of its owner, unverified; empty where it is no JSON web token."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        data = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
    except ValueError:
        return {}
    return {key: value for key, value in _json(data).items() if isinstance(value, str)}


def _said(body: bytes, ctx: Context) -> str:
    errors = _json(body).get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    text = " ".join(str(first[key]) for key in ("code", "message") if first.get(key))
    return f": {ctx.redactor.clean(text)[:200]}" if text else ""


def _json(body: bytes) -> dict[str, object]:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}

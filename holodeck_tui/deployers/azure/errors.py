"""The one table from what Microsoft's packages raise to what people read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError

LOGIN = "az login  (or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET)"
REGISTER = "az provider register --namespace Microsoft.App --wait"
_ASK = "Ask who owns the subscription to allow it."
_LATER = "Wait a minute and try again."
BUSY = "ContainerAppOperationInProgress"
UNREGISTERED = "MissingSubscriptionRegistration"
# learn.microsoft.com, "Microsoft Entra authentication and authorization error codes".
_EXPIRED_LOGIN = re.compile(r"AADSTS(?:700082|70043|50173|70008|50078|7000222)\b|expired", re.IGNORECASE)
_PULL = re.compile(
    r"UNAUTHORIZED|MANIFEST_UNKNOWN|NAME_UNKNOWN|DENIED|unable to pull|pull(?:ing)? image|"
    r"\.image' is invalid",
    re.IGNORECASE,
)
_QUOTA = re.compile(r"quota|Maximum Allowed Cores exceeded|MaxNumberOf\w+Exceeded", re.IGNORECASE)
_ACTION = re.compile(r"perform action '([^']+)'(?: over scope '([^']+)')?")


@dataclass(frozen=True)
class Task:
    """What was tried: ``what`` is the sentence when it failed, ``code`` the code when nothing fits better."""

    what: str
    code: str = "network"


@contextmanager
def translated(ctx: Context, task: Task) -> Iterator[None]:
    """Have whatever Microsoft's packages raise in the block arrive as a DeploymentError."""
    from azure.core.exceptions import AzureError

    try:
        yield
    except AzureError as error:
        raise translate(error, ctx, task) from error


def vendor_code(error: BaseException | None) -> str:
    """Azure's own code of an error, or of what a DeploymentError came from; empty where there is none."""
    if isinstance(error, DeploymentError):
        error = error.__cause__
    return str(getattr(getattr(error, "error", None), "code", None) or "")


def status_of(error: BaseException | None) -> int | None:
    """The HTTP status behind an error."""
    if isinstance(error, DeploymentError):
        error = error.__cause__
    return getattr(error, "status_code", None)


def is_not_found(error: BaseException | None, *, group: bool = False) -> bool:
    """Whether the resource itself does not exist; with ``group``, or its resource group does not."""
    outer = {"SubscriptionNotFound", "InvalidSubscriptionId", *(() if group else ("ResourceGroupNotFound",))}
    return status_of(error) == 404 and vendor_code(error) not in outer


def is_passing(error: BaseException | None) -> bool:
    """Whether the same question may be answered a moment later."""
    from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError, ServiceResponseError

    if isinstance(error, DeploymentError):
        error = error.__cause__
    if isinstance(error, ClientAuthenticationError):
        return False
    status = status_of(error)
    return isinstance(error, (ServiceRequestError, ServiceResponseError)) or (
        status is not None and (status == 429 or status >= 500)
    )


def translate(error: Exception, ctx: Context, task: Task) -> DeploymentError:
    """One code, one sentence, one reason, one remedy."""
    from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError, ServiceResponseError

    code, said = vendor_code(error), said_by(error, ctx)
    status = status_of(error)
    if isinstance(error, ClientAuthenticationError) and status != 403:
        slug, reason, remedy = _login(str(error), code, said, ctx, asked_azure=status == 401)
    elif isinstance(error, (ServiceRequestError, ServiceResponseError)):
        # A failed operation has a status; without one there was no answer at all.
        slug = "network"
        reason = f"Azure does not answer ({said or type(error).__name__})"
        remedy = "Check the network, the proxy and AZURE_RESOURCE_MANAGER_ENDPOINT, and try again."
    else:
        slug, reason, remedy = _answer(code, said, status, task)
    return DeploymentError(slug, task.what, reason=reason, remedy=remedy)


def said_by(error: Exception, ctx: Context) -> str:
    """What Azure said, in one line of reasonable length."""
    inner = getattr(error, "error", None)
    text = getattr(inner, "message", None) or getattr(error, "message", None) or str(error)
    line = " ".join(ctx.redactor.clean(str(text)).split())
    return line if len(line) <= 400 else f"{line[:400]}…"


def _login(text: str, code: str, said: str, ctx: Context, *, asked_azure: bool) -> tuple[str, str, str]:
    if asked_azure:
        if code == "ExpiredAuthenticationToken":
            return "credentials-expired", "Azure says that the login has expired", LOGIN
        if code == "InvalidAuthenticationTokenTenant":
            return (
                "credentials-invalid",
                "the subscription belongs to another tenant",
                "az login --tenant TENANT",
            )
        return (
            "credentials-invalid",
            f"Azure does not accept the token ({code or said})",
            f"Check this machine's clock, then: {LOGIN}",
        )
    tried = [line for line in summarise(text) if line]
    if not tried:
        return "credentials-missing", "no login to Azure was found", LOGIN
    reason = ctx.redactor.clean("; ".join(tried))
    return ("credentials-expired" if _EXPIRED_LOGIN.search(reason) else "credentials-invalid"), reason, LOGIN


def summarise(text: str) -> list[str]:
    """Of all the attempts DefaultAzureCredential lists, those that found something and failed with it.

    Each as ``Kind: first sentence``. Empty where there simply is no login.
    """
    attempts = re.findall(r"^\s*(\w+Credential): (.+)$", text, re.MULTILINE)
    if not attempts:
        absent = re.search(r"unavailable|not found|az login|could not be found", text, re.IGNORECASE)
        first = text.strip().splitlines()[0] if text.strip() else ""
        return [] if absent and "AADSTS" not in text else [first[:200]]
    return [
        f"{kind}: {_first_sentence(why)}"
        for kind, why in attempts
        if "AADSTS" in why or "Authentication failed" in why or "expired" in why.lower()
    ]


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.])\s", text)[0][:200]


# Azure's code → ours, why (empty: what Azure says), what to do.
_BY_CODE = {
    "RequestDisallowedByPolicy": ("permission-denied", "", _ASK),
    UNREGISTERED: ("permission-denied", "the subscription does not use Container Apps yet", REGISTER),
    BUSY: ("busy", "another operation on the app is still running", _LATER),
    "TooManyRequests": ("throttled", "Azure asks to slow down", _LATER),
    "SubscriptionRequestsThrottled": ("throttled", "Azure asks to slow down", _LATER),
    "ResourceGroupNotFound": ("config-invalid", "", "az group create --name GROUP --location LOCATION"),
    "SubscriptionNotFound": ("config-invalid", "", "az account list --output table"),
    "InvalidSubscriptionId": ("config-invalid", "", "az account list --output table"),
    "ContainerAppSecretInvalid": ("deploy-failed", "", "Give every secret of deploy.yaml a value."),
}


def _answer(code: str, said: str, status: int | None, task: Task) -> tuple[str, str, str]:
    named = f"{said} ({code})" if code and code not in said else said
    if code in {"AuthorizationFailed", "LinkedAuthorizationFailed"} or (status == 403 and not code):
        return _denied(said)
    if code in _BY_CODE:
        slug, reason, remedy = _BY_CODE[code]
        return slug, reason or named, remedy
    if _QUOTA.search(code) or _QUOTA.search(said):
        return "quota", named, "az containerapp env list-usages --name ENVIRONMENT --resource-group GROUP"
    if "operation expired" in said.lower():
        return "unhealthy", "the new revision did not come up in time", "holodeck-deploy-tui logs --tail 200"
    if _PULL.search(said) and (status is None or status < 500):
        return _pull(named)
    return _by_status(code, named, status, task)


def _by_status(code: str, named: str, status: int | None, task: Task) -> tuple[str, str, str]:
    if status == 403:
        return "permission-denied", named, _ASK
    if status == 404:
        return "not-deployed", named, "holodeck-deploy-tui deploy"
    if status == 429:
        return "throttled", "Azure asks to slow down", _LATER
    if status is not None and status >= 500:
        return "network", f"Azure answered HTTP {status}{f' ({code})' if code else ''}", "Try again later."
    return task.code, named or f"Azure answered HTTP {status}", "Correct what Azure names and try again."


def _denied(said: str) -> tuple[str, str, str]:
    match = _ACTION.search(said)
    if not match:
        return (
            "permission-denied",
            said,
            "az role assignment create --role Contributor --assignee YOU --scope GROUP",
        )
    action, scope = match[1], match[2] or "SCOPE"
    group = re.match(r"/subscriptions/[^/]+/resourceGroups/[^/]+", scope, re.IGNORECASE)
    where = group[0] if group else scope
    return (
        "permission-denied",
        f"the login may not do {action}",
        f"az role assignment create --role Contributor --assignee YOU --scope {where}",
    )


def _pull(said: str) -> tuple[str, str, str]:
    if re.search(r"UNAUTHORIZED|DENIED|authentication required", said, re.IGNORECASE):
        remedy = (
            "In deploy.yaml: azure: {identity: RESOURCE_ID}  (of an identity with AcrPull; or set "
            "HOLODECK_REGISTRY_USERNAME and HOLODECK_REGISTRY_PASSWORD)"
        )
    else:
        remedy = "holodeck-deploy-tui push"
    return "image-pull", said, remedy

"""The one table that says what Google's errors mean to a user."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.redact import sanitize

EXTRA = "pip install 'holodeck-deploy-tui[gcp]'"
LOGIN = "gcloud auth application-default login  (or set GOOGLE_APPLICATION_CREDENTIALS to a credentials file)"
_AGAIN = "Run the same command again; it goes on where it can."
_LONGEST = 600

# Class of google.auth or google.api_core -> code, what it means, what to do. The first that fits counts,
# so what is more special stands first. Keyed by name: the classes are known only once their package is.
_TABLE: tuple[tuple[str, str, str, str], ...] = (
    ("DefaultCredentialsError", "credentials-missing", "there are no Google credentials here", LOGIN),
    ("ReauthFailError", "credentials-expired", "Google asks to log in again", LOGIN),
    ("RefreshError", "credentials-expired", "the Google credentials have expired or were revoked", LOGIN),
    ("MutualTLSChannelError", "credentials-invalid", "the client certificate is not usable", LOGIN),
    ("TransportError", "network", "Google's login server cannot be reached", "Check the network and proxy."),
    ("GoogleAuthError", "credentials-invalid", "the Google credentials are not usable", LOGIN),
    ("Unauthenticated", "credentials-expired", "Google does not accept the credentials (any more)", LOGIN),
    ("Unauthorized", "credentials-expired", "Google does not accept the credentials (any more)", LOGIN),
    ("Forbidden", "permission-denied", "the credentials lack a permission", ""),
    ("TooManyRequests", "quota", "a quota of the project is used up", ""),
    ("Aborted", "busy", "another change of it is under way", _AGAIN),
    ("FailedPrecondition", "deploy-failed", "Google refuses it in the present state", ""),
    (
        "AlreadyExists",
        "deploy-failed",
        "something of that name is there already",
        "gcloud run services list  (look at what has the name, then run the same command again)",
    ),
    (
        "NotFound",
        "deploy-failed",
        "it does not exist",
        "gcloud projects list  (then check project_id and region under deployment.target.gcp)",
    ),
    ("BadRequest", "deploy-failed", "Google does not accept the request", ""),
    ("DeadlineExceeded", "network", "Google did not answer in time", _AGAIN),
    ("GatewayTimeout", "network", "Google did not answer in time", _AGAIN),
    ("ServiceUnavailable", "network", "Google cannot be reached", "Check the network, then run it again."),
    ("RetryError", "network", "Google cannot be reached", "Check the network, then run it again."),
    ("ServerError", "deploy-failed", "Google answered with an error of its own", _AGAIN),
    ("GoogleAPIError", "deploy-failed", "Google refused it", ""),
)
_CLOCK = re.compile(
    r"invalid[ _]jwt|clock|iat and exp|invalid_scope|account not found|invalid_client", re.IGNORECASE
)
_RATE = re.compile(r"per (?:minute|second|100 seconds)|\brate\b|too many", re.IGNORECASE)
_BUSY = re.compile(
    r"in progress|conflict|concurrent|being (?:updated|deleted|created)|reconcil", re.IGNORECASE
)
_AUTH_PLUGIN = "Getting metadata from plugin failed"
_ORG_POLICY = re.compile(r"organization policy|constraints/", re.IGNORECASE)


@contextmanager
def translated(doing: str, ctx: Context) -> Iterator[None]:
    """What Google's packages raise in the block as a DeploymentError; ``doing`` begins its sentence."""
    try:
        yield
    except DeploymentError:
        raise
    except ImportError as error:
        raise sdk_missing(error) from error
    except Exception as error:
        found = translate(error, doing, ctx)
        if found is None:
            raise
        raise found from error


def sdk_missing(error: ImportError) -> DeploymentError:
    """Google's packages are not installed."""
    return DeploymentError(
        "sdk-missing",
        "The target gcp cannot be used.",
        reason=f"the Python package {error.name or error} is not installed",
        remedy=EXTRA,
    )


def translate(error: BaseException, doing: str, ctx: Context) -> DeploymentError | None:
    """``error`` in the user's words; None where it is none of Google's."""
    names = [kind.__name__ for kind in type(error).__mro__ if kind.__module__.startswith("google.")]
    row = next((row for row in _TABLE if row[0] in names), None)
    if row is None:
        return None
    text = _text(error)
    code, reason, remedy = _finer(names, row[1:], error, text)
    clean = ctx.redactor.clean
    said = clean(text)[:_LONGEST]
    return DeploymentError(
        code,
        f"{doing} failed.",
        reason=clean(reason) + (f" ({said})" if said and said not in reason else ""),
        remedy=clean(remedy),
        details=[clean(line) for line in _violations(error)],
    )


def is_transient(error: BaseException) -> bool:
    """Whether the same call may well succeed a moment later."""
    names = {kind.__name__ for kind in type(error).__mro__}
    if _AUTH_PLUGIN in str(error):
        return False
    if "TooManyRequests" in names:
        return _is_rate(error, _text(error))
    if "FailedPrecondition" in names:
        return bool(_BUSY.search(_text(error)))
    # A call that Google cut in the middle ends as Unknown or as an internal error.
    return bool(
        names
        & {"ServiceUnavailable", "GatewayTimeout", "InternalServerError", "BadGateway", "Unknown", "Aborted"}
    )


def is_not_found(error: BaseException) -> bool:
    """Whether what was asked for is not there."""
    return any(kind.__name__ == "NotFound" for kind in type(error).__mro__)


def _finer(
    names: list[str], row: tuple[str, str, str], error: BaseException, text: str
) -> tuple[str, str, str]:
    if _AUTH_PLUGIN in text or "RefreshError" in names:
        # Over gRPC a login that cannot be renewed looks as if the server were away.
        if _CLOCK.search(text):
            return "credentials-invalid", "the key is not valid, or this machine's clock is wrong", LOGIN
        return "credentials-expired", "the Google credentials have expired or were revoked", LOGIN
    if "Forbidden" in names:
        return _denied(error, text)
    if "TooManyRequests" in names:
        if _is_rate(error, text):
            return "throttled", "Google asks to slow down", "Wait a minute, then run it again."
        console = "https://console.cloud.google.com/iam-admin/quotas"
        return "quota", row[1], f"Use less (fewer instances, another region), or ask for more: {console}"
    if "FailedPrecondition" in names and _BUSY.search(text):
        return "busy", "another change of it is under way", _AGAIN
    if "FailedPrecondition" in names and _ORG_POLICY.search(text):
        return "permission-denied", "a policy of the organisation forbids it", _ask_policy(text)
    if "BadRequest" in names and re.search(r"image.+not found|manifest unknown", text, re.IGNORECASE):
        return "image-pull", "Cloud Run does not find the image", "holodeck-deploy-tui push"
    return row


def _denied(error: BaseException, text: str) -> tuple[str, str, str]:
    why = getattr(error, "reason", None)
    facts: dict[str, str] = {}
    for detail in getattr(error, "details", None) or ():
        facts |= dict(getattr(detail, "metadata", None) or {})
    if why == "SERVICE_DISABLED" or "has not been used in project" in text:
        api = facts.get("service") or _match(r"([a-z]+\.googleapis\.com)", text) or "run.googleapis.com"
        project = (facts.get("consumer") or "").removeprefix("projects/")
        project = project or _match(r"project (\S+)", text) or "PROJECT"
        return (
            "permission-denied",
            f"the API {api} is not enabled in the project {project}",
            f"gcloud services enable {api} --project {project}",
        )
    if _ORG_POLICY.search(text):
        return "permission-denied", "a policy of the organisation forbids it", _ask_policy(text)
    permission = facts.get("permission") or _match(r"'?([a-z]+\.[a-zA-Z]+\.[a-zA-Z]+)'? ", f"{text} ")
    reason = (
        f"the credentials lack the permission {permission}"
        if permission
        else "the credentials lack a permission"
    )
    return "permission-denied", reason, _grant(permission)


def _grant(permission: str | None) -> str:
    role = {
        "run": "roles/run.admin",
        "iam": "roles/iam.serviceAccountUser",
        "secretmanager": "roles/secretmanager.admin",
        "artifactregistry": "roles/artifactregistry.admin",
        "logging": "roles/logging.viewer",
    }.get((permission or "run").partition(".")[0], "roles/run.admin")
    return f"gcloud projects add-iam-policy-binding PROJECT --member user:YOU --role {role}"


def _ask_policy(text: str) -> str:
    policy = _match(r"(constraints/[\w.]+)", text)
    if policy is None or "invoker" in policy.lower() or "domain" in policy.lower():
        return "Write in deploy.yaml: gcp: {public: false}, or ask the organisation's administrator."
    return f"Ask the organisation's administrator about {policy}."


def _is_rate(error: BaseException, text: str) -> bool:
    return getattr(error, "reason", None) == "RATE_LIMIT_EXCEEDED" or bool(_RATE.search(text))


def _match(pattern: str, text: str) -> str | None:
    found = re.search(pattern, text)
    return found[1] if found else None


def _text(error: BaseException) -> str:
    message = getattr(error, "message", None)
    text = message if isinstance(message, str) and message else " ".join(str(arg) for arg in error.args[:1])
    return sanitize(text).strip()


def _violations(error: BaseException) -> list[str]:
    lines: list[str] = []
    for detail in getattr(error, "details", None) or ():
        lines += [f"{one.field}: {one.description}" for one in getattr(detail, "field_violations", ())]
    return lines

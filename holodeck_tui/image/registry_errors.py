"""What registries and networks answer, as errors of ours: the one table for all of them.

Codes of the answers: distribution specification, "Error Codes". None of a registry's words gets through
unless redacted and stripped of terminal control.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from holodeck_tui.core.errors import DeploymentError

if TYPE_CHECKING:
    import httpx

VARIABLES = "HOLODECK_REGISTRY_USERNAME and HOLODECK_REGISTRY_PASSWORD"
_LONGEST = 300
_FULL = ("no space left", "disk quota", "insufficient storage")
_QUOTA = ("quota", "limit exceeded", "storage limit")


class Transient(Exception):
    """A fault that another try may not meet. ``after``: seconds the server asks to wait, if it does."""

    def __init__(
        self, error: DeploymentError, *, after: float | None = None, tries: int | None = None
    ) -> None:
        super().__init__(error.message)
        self.error = error
        self.after = after
        self.tries = tries


@dataclass(frozen=True)
class Where:
    """What a request is about, for the words of an error."""

    host: str
    repository: str = ""
    doing: str = "talk to the registry"
    username: str | None = None

    @property
    def name(self) -> str:
        """``host/repository``, or the host alone."""
        return f"{self.host}/{self.repository}" if self.repository else self.host


def from_response(response: httpx.Response, where: Where, clean: Callable[[str], str]) -> DeploymentError:
    """The error that an answer of 400 and above means."""
    status = response.status_code
    codes, said = _said(response, clean)
    if status == 401:
        return _unauthorized(where, said)
    if status == 403 or "DENIED" in codes:
        return _denied(where, said)
    if status == 404:
        return _missing(where, codes, said)
    if status == 429:
        return DeploymentError(
            "throttled",
            f"{where.host} asks to slow down.",
            reason=said or "it answered 429 Too Many Requests",
            remedy=f"docker login {where.host}  (anonymous requests have lower limits; or try again later)",
        )
    if status == 405 or "UNSUPPORTED" in codes:
        return DeploymentError(
            "unsupported",
            f"{where.host} does not allow to {where.doing}.",
            reason=said or f"it answered {status}",
            remedy="Allow it in the registry's settings, or use the registry's own tools and clean-up rules.",
        )
    low = said.lower()
    if status == 507 or any(word in low for word in _FULL):
        return DeploymentError(
            "disk-full",
            f"{where.host} has no space left for {where.repository or 'the image'}.",
            reason=said or f"it answered {status}",
            remedy="Free space at the registry, then run the same command again; what arrived is kept.",
        )
    if any(word in low for word in _QUOTA):
        return DeploymentError(
            "quota",
            f"A quota of {where.host} is used up.",
            reason=said,
            remedy="Remove old images or raise the quota, then run the same command again.",
        )
    return DeploymentError(
        "registry-error",
        f"{where.host} could not {where.doing}.",
        reason=f"it answered {status}" + (f": {said}" if said else ""),
        remedy="Run the same command again (what arrived is kept), or ask whoever runs the registry.",
    )


def _unauthorized(where: Where, said: str) -> DeploymentError:
    if where.username is None:
        reason = "it wants a login and none was found"
    elif where.username:
        reason = f"it does not accept the login of user {where.username}"
    else:
        reason = "it does not accept the token"
    return DeploymentError(
        "registry-unauthorized",
        f"{where.host} wants {'a' if where.username is None else 'another'} login to {where.doing}.",
        reason=reason + (f" ({said})" if said else ""),
        remedy=f"docker login {where.host}  (or set {VARIABLES})",
    )


def _denied(where: Where, said: str) -> DeploymentError:
    who = f"user {where.username}" if where.username else "the anonymous user"
    return DeploymentError(
        "registry-denied",
        f"{where.host} refuses to {where.doing}.",
        reason=said or f"{who} may not do this in {where.name}",
        remedy=f"Grant it the right to {where.name}, or log in as somebody else: docker login {where.host}",
    )


def _missing(where: Where, codes: set[str], said: str) -> DeploymentError:
    if "NAME_UNKNOWN" in codes or (not codes and "upload" in where.doing):
        return DeploymentError(
            "repository-missing",
            f"{where.host} has no repository {where.repository}.",
            reason=said or "it answered 404",
            remedy="holodeck-deploy-tui deploy --create  (or create the repository there yourself)",
        )
    return DeploymentError(
        "image-missing",
        f"{where.name} is not there.",
        reason=said or "the registry answered 404",
        remedy="Check the name and the tag, or push the image first: holodeck-deploy-tui push",
    )


def from_fault(fault: Exception, where: Where, address: str, clean: Callable[[str], str]) -> Transient:
    """The error that a fault of the connection means; whether it is worth more tries stands in it."""
    import httpx

    words = clean(str(fault)) or type(fault).__name__
    if isinstance(fault, (httpx.ConnectError, httpx.ConnectTimeout)):
        certificate = "CERTIFICATE_VERIFY_FAILED" in words or "certificate" in words.lower()
        remedy = (
            "Set SSL_CERT_FILE to the certificates to believe, and run the same command again."
            if certificate
            else f"Check the name and the network: curl -I {address}/v2/"
        )
        error = DeploymentError(
            "registry-unreachable", f"{where.host} cannot be reached.", reason=words, remedy=remedy
        )
        hopeless = certificate or "refused" in words or "not known" in words or "No address" in words
        return Transient(error, tries=1 if certificate else (2 if hopeless else None))
    error = DeploymentError(
        "network",
        f"The connection to {where.host} broke.",
        reason=words,
        remedy="Run the same command again; what arrived is kept.",
    )
    return Transient(error)


def _said(response: httpx.Response, clean: Callable[[str], str]) -> tuple[set[str], str]:
    """The specification's error codes and the words of an answer, cut to a line."""
    text = response.text if response.is_stream_consumed or hasattr(response, "_content") else ""
    codes: set[str] = set()
    words: list[str] = []
    try:
        document = json.loads(text)
        errors = document.get("errors", [document]) if isinstance(document, dict) else []
        for error in errors if isinstance(errors, list) else []:
            if isinstance(error, dict):
                codes.add(str(error.get("code", "")).upper())
                words.append(str(error.get("message") or error.get("details") or error.get("code") or ""))
                detail = error.get("detail")
                if detail and response.status_code >= 500:
                    words.append(detail if isinstance(detail, str) else json.dumps(detail))
    except ValueError:
        if response.headers.get("content-type", "").startswith("text/plain"):
            words.append(text)
    codes.discard("")
    said = clean(": ".join(filter(None, words))).strip()
    return codes, said[:_LONGEST] + ("…" if len(said) > _LONGEST else "")

"""What a container engine says about registries and builds, as errors of ours: the one table for it.

An engine hands on the registry's words in a stream, with status 200; so the words are all there is.
Wordings: moby 20.10 to 28 and Podman 4 and 5.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.image.registry_errors import Transient, Where

if TYPE_CHECKING:
    from docker.errors import APIError

_LONGEST = 300
# Attempts where a second try seldom helps: nobody listens, a name nobody knows.
_FEW = 2


def registry_fault(said: str, where: Where) -> DeploymentError | Transient:
    """The error that the words of a push or pull mean; :class:`Transient` for a fault of the network."""
    low = said.lower()
    reason = said.strip()[:_LONGEST]
    if _any(low, "no basic auth credentials", "unauthorized", "authentication required", "401"):
        return _unauthorized(where, reason)
    if _any(low, "denied", "forbidden", "403"):
        return DeploymentError(
            "registry-denied",
            f"{where.host} refuses to {where.doing}.",
            reason=reason,
            remedy=f"docker login {where.host}  (as somebody who may write to {where.name})",
        )
    if _any(low, "does not exist locally", "no such image", "tag does not exist", "image not known"):
        return image_missing(where.name)
    if _any(low, "name unknown", "repository does not exist", "name_unknown", "repository name not known"):
        return DeploymentError(
            "repository-missing",
            f"{where.host} has no repository {where.repository}.",
            reason=reason,
            remedy="holodeck-deploy-tui deploy --create  (or create the repository there yourself)",
        )
    if _any(low, "manifest unknown", "not found: manifest", "manifest_unknown"):
        return DeploymentError(
            "image-missing",
            f"{where.name} is not there.",
            reason=reason,
            remedy="Check the name and the tag.",
        )
    if _any(low, "no space left", "disk quota", "insufficient storage"):
        return DeploymentError(
            "disk-full",
            f"There is no space left to {where.doing}.",
            reason=reason,
            remedy="Free space at the registry, or in the engine: docker system prune",
        )
    if _any(low, "server gave http response to https client"):
        return _unreachable(
            where, "it speaks plain http", "Serve it over https, or as 127.0.0.1 on this machine."
        )
    if _any(low, "x509", "certificate"):
        return _unreachable(
            where, reason, "Install the registry's CA for the engine, then restart the engine."
        )
    if _any(low, "no such host", "name or service not known"):
        return _unreachable(
            where, f"no such host ({reason})", f"Check the name: getent hosts {_name(where.host)}"
        )
    if _any(low, "connection refused"):
        error = _unreachable(where, f"connection refused ({reason})", f"curl -I https://{where.host}/v2/")
        return Transient(error, tries=_FEW)
    if _any(low, "toomanyrequests", "too many requests", "429"):
        throttled = DeploymentError(
            "throttled",
            f"{where.host} asks to slow down.",
            reason=reason,
            remedy=f"docker login {where.host}  (anonymous requests have lower limits; or try again later)",
        )
        return Transient(throttled)
    if _NETWORK.search(low):
        remedy = "Run the same command again; what arrived is kept."
        return Transient(_unreachable(where, reason, remedy))
    return DeploymentError(
        "push-failed" if "push" in where.doing else "registry-error",
        f"{where.host} could not {where.doing}.",
        reason=reason,
        remedy="Run the same command again; if it stays so, ask whoever runs the registry.",
    )


_NETWORK = re.compile(
    r"i/o timeout|timeout exceeded|tls handshake|deadline exceeded|connection reset|broken pipe|\beof\b|"
    r"unexpected http status: 5\d\d|\b50[0234] |bad gateway|service unavailable|gateway time-?out|"
    r"use of closed network connection|network is unreachable|no route to host|server misbehaving|"
    r"temporary failure|net/http|http2:|blob upload unknown|timed? ?out"
)


# Docker without and with BuildKit, Podman.
_ENDED = re.compile(
    r"(?:returned a non-zero code:|did not complete successfully: exit code:|"
    r"while running runtime: exit status) (\d+)"
)


def image_missing(name: str) -> DeploymentError:
    """The engine does not have what shall be pushed."""
    return DeploymentError(
        "image-missing",
        f"The engine has no image {name}.",
        reason="it was never built here, or was removed since",
        remedy="holodeck-deploy-tui build",
    )


def build_fault(said: str, platform: str, *, installs: bool) -> DeploymentError:
    """The error that the words of a failed build mean. ``installs``: the image installs packages."""
    low = said.lower()
    # A chain of wrapped errors says at its end what it is about.
    reason = said.strip() if len(said.strip()) <= _LONGEST else f"…{said.strip()[-_LONGEST:]}"
    if ended := _ENDED.search(said):
        # The whole command says less than its output, and had no room beside the remedy.
        reason = f"a command of the build ended with exit code {ended[1]}"
    if _any(
        low, "does not match the specified platform", "exec format error", "no image found in manifest list"
    ):
        return DeploymentError(
            "platform-mismatch",
            f"The engine cannot make an image for {platform}.",
            reason=reason,
            remedy="Name a base of that platform (image.base in deploy.yaml), or set deployment.platform.",
        )
    if _any(low, "no space left", "disk quota"):
        return DeploymentError(
            "disk-full",
            "The engine has no space left to build the image.",
            reason=reason,
            remedy="docker system prune",
        )
    remedy = "Run the same command again with -v to see every line of the build."
    if installs:
        remedy = "Use a base image that has it, as image.base: holodeck-deploy-tui base --extras … --push REF"
    return DeploymentError("build-failed", "The image could not be built.", reason=reason, remedy=remedy)


def said_by(error: APIError) -> str:
    """The engine's own words in an error of docker-py, without address and status."""
    return str(error.explanation or error)


def _unauthorized(where: Where, reason: str) -> DeploymentError:
    wants = "a" if where.username is None else "another"
    return DeploymentError(
        "registry-unauthorized",
        f"{where.host} wants {wants} login to {where.doing}.",
        reason=f"no login was found for it ({reason})" if where.username is None else reason,
        remedy=f"docker login {where.host}  (or HOLODECK_REGISTRY_USERNAME and HOLODECK_REGISTRY_PASSWORD)",
    )


def _unreachable(where: Where, reason: str, remedy: str) -> DeploymentError:
    return DeploymentError(
        "registry-unreachable", f"{where.host} cannot be reached.", reason=reason, remedy=remedy
    )


def _any(text: str, *words: str) -> bool:
    return any(word in text for word in words)


def _name(host: str) -> str:
    return host.partition(":")[0]

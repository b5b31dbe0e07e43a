"""Can ECS pull the image? From ECR by the execution role; from elsewhere by a login that we store."""

from __future__ import annotations

import ipaddress
import json

from holodeck_tui.config.resolve import Settings
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.aws import ecr
from holodeck_tui.image.credential import Credential
from holodeck_tui.image.credentials import COMMON_PREFIX, target_credential
from holodeck_tui.image.reference import is_loopback

LOGIN = ".registry-login"
"""The login's name among the secrets of a service; no variable can have it."""

# Users of clouds whose password is a token of some hours: docs of Artifact Registry, ACR and ECR.
_TOKEN_USERS = frozenset({"oauth2accesstoken", "00000000-0000-0000-0000-000000000000", "AWS"})


def pull_login(settings: Settings, ctx: Context) -> Credential | None:
    """What ECS must log in with to pull; None where the execution role does. Asks no network.

    Raises ``registry-unpullable``, ``registry-unauthorized`` and what a credential helper raises.
    """
    registry = settings.registry
    if registry is None:
        raise DeploymentError(
            "config-invalid",
            "There is no registry that ECS could pull from.",
            reason="deployment.registry is not set",
            remedy="holodeck-deploy-tui set deployment.registry.url=ACCOUNT.dkr.ecr.REGION.amazonaws.com",
        )
    host = registry.host
    if ecr.parse_host(host) is not None or host == ecr.PUBLIC:
        return None
    if is_loopback(host) or _is_private(host):
        raise _unpullable(host, "AWS cannot reach it: it is on this machine or in a private network")
    found = target_credential(host, settings, ctx)
    prefix = (registry.credentials_env_prefix or COMMON_PREFIX).rstrip("_")
    if found is None:
        raise _unpullable(
            host,
            "it is not ECR, and there is no login for it that could be handed to ECS",
            f"export {prefix}_USERNAME=… {prefix}_PASSWORD=…  (or use ECR, which needs no login)",
        )
    if not found.password or found.username in _TOKEN_USERS:
        raise _unpullable(
            host,
            f"its login ({found.origin or found.username}) is a token that ends within hours, "
            "and ECS pulls again whenever it starts a task",
            f"export {prefix}_USERNAME=… {prefix}_PASSWORD=…  (a lasting login that may pull)",
        )
    return found


def login_text(credential: Credential) -> str:
    """What ``repositoryCredentials`` expects in Secrets Manager."""
    return json.dumps({"username": credential.username, "password": credential.password})


def _is_private(host: str) -> bool:
    bare = host.rpartition(":")[0] if host.count(":") == 1 else host
    try:
        return ipaddress.ip_address(bare.strip("[]")).is_private
    except ValueError:
        return bare.endswith((".local", ".internal")) or "." not in bare


def _unpullable(host: str, reason: str, remedy: str = "") -> DeploymentError:
    """A remedy of its own is about the login, which a rehearsal does without; the rest is configuration."""
    return DeploymentError(
        "registry-unauthorized" if remedy else "registry-unpullable",
        f"ECS cannot pull from {host}.",
        reason=reason,
        remedy=remedy
        or "holodeck-deploy-tui set deployment.registry.url=ACCOUNT.dkr.ecr.REGION.amazonaws.com",
    )

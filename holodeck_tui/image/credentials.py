"""Whose login goes to which registry. The target's never goes to the base's registry, nor the other way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.image.credential import Credential
from holodeck_tui.image.docker_config import find_login
from holodeck_tui.image.endpoints import find_endpoint
from holodeck_tui.image.reference import is_loopback

if TYPE_CHECKING:
    from holodeck_tui.config.resolve import Settings

COMMON_PREFIX = "HOLODECK_REGISTRY"

__all__ = [
    "COMMON_PREFIX",
    "Credential",
    "CredentialSource",
    "base_credential",
    "find_credentials",
    "target_credential",
]


class CredentialSource(Protocol):
    """A cloud that can log in to its own registry (ECR, Artifact Registry, ACR).

    Never asked when the traffic goes to this machine: a cloud's token must not leave for there.
    """

    def credential(self, host: str, ctx: Context) -> Credential | None:
        """A login for ``host``, or None when ``host`` is not that cloud's registry.

        Raises ``credentials-missing``, ``credentials-expired`` or ``sdk-missing``.
        """


def find_credentials(
    host: str,
    ctx: Context,
    *,
    lookup: Callable[[str], str | None] | None = None,
    prefix: str | None = None,
    common: bool = True,
    sources: Sequence[CredentialSource] = (),
) -> Credential | None:
    """The login for the registry ``host``, or None for anonymous.

    In order: ``<PREFIX>_USERNAME`` and ``_PASSWORD``, ``HOLODECK_REGISTRY_USERNAME`` and ``_PASSWORD``
    (unless ``common`` is false), the cloud's own login, docker's config with its helpers. ``lookup``
    finds a variable (the shell alone by default). A mirror of ``HOLODECK_REGISTRY_ENDPOINTS`` gets what
    docker's config holds for the mirror, never the login of the registry it stands for. The secrets
    are made known to the redactor.
    """
    look = lookup or ctx.environ.get
    endpoint = find_endpoint(host, ctx.environ)
    found = _from_variables(prefix, look) if prefix else None
    if found is None and common:
        found = _from_variables(COMMON_PREFIX, look)
    if found is None and not endpoint.mirror and not is_loopback(host):
        found = next(filter(None, (source.credential(host, ctx) for source in sources)), None)
    if found is None:
        found = find_login(endpoint.credential_host, ctx)
    if found is not None:
        ctx.redactor.add(*found.secrets)
    return found


def target_credential(
    host: str, settings: Settings, ctx: Context, *, sources: Sequence[CredentialSource] = ()
) -> Credential | None:
    """The login for the registry that the agent's image goes to."""
    registry = settings.registry
    prefix = registry.credentials_env_prefix if registry is not None else None
    return find_credentials(host, ctx, lookup=settings.variables.get, prefix=prefix, sources=sources)


def base_credential(
    host: str, settings: Settings, ctx: Context, *, sources: Sequence[CredentialSource] = ()
) -> Credential | None:
    """The login for the registry that the base image comes from: the target's if it is the same one."""
    registry = settings.registry
    if registry is not None and registry.host == host:
        return target_credential(host, settings, ctx, sources=sources)
    return find_credentials(host, ctx, common=False, sources=sources)


def _from_variables(prefix: str, look: Callable[[str], str | None]) -> Credential | None:
    prefix = prefix.rstrip("_")
    user_name, password_name = f"{prefix}_USERNAME", f"{prefix}_PASSWORD"
    username, password = look(user_name), look(password_name)
    if username and password:
        return Credential(username, password, origin=password_name)
    if not username and not password:
        return None
    missing = password_name if username else user_name
    raise DeploymentError(
        "credentials-missing",
        "Half of a registry login is set.",
        reason=f"{missing} is not set, but its other half is",
        remedy=f"export {missing}=…",
    )

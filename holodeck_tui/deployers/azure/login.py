"""The login to Azure: which one there is, by files and variables alone, and whose its token says it is."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING

from holodeck_tui.core.context import Context
from holodeck_tui.core.threads import interruptible
from holodeck_tui.deployers.azure.client import Azure, default_credential, find_endpoint
from holodeck_tui.deployers.azure.errors import Task, translated
from holodeck_tui.deployers.azure.profile import Profile, read_profile
from holodeck_tui.deployers.azure.registry import claims_of
from holodeck_tui.deployers.login import Login

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

_NAMES = ("upn", "unique_name", "preferred_username", "appid", "oid")


def known(environ: Mapping[str, str]) -> Login:
    """A machine of Azure's own may have a login that stands in no file; only Azure could tell."""
    if not _installed():
        return Login(
            "azure", "none", "its package is not installed", "pip install 'holodeck-deploy-tui[azure]'"
        )
    profile = read_profile(environ)
    app = environ.get("AZURE_CLIENT_ID")
    if app and (environ.get("AZURE_CLIENT_SECRET") or environ.get("AZURE_FEDERATED_TOKEN_FILE")):
        return Login("azure", "skip", _told(f"the application {app}", profile))
    if profile.user:
        return Login("azure", "skip", _told(profile.user, profile))
    return Login("azure", "none", "no login here; only a deploy to Azure needs one", "az login")


def who(ctx: Context) -> str:
    """Asks for a token. Raises what a missing package or login is."""
    profile = read_profile(ctx.environ)
    endpoint, local = find_endpoint(ctx.environ)
    if local:
        return _told("no login is needed", profile)
    return _told(_owner(default_credential(), endpoint, ctx), profile)


def login_name(azure: Azure) -> str:
    """Whose login it is, by its token; empty at a server of this machine. Raises what a login raises."""
    return "" if azure.local else _owner(azure.credential, azure.endpoint, azure.ctx)


def _owner(credential: TokenCredential, endpoint: str | None, ctx: Context) -> str:
    scope = f"{endpoint or 'https://management.azure.com'}/.default"
    with translated(ctx, Task("Azure cannot be logged in to.")):
        token = interruptible(lambda: credential.get_token(scope).token, ctx.cancel)
    return owner_of(claims_of(token)) or "logged in"


def owner_of(claims: Mapping[str, str]) -> str:
    """The name in a token's claims, a person's before an application's; empty where there is none."""
    return next((claims[key] for key in _NAMES if claims.get(key)), "")


def _told(name: str, profile: Profile) -> str:
    if not profile.subscription:
        return f"{name}, no subscription chosen"
    return f"{name}, subscription {profile.name or profile.subscription}"


def _installed() -> bool:
    try:
        return find_spec("azure.mgmt.appcontainers") is not None
    except ImportError:
        return False

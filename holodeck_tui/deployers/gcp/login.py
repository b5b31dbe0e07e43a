"""The login to Google Cloud: which one there is, by files and variables alone, and whether it holds."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec

from holodeck_tui.core.context import Context
from holodeck_tui.deployers.gcp.client import Clients
from holodeck_tui.deployers.gcp.gcloud import Gcloud, read_gcloud
from holodeck_tui.deployers.login import Login

_LOG_IN = "gcloud auth application-default login"


def known(environ: Mapping[str, str]) -> Login:
    """A machine of Google's own has a login that stands in no file; only Google could tell."""
    if not _installed():
        return Login("gcp", "none", "its package is not installed", "pip install 'holodeck-deploy-tui[gcp]'")
    gcloud = read_gcloud(environ)
    if gcloud.login:
        return Login("gcp", "skip", _told(gcloud.owner or gcloud.account or "a login", gcloud))
    if gcloud.account:
        detail = f"gcloud is logged in as {gcloud.account}, programs such as this one are not"
        return Login("gcp", "none", detail, _LOG_IN)
    return Login("gcp", "none", "no login here; only a deploy to Google Cloud needs one", _LOG_IN)


def who(ctx: Context) -> str:
    """Renews the login, which Google refuses if it no longer holds. Raises what a login raises."""
    gcloud = read_gcloud(ctx.environ)
    return _told(identity(Clients(ctx).credentials(), gcloud), gcloud)


def identity(credentials: object, gcloud: Gcloud) -> str:
    """Whose login it is, as far as it says."""
    told = getattr(credentials, "service_account_email", None) or getattr(credentials, "account", None)
    return str(told) if told and told != "default" else gcloud.owner or "logged in"


def _told(name: str, gcloud: Gcloud) -> str:
    return f"{name}, project {gcloud.project}" if gcloud.project else f"{name}, no project chosen"


def _installed() -> bool:
    try:
        return find_spec("google.cloud.run_v2") is not None
    except ImportError:
        return False

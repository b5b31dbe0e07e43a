"""The logins of this machine to registries that are no cloud's; the secrets stay where they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.image.credentials import find_credentials
from holodeck_tui.image.reference import HUB

GHCR = "ghcr.io"
HOSTS = (GHCR, HUB)
# What docker's helpers call the user of an identity token.
_TOKEN_USER = "<token>"  # noqa: S105 - a user name


@dataclass(frozen=True)
class Account:
    """Whose login it is (empty where it does not say), and where it stands.

    ``origin`` empty: there is none. ``broken`` says why that cannot be told.
    """

    user: str = ""
    origin: str = ""
    broken: str = ""


def known_accounts(ctx: Context, lookup: Callable[[str], str | None] | None = None) -> dict[str, Account]:
    """By host of :data:`HOSTS`, as a push would find them. May ask docker's credential helpers."""
    return {host: _account(host, ctx, lookup) for host in HOSTS}


def _account(host: str, ctx: Context, lookup: Callable[[str], str | None] | None) -> Account:
    try:
        found = find_credentials(host, ctx, lookup=lookup)
    except Cancelled:
        raise
    except DeploymentError as error:
        return Account(broken=str(error))
    if found is None:
        return Account()
    return Account("" if found.username == _TOKEN_USER else found.username, found.origin)

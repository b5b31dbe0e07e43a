"""Who the running service is, and that it may read its secrets."""

from __future__ import annotations

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.deployers.gcp.client import Clients

_READER = "roles/secretmanager.secretAccessor"


def default_account(told: str) -> str | None:
    """The project's default account, from a resource name that Google gave: those have the number."""
    number = told.split("/")[1] if told.startswith("projects/") else ""
    return f"{number}-compute@developer.gserviceaccount.com" if number.isdigit() else None


def allow_reading(clients: Clients, secret: str, told: str, account: str | None, ctx: Context) -> None:
    """Let ``account`` (None: the default one, by ``told``) read ``secret``; a refusal is a warning."""
    account = account or default_account(told)
    if account is None:
        return
    member = f"serviceAccount:{account}"
    try:
        policy = clients.call(
            "Reading who may read a secret", clients.secrets.get_iam_policy, {"resource": secret}
        )
        if any(one.role == _READER and member in one.members for one in policy.bindings):
            return
        policy.bindings.add(role=_READER, members=[member])
        clients.call(
            "Letting the service read its secret",
            clients.secrets.set_iam_policy,
            {"resource": secret, "policy": policy},
        )
    except Cancelled:
        raise
    except DeploymentError as error:
        if error.code != "permission-denied":
            raise
        ctx.warn(f"{account} could not be allowed to read {secret}: {error}.")

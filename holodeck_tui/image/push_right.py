"""Whether a registry takes uploads of this login. An engine sends what is refused again for a minute."""

from __future__ import annotations

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.image.blobs import Blobs
from holodeck_tui.image.credential import Credential
from holodeck_tui.image.meter import Meter
from holodeck_tui.image.registry import Registry
from holodeck_tui.image.registry_errors import Transient

# What does not get better by waiting.
_FINAL = {"registry-denied", "registry-unauthorized", "repository-missing"}


def check_push_right(host: str, repository: str, credential: Credential | None, ctx: Context) -> None:
    """Open an upload and take it back. Raises what is refused; other faults are the engine's to tell."""
    try:
        with Registry(host, credential, ctx, step="push") as registry:
            blobs = Blobs(registry, repository, Meter(ctx, "push"))
            blobs.abandon(blobs.start(retry=False) or "")
    except Transient:
        return
    except Cancelled:
        raise
    except DeploymentError as error:
        if error.code in _FINAL:
            raise

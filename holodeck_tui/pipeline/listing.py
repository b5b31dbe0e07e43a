"""All deployments of ours in some scopes, each scope asked once, all at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from holodeck_tui.config.resolve import Settings
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.core.threads import in_threads, interruptible
from holodeck_tui.core.values import Status
from holodeck_tui.deployers.base import Listable
from holodeck_tui.deployers.catalog import create_deployer
from holodeck_tui.pipeline.types import Listing, ScopeFailure
from holodeck_tui.state.scopes import ScopeMemory, check_scope, state_home

_AT_ONCE = 8


def list_deployments(
    scopes: Sequence[str],
    ctx: Context,
    *,
    settings: Settings | None = None,
    home: Path | None = None,
) -> Listing:
    """Ask ``scopes``, or without any the agent's own and the remembered ones.

    ``home`` is the user's state folder. A scope that does not answer is a failure in the listing and
    no error. Raises ``scope-invalid`` and ``interrupted``.
    """
    asked = [check_scope(scope) for scope in scopes]
    if not asked:
        own = [own_scope(settings)] if settings is not None else []
        asked = [scope for scope in own if scope is not None]
        asked += ScopeMemory(home or state_home(), ctx.warn).all() or ([] if asked else ["local"])
    asked = list(dict.fromkeys(asked))
    answers = in_threads(lambda scope: _ask(scope, ctx), asked, at_once=_AT_ONCE, name="scopes")
    ctx.cancel.check()
    found = [status for answer in answers if isinstance(answer, list) for status in answer]
    found.sort(key=lambda status: (status.ref.agent, status.ref.scope, status.ref.environment or ""))
    return Listing(tuple(found), tuple(answer for answer in answers if isinstance(answer, ScopeFailure)))


def own_scope(settings: Settings) -> str | None:
    """The scope that the agent's settings deploy to; None where they do not say."""
    deployment = settings.deployment
    target = deployment.target if deployment is not None else None
    if settings.target == "local" or target is None:
        return "local" if settings.target == "local" else None
    if settings.target == "aws" and target.aws is not None:
        return f"aws:{target.aws.region}"
    if settings.target == "gcp" and target.gcp is not None:
        return f"gcp:{target.gcp.project_id}/{target.gcp.region}"
    if settings.target == "azure" and target.azure is not None:
        return f"azure:{target.azure.subscription_id}/{target.azure.resource_group}"
    return None


def _ask(scope: str, ctx: Context) -> list[Status] | ScopeFailure:
    def ask() -> list[Status]:
        deployer = create_deployer(scope.partition(":")[0])
        if not isinstance(deployer, Listable):
            raise DeploymentError(
                "unsupported",
                f"{scope} cannot be listed.",
                reason="the target has no such operation",
                remedy="Ask for one agent: holodeck-deploy-tui status AGENT",
            )
        return deployer.list(scope, ctx)

    try:
        return interruptible(ask, ctx.cancel)
    except Cancelled:
        return []  # said once, by the caller
    except DeploymentError as error:
        return ScopeFailure(scope, error)

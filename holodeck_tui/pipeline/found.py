"""What is asked of and done to a deployment that a listing found, with its agent.yaml here or without it.

Every function takes the deployment's reference, and ``settings`` where the agent.yaml it came from is here:
then the operation runs as the command of that name does, under the agent's lock, journalled and recorded.
Without settings the target alone is asked; nothing is recorded, for there is no folder to record it in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from holodeck_tui.config.resolve import Settings
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.events import Result
from holodeck_tui.core.values import Deployment, ServiceRef, Status
from holodeck_tui.deployers.base import Destruction, Health, LogLine, LogQuery, Pausable, Reversible, Revision
from holodeck_tui.deployers.catalog import create_deployer
from holodeck_tui.pipeline import operations
from holodeck_tui.pipeline.listing import own_scope
from holodeck_tui.pipeline.report import Outcome, report
from holodeck_tui.pipeline.types import ChatReply
from holodeck_tui.pipeline.verify import Verifier


@dataclass(frozen=True)
class Abilities:
    """What a target can do beside deploy, logs and destroy."""

    pause: bool
    rollback: bool


def abilities(provider: str) -> Abilities:
    """What ``provider`` can do. Imports its SDK: not for a UI thread. Raises ``sdk-missing``."""
    deployer = create_deployer(provider)
    return Abilities(isinstance(deployer, Pausable), isinstance(deployer, Reversible))


def is_of(settings: Settings, ref: ServiceRef) -> bool:
    """Whether a deploy with ``settings`` would update ``ref``. Touches no network."""
    if (settings.target, settings.agent_name, settings.environment) != (
        ref.provider,
        ref.agent,
        ref.environment,
    ):
        return False
    return (
        own_scope(settings) == ref.scope and create_deployer(ref.provider).service_name(settings) == ref.name
    )


def judge(ref: ServiceRef, ctx: Context) -> Status:
    """The judged state now."""
    return create_deployer(ref.provider).get_status(ref, ctx)


def log_lines(ref: ServiceRef, query: LogQuery, ctx: Context) -> Iterator[LogLine]:
    """The lines, redacted and safe for a terminal; their colours stay."""
    for line in create_deployer(ref.provider).stream_logs(ref, query, ctx):
        ctx.cancel.check()
        yield LogLine(ctx.redactor.clean(line.text, keep_colour=True), line.timestamp, line.source)


def plan_destroy(ref: ServiceRef, ctx: Context) -> Destruction:
    """What :func:`destroy` would remove."""
    return create_deployer(ref.provider).plan_destroy(ref, ctx)


def destroy(ref: ServiceRef, ctx: Context, settings: Settings | None = None) -> Result:
    """Remove it. That it is gone already is success."""
    if settings is not None:
        return operations.destroy(settings, ctx)

    def work(outcome: Outcome) -> None:
        done = create_deployer(ref.provider).destroy(ref, ctx)
        outcome.deployment = Deployment(ref, None, "missing", None)
        for text in done.goes:
            ctx.info(f"removed: {text}")
        for text in done.stays:
            ctx.info(f"stays: {text}")

    return report(ref.agent, ctx, work)


def revisions(ref: ServiceRef, ctx: Context) -> list[Revision]:
    """What can be gone back to, newest first. Raises ``unsupported``."""
    return _reversible(ref).revisions(ref, ctx)


def rollback(ref: ServiceRef, to: str | None, ctx: Context, settings: Settings | None = None) -> Result:
    """Go back to ``to``, or to the revision before the active one, and prove that it is healthy."""
    if settings is not None:
        return operations.rollback(settings, ctx, to=to)

    def work(outcome: Outcome) -> None:
        target = _reversible(ref)
        outcome.deployment = target.rollback(ref, to, ctx)
        verifier = Verifier(outcome.deployment, Health(), create_deployer(ref.provider), ctx, protocol="rest")
        outcome.deployment, _ = verifier.verify()

    return report(ref.agent, ctx, work)


def pause(ref: ServiceRef, ctx: Context, settings: Settings | None = None) -> Status:
    """Stop serving and keep everything. Raises ``unsupported``."""
    if settings is not None:
        return operations.pause(settings, ctx)
    return _pausable(ref).pause(ref, ctx)


def resume(ref: ServiceRef, ctx: Context, settings: Settings | None = None) -> Status:
    """Serve again. Raises ``unsupported``."""
    if settings is not None:
        return operations.resume(settings, ctx)
    return _pausable(ref).resume(ref, ctx)


def chat(status: Status, message: str, ctx: Context, settings: Settings | None = None) -> ChatReply:
    """What the agent answers. Raises ``chat-failed``, ``usage``."""
    from holodeck_tui.core.chat import chat as ask

    if status.url is None:
        raise DeploymentError(
            "chat-failed",
            f'"{status.ref.agent}" cannot be talked to.',
            reason=f"it is {status.state or 'unknown'} and has no URL",
            remedy="holodeck-deploy-tui status",
        )
    protocol = settings.protocol if settings is not None else "rest"
    return ChatReply(ask(status.url, status.ref.agent, message, ctx, protocol=protocol))


def _reversible(ref: ServiceRef) -> Reversible:
    deployer = create_deployer(ref.provider)
    if not isinstance(deployer, Reversible):
        raise _unsupported(ref, "go back to an earlier revision")
    return deployer


def _pausable(ref: ServiceRef) -> Pausable:
    deployer = create_deployer(ref.provider)
    if not isinstance(deployer, Pausable):
        raise _unsupported(ref, "be paused")
    return deployer


def _unsupported(ref: ServiceRef, what: str) -> DeploymentError:
    return DeploymentError(
        "unsupported",
        f"The target {ref.provider} cannot {what}.",
        reason="it has no such operation",
        remedy="Deploy the earlier version again." if "back" in what else "holodeck-deploy-tui destroy",
    )

"""What is asked of and done to a deployment that a listing found, with its agent.yaml here or without it.

Every function takes the deployment's reference, and ``settings`` where the agent.yaml it came from is here:
then the operation runs as the command of that name does, under the agent's lock, journalled and recorded.
Without settings the target alone is asked; nothing is recorded, for there is no folder to record it in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from shlex import quote

from holodeck_tui.config.resolve import Settings
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.events import Result
from holodeck_tui.core.values import Deployment, ServiceRef, Status
from holodeck_tui.deployers.base import (
    Destruction,
    Divided,
    Health,
    LogLine,
    LogQuery,
    Pausable,
    Reversible,
    Revision,
)
from holodeck_tui.deployers.catalog import create_deployer
from holodeck_tui.pipeline import operations
from holodeck_tui.pipeline.listing import list_deployments, own_scope
from holodeck_tui.pipeline.report import Outcome, report
from holodeck_tui.pipeline.types import ChatReply, LogOptions
from holodeck_tui.pipeline.verify import Verifier


@dataclass(frozen=True)
class Abilities:
    """What can be done with a deployment beside deploy, logs and destroy."""

    pause: bool
    rollback: bool


def abilities(ref: ServiceRef) -> Abilities:
    """What can be done with ``ref``. Imports an SDK: not for a UI thread. Raises ``sdk-missing``."""
    deployer = create_deployer(ref.provider)
    owner = deployer.owner(ref) if isinstance(deployer, Divided) else deployer
    return Abilities(isinstance(owner, Pausable), isinstance(owner, Reversible))


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


def settings_of(ref: ServiceRef, load: Callable[[str, str | None], Settings]) -> Settings | None:
    """The settings whose deploy made ``ref``; ``load`` reads those of a target and an environment.

    None where the agent that ``load`` reads is another one, or cannot be deployed there now: then the
    target alone is asked.
    """
    try:
        settings = load(ref.provider, ref.environment)
        return settings if is_of(settings, ref) else None
    except DeploymentError:
        return None


def search(
    name: str,
    scopes: Sequence[str],
    ctx: Context,
    *,
    target: str | None = None,
    environment: str | None = None,
) -> Status:
    """The one deployment in ``scopes`` (default: those remembered) whose service is called ``name``.

    ``name`` is the service's name or the vendor's own id; ``target`` and ``environment`` tell apart what
    has one name. Raises ``not-deployed``, ``usage`` (several have it) and what made a scope fail where
    nothing else was found.
    """
    listing = list_deployments(scopes, ctx)
    fitting = [
        one
        for one in listing.deployments
        if name in {one.ref.name, one.ref.service_id}
        and target in {None, one.ref.provider}
        and environment in {None, one.ref.environment}
    ]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        places = ", ".join(dict.fromkeys(one.ref.scope for one in fitting))
        raise DeploymentError(
            "usage",
            f'{len(fitting)} deployments are called "{name}".',
            reason=f"they are in {places}",
            remedy="Add --scope, --target or --env, or give the service's id as list --output json shows it.",
        )
    if listing.failures:
        raise listing.failures[0].error
    asked = ", ".join(scopes) or "the scopes known here"
    clean = ctx.redactor.clean
    of_agent = [clean(one.ref.name) for one in listing.deployments if name == one.ref.agent]
    if of_agent:
        raise DeploymentError(
            "not-deployed",
            f'No deployment is called "{clean(name)}".',
            reason=f"that is the name of the agent; what is deployed of it is called {', '.join(of_agent)}",
            remedy=f"Say which: --service {quote(of_agent[0])}",
        )
    raise DeploymentError(
        "not-deployed",
        f'No deployment is called "{clean(name)}".',
        reason=f"nothing of that name that is ours is in {asked}",
        remedy=" ".join(["holodeck-deploy-tui list", *(f"--scope {scope}" for scope in scopes)]),
    )


def judge(ref: ServiceRef, ctx: Context) -> Status:
    """The judged state now."""
    return operations.judged(create_deployer(ref.provider), ref, ctx)


def logs(ref: ServiceRef, options: LogOptions, ctx: Context) -> Result:
    """Emit its log as :class:`~holodeck_tui.core.events.ServiceLog`, cleaned."""

    def work(_outcome: Outcome) -> None:
        wanted = operations.line_filter(options.grep)
        operations.emit_log(ref, create_deployer(ref.provider), options, wanted, ctx)

    return report(ref.agent, ctx, work)


def log_lines(ref: ServiceRef, query: LogQuery, ctx: Context) -> Iterator[LogLine]:
    """The lines, redacted and safe for a terminal; their colours stay."""
    for line in create_deployer(ref.provider).stream_logs(ref, query, ctx):
        ctx.cancel.check()
        yield LogLine(ctx.redactor.clean(line.text, keep_colour=True), line.timestamp, line.source)


def plan_destroy(ref: ServiceRef, ctx: Context) -> Destruction:
    """What :func:`destroy` would remove."""
    return create_deployer(ref.provider).plan_destroy(ref, ctx)


def destroy(
    ref: ServiceRef, ctx: Context, settings: Settings | None = None, *, dry_run: bool = False
) -> Result:
    """Remove it. That it is gone already is success. ``dry_run`` only says what would go."""
    if settings is not None:
        return operations.destroy(settings, ctx, dry_run=dry_run)

    def rehearse(_outcome: Outcome) -> None:
        operations.tell(plan_destroy(ref, ctx), ctx, "would be removed", "would stay")

    def work(outcome: Outcome) -> None:
        with operations.operation_span(ctx, "destroy", ref.agent, ref.provider):
            done = create_deployer(ref.provider).destroy(ref, ctx)
            outcome.deployment = Deployment(ref, None, "missing", None)
            operations.tell(done, ctx, "removed", "stays")

    return report(ref.agent, ctx, rehearse if dry_run else work)


def revisions(ref: ServiceRef, ctx: Context) -> list[Revision]:
    """What can be gone back to, newest first. Raises ``unsupported``."""
    return _reversible(ref).revisions(ref, ctx)


def rollback(ref: ServiceRef, to: str | None, ctx: Context, settings: Settings | None = None) -> Result:
    """Go back to ``to``, or to the revision before the active one, and prove that it is healthy."""
    if settings is not None:
        return operations.rollback(settings, ctx, to=to)

    def work(outcome: Outcome) -> None:
        target = _reversible(ref)
        with operations.operation_span(ctx, "rollback", ref.agent, ref.provider) as steps:
            with steps.open("run") as step:
                done = target.rollback(ref, to, ctx)
                outcome.deployment, outcome.image = done, done.image
                step.detail = f"{ref.name} runs {done.revision or 'the revision before'}"
            with steps.open("verify") as step:
                verifier = Verifier(done, Health(), create_deployer(ref.provider), ctx, protocol="rest")
                outcome.deployment, step.detail = verifier.verify()

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
    # The agent of the folder that one happens to be in may be another one.
    named = f"--service {quote(status.ref.name)} --scope {quote(status.ref.scope)}"
    logs = f"holodeck-deploy-tui logs --tail 50 {named}"
    return ChatReply(ask(status.url, status.ref.agent, message, ctx, protocol=protocol, logs=logs))


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

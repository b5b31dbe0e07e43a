"""What is asked of a deployment once it is there, and what is done to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime, timezone

from holodeck_tui.config.resolve import Settings
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.events import Result, ServiceLog
from holodeck_tui.core.values import Deployment, ServiceRef, Status
from holodeck_tui.deployers.base import (
    BaseDeployer,
    Destruction,
    LogQuery,
    Pausable,
    Reversible,
    Revision,
)
from holodeck_tui.pipeline.cleanup import clean_registry
from holodeck_tui.pipeline.job import Job, journalled, locked_job, make_job
from holodeck_tui.pipeline.report import Outcome, report
from holodeck_tui.pipeline.service import health
from holodeck_tui.pipeline.steps import Steps
from holodeck_tui.pipeline.telemetry import PREFIX, open_telemetry
from holodeck_tui.pipeline.types import ChatReply, LogOptions
from holodeck_tui.pipeline.verify import Verifier


def status(settings: Settings, ctx: Context) -> Status:
    """The judged state, asked of the target; ``missing`` where nothing is deployed."""
    job = make_job(settings, ctx)
    ref = job.deployer.find(settings, ctx)
    if ref is None:
        nothing = ServiceRef(
            settings.target,
            "",
            job.deployer.service_name(settings),
            "",
            settings.agent_name,
            settings.environment,
        )
        detail = "nothing is deployed"
        known = job.records.get(job.key).deployed
        if known is not None:
            nothing = known.ref
            detail = "it was deployed from here and is gone"
        return Status(nothing, "missing", detail, checked_at=datetime.now(timezone.utc))
    return judged(job.deployer, ref, ctx)


def judged(deployer: BaseDeployer, ref: ServiceRef, ctx: Context) -> Status:
    """The state as ``deployer`` judges it now, with the moment of that."""
    found = deployer.get_status(ref, ctx)
    return found if found.checked_at else replace(found, checked_at=datetime.now(timezone.utc))


def logs(settings: Settings, options: LogOptions, ctx: Context) -> Result:
    """Emit the service's own log as :class:`~holodeck_tui.core.events.ServiceLog`, cleaned."""

    def work(_outcome: Outcome) -> None:
        wanted = line_filter(options.grep)
        job = make_job(settings, ctx)
        emit_log(_find(job), job.deployer, options, wanted, ctx)

    return report(settings.agent_name, ctx, work)


def emit_log(
    ref: ServiceRef,
    deployer: BaseDeployer,
    options: LogOptions,
    wanted: re.Pattern[str] | None,
    ctx: Context,
) -> None:
    """Emit the lines of ``ref`` that ``wanted`` (None: every one) is found in, cleaned."""
    query = LogQuery(follow=options.follow, tail=options.tail, since=options.since, system=options.system)
    for line in deployer.stream_logs(ref, query, ctx):
        ctx.cancel.check()
        text = ctx.redactor.clean(line.text)
        if wanted is None or wanted.search(text):
            ctx.emit(ServiceLog(ref.name, text, line.timestamp))


def plan_destroy(settings: Settings, ctx: Context) -> Destruction | None:
    """What :func:`destroy` would remove; None where nothing is deployed. Changes nothing.

    Where the target cannot be asked, the last record says it.
    """
    job = make_job(settings, ctx)
    try:
        ref = job.deployer.find(settings, ctx)
        return None if ref is None else job.deployer.plan_destroy(ref, ctx)
    except DeploymentError as error:
        known = job.records.get(job.key).deployed
        if error.code == "interrupted" or known is None:
            raise
        ctx.warn(f"The target could not be asked ({error}); this is what was recorded.")
        return Destruction(known.ref, (f"{known.ref.name} ({known.ref.service_id})",))


def destroy(settings: Settings, ctx: Context, *, dry_run: bool = False) -> Result:
    """Remove the deployment and what it made. That it is gone already is success."""

    def rehearse(_outcome: Outcome) -> None:
        try:
            found = plan_destroy(settings, ctx)
        except DeploymentError as error:
            if error.exit_code != 4:
                raise
            ctx.warn(f"The target could not be asked ({error}), and nothing is recorded here.")
            return
        if found is None:
            ctx.info("Nothing is deployed; there is nothing to destroy.")
        else:
            tell(found, ctx, "would be removed", "would stay")

    def work(outcome: Outcome) -> None:
        with locked_job(settings, ctx) as job, _span(job, "destroy"):
            ref = job.deployer.find(settings, job.ctx)
            record = job.records.get(job.key)
            if ref is None:
                job.ctx.info("Nothing is deployed; there is nothing to destroy.")
            else:
                with journalled(job.ctx, "destroy", service=ref.service_id, name=ref.name):
                    done = job.deployer.destroy(ref, job.ctx)
                outcome.deployment = Deployment(ref, None, "missing", None)
                tell(done, job.ctx, "removed", "stays")
            job.records.save_deployed(job.key, None)
            clean_registry(job)
            if record.build is not None and not record.build.image.in_registry:
                # The engine's image may be gone with it.
                job.records.save_build(job.key, None)

    return report(settings.agent_name, ctx, rehearse if dry_run else work)


def revisions(settings: Settings, ctx: Context) -> list[Revision]:
    """What can be gone back to, newest first. Raises ``unsupported``, ``not-deployed``."""
    job = make_job(settings, ctx)
    return _reversible(job).revisions(_find(job), ctx)


def rollback(settings: Settings, ctx: Context, *, to: str | None = None) -> Result:
    """Go back to ``to``, or to the revision before the active one, and prove that it is healthy."""

    def work(outcome: Outcome) -> None:
        with locked_job(settings, ctx) as job, _span(job, "rollback") as steps:
            target = _reversible(job)
            with steps.open("run") as step:
                ref = _find(job)
                with journalled(job.ctx, "rollback", service=ref.service_id, to=to):
                    deployment = target.rollback(ref, to, job.ctx)
                _keep(job, outcome, deployment)
                step.detail = f"{deployment.ref.name} runs {deployment.revision or 'the revision before'}"
            with steps.open("verify") as step:
                protocol = settings.protocol
                verifier = Verifier(deployment, health(settings), job.deployer, job.ctx, protocol=protocol)
                proven, step.detail = verifier.verify()
                _keep(job, outcome, proven)

    return report(settings.agent_name, ctx, work)


def pause(settings: Settings, ctx: Context) -> Status:
    """Stop serving and keep everything. Raises ``unsupported``, ``not-deployed``, ``locked``."""
    return _pausable(settings, ctx, lambda target, ref, inner: target.pause(ref, inner), "pause")


def resume(settings: Settings, ctx: Context) -> Status:
    """Serve again. Raises ``unsupported``, ``not-deployed``, ``locked``."""
    return _pausable(settings, ctx, lambda target, ref, inner: target.resume(ref, inner), "resume")


def chat(settings: Settings, message: str, ctx: Context) -> ChatReply:
    """What the deployed agent answers. Raises ``not-deployed``, ``chat-failed``, ``usage``."""
    from holodeck_tui.core.chat import chat as ask

    job = make_job(settings, ctx)
    ref = _find(job)
    found = job.deployer.get_status(ref, ctx)
    if found.url is None:
        raise DeploymentError(
            "chat-failed",
            f'"{settings.agent_name}" cannot be talked to.',
            reason=f"it is {found.state} and has no URL",
            remedy="holodeck-deploy-tui status",
        )
    return ChatReply(ask(found.url, settings.agent_name, message, ctx, protocol=settings.protocol))


@contextmanager
def operation_span(ctx: Context, name: str, agent: str, provider: str) -> Iterator[Steps]:
    """A span around a whole operation, and the steps within it."""
    telemetry = open_telemetry(ctx.environ, ctx.warn)
    try:
        with telemetry.span(f"{PREFIX}.{name}", step=name, agent=agent, provider=provider):
            yield Steps(ctx, telemetry, agent=agent, provider=provider)
    finally:
        telemetry.close()


def _span(job: Job, name: str) -> AbstractContextManager[Steps]:
    return operation_span(job.ctx, name, job.key.agent, job.settings.target)


def _find(job: Job) -> ServiceRef:
    ref = job.deployer.find(job.settings, job.ctx)
    if ref is None:
        where = job.settings.target + (f" ({job.key.environment})" if job.key.environment else "")
        raise DeploymentError(
            "not-deployed",
            f'"{job.key.agent}" is not deployed to {where}.',
            reason="the target has nothing of that name that is ours",
            remedy=f"holodeck-deploy-tui deploy --target {job.settings.target}",
        )
    return ref


def _reversible(job: Job) -> Reversible:
    if not isinstance(job.deployer, Reversible):
        raise _unsupported(job, "go back to an earlier revision", "Deploy the earlier version again.")
    return job.deployer


def _pausable(
    settings: Settings,
    ctx: Context,
    act: Callable[[Pausable, ServiceRef, Context], Status],
    name: str,
) -> Status:
    with locked_job(settings, ctx) as job:
        if not isinstance(job.deployer, Pausable):
            raise _unsupported(job, "be paused", "holodeck-deploy-tui destroy")
        ref = _find(job)
        with journalled(job.ctx, name, service=ref.service_id):
            found = act(job.deployer, ref, job.ctx)
        known = job.records.get(job.key).deployed
        if known is not None and found.state is not None:
            now = datetime.now(timezone.utc)
            job.records.save_deployed(job.key, replace(known, state=found.state, updated_at=now))
        return found


def _unsupported(job: Job, what: str, remedy: str) -> DeploymentError:
    return DeploymentError(
        "unsupported",
        f"The target {job.settings.target} cannot {what}.",
        reason="it has no such operation",
        remedy=remedy,
    )


def _keep(job: Job, outcome: Outcome, deployment: Deployment) -> None:
    outcome.deployment = deployment
    outcome.image = deployment.image
    known = job.records.get(job.key).deployed
    if known is None:
        return
    job.records.save_deployed(
        job.key,
        replace(
            known,
            ref=deployment.ref,
            url=deployment.url,
            state=deployment.state,
            revision=deployment.revision,
            image=deployment.image,
            # What runs now was made from other files than the last deploy's.
            content_hash="" if deployment.revision != known.revision else known.content_hash,
            updated_at=datetime.now(timezone.utc),
        ),
    )


def tell(found: Destruction, ctx: Context, goes: str, stays: str) -> None:
    """Say of each thing whether it goes or stays, in these words."""
    for text in found.goes:
        ctx.info(f"{goes}: {text}")
    for text in found.stays:
        ctx.info(f"{stays}: {text}")


def line_filter(text: str | None) -> re.Pattern[str] | None:
    """``--grep`` as a pattern. Raises ``usage``."""
    if text is None:
        return None
    try:
        return re.compile(text)
    except re.error as error:
        raise DeploymentError(
            "usage",
            "--grep takes a regular expression.",
            reason=f"{error.msg} at position {error.pos}" if error.pos is not None else error.msg,
            remedy="Write a backslash before characters that shall stand for themselves.",
        ) from error

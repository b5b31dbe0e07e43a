"""What a deploy would do, without doing any of it; needs neither an engine nor credentials."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from holodeck_tui.bundle.bundle import Bundle
from holodeck_tui.bundle.collect import collect
from holodeck_tui.config.resolve import Settings
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError, ExitCode
from holodeck_tui.core.events import Notice
from holodeck_tui.core.values import Change, ImageRef
from holodeck_tui.deployers.base import Needs, Plannable, ServiceSpec
from holodeck_tui.pipeline.built import Rehearsal
from holodeck_tui.pipeline.image import ImageStage
from holodeck_tui.pipeline.job import Job, make_job
from holodeck_tui.pipeline.service import (
    config_hash,
    learn_secrets,
    make_spec,
    missing_warnings,
)
from holodeck_tui.pipeline.types import Plan, PlannedStep, RunOptions
from holodeck_tui.state.values import DeployedRecord

# What may be missing or away: a plan is made all the same, from the last record.
_AWAY = frozenset({"network", "timeout", "throttled", "registry-unreachable", "busy"})


def plan(settings: Settings, options: RunOptions, ctx: Context) -> Plan:
    """Compare what would be deployed with the live service, or with the last record of it.

    Changes nothing. Missing variables are warnings. Raises what is wrong with the agent itself:
    missing files, plain secrets, a tag that cannot be made.
    """
    warnings: list[str] = []

    def hear(event: object) -> None:
        # What parts of the engine warn of belongs to the plan; nothing is deployed yet.
        if isinstance(event, Notice) and event.level == "warning":
            warnings.append(event.text)

    quiet = replace(ctx, emit=hear)
    job = make_job(settings, quiet)
    bundle = collect(settings, quiet)
    learn_secrets(settings, bundle, quiet)
    warnings += [*bundle.warnings, *missing_warnings(bundle)]
    needs = _needs(job, warnings)
    image = ImageStage(job, options).rehearse(bundle, needs)
    spec = make_spec(settings, bundle, image.image, job.deployer)
    source, changes = _changes(job, spec, bundle, image, warnings)
    run = _run_step(changes, image)
    steps = (
        PlannedStep("bundle", "run", bundle.measure),
        image.build,
        image.push,
        run,
        PlannedStep("verify", "run", f"asks {spec.health.path} for at most {spec.health.timeout:g} s"),
    )
    return Plan(
        agent=settings.agent_name,
        source=source,
        steps=steps,
        changes=tuple(changes),
        variables=bundle.needs,
        warnings=tuple(dict.fromkeys(map(ctx.redactor.clean, warnings))),
    )


def _needs(job: Job, warnings: list[str]) -> Needs:
    try:
        return job.deployer.needs(job.settings, job.ctx)
    except DeploymentError as error:
        if not _is_away(error):
            raise
        warnings.append(f"{error}.".replace("..", "."))
        registry = job.settings.target != "local"
        return Needs(image=True, registry=registry, platform=job.settings.platform)


def _changes(
    job: Job, spec: ServiceSpec, bundle: Bundle, image: Rehearsal, warnings: list[str]
) -> tuple[Literal["live", "record"], list[Change]]:
    try:
        ref = job.deployer.find(job.settings, job.ctx)
        if ref is None:
            return "live", [Change("service", None, spec.name)]
        if isinstance(job.deployer, Plannable):
            return "live", [_named(change, image) for change in job.deployer.changes(spec, job.ctx)]
        warnings.append(f"The target {job.settings.target} cannot compare; this is the last record.")
    except DeploymentError as error:
        if not _is_away(error):
            raise
        warnings.append(f"The target could not be asked ({error}); this is the last record.")
    return "record", _recorded(job.records.get(job.key).deployed, spec, bundle, job.settings, image)


def _named(change: Change, image: Rehearsal) -> Change:
    """An image that is not built yet has no digest: what differs is named by its tag."""
    if change.path == "image" and image.image is None and image.uri is not None:
        return Change("image", change.before, f"{image.uri} (not built yet)")
    return change


def _recorded(
    known: DeployedRecord | None, spec: ServiceSpec, bundle: Bundle, settings: Settings, image: Rehearsal
) -> list[Change]:
    if known is None or known.state == "missing":
        return [Change("service", None, spec.name)]
    changes = []
    if known.content_hash != bundle.content_hash:
        changes.append(Change("content_hash", known.content_hash or None, bundle.content_hash))
    elif image.image is not None and known.image is not None and known.image.digest != image.image.digest:
        changes.append(Change("image", _name(known.image), _name(image.image)))
    if known.config_hash != config_hash(settings):
        changes.append(Change("configuration", known.config_hash, config_hash(settings)))
    return changes


def _name(image: ImageRef) -> str:
    return image.pinned or image.uri


def _run_step(changes: list[Change], image: Rehearsal) -> PlannedStep:
    if changes and changes[0].path == "service" and changes[0].before is None:
        return PlannedStep("run", "run", "nothing is deployed yet")
    if changes:
        names = [change.path for change in changes]
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        return PlannedStep("run", "run", f"{', '.join(names[:3])}{more} would change")
    if image.build.action == "run":
        return PlannedStep("run", "run", "the image would be new")
    return PlannedStep("run", "skip", "what runs is what would be deployed")


def _is_away(error: DeploymentError) -> bool:
    return error.code != "interrupted" and (error.exit_code is ExitCode.MISSING or error.code in _AWAY)

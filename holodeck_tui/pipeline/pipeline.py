"""The way of the data, run: bundle → image → registry → service → proof, each step told and recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone

from holodeck_tui.bundle.bundle import Bundle
from holodeck_tui.bundle.collect import collect
from holodeck_tui.config.resolve import Settings
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.events import Result, StepFinished, StepStarted
from holodeck_tui.core.values import Deployment, ImageRef, State, Step
from holodeck_tui.deployers.base import Needs
from holodeck_tui.pipeline.image import ImageStage
from holodeck_tui.pipeline.job import Job, journalled, locked_job
from holodeck_tui.pipeline.plan import plan
from holodeck_tui.pipeline.report import Outcome, report
from holodeck_tui.pipeline.service import (
    config_hash,
    health,
    learn_secrets,
    make_spec,
    require_variables,
)
from holodeck_tui.pipeline.steps import Steps
from holodeck_tui.pipeline.telemetry import PREFIX, open_telemetry
from holodeck_tui.pipeline.types import RunOptions
from holodeck_tui.pipeline.verify import Verifier
from holodeck_tui.state.scopes import ScopeMemory, state_home
from holodeck_tui.state.values import BuildRecord, DeployedRecord


def run(settings: Settings, steps: Sequence[Step], options: RunOptions, ctx: Context) -> Result:
    """Do ``steps`` (``BUILD``, ``PUSH``, ``RUN`` or ``DEPLOY`` of :mod:`.types`), or rehearse them."""

    def work(outcome: Outcome) -> None:
        if options.dry_run:
            _rehearse(settings, steps, options, ctx)
            return
        with locked_job(settings, ctx) as job:
            _Run(job, options, outcome).go(steps)

    return report(settings.agent_name, ctx, work)


def _rehearse(settings: Settings, steps: Sequence[Step], options: RunOptions, ctx: Context) -> None:
    found = plan(settings, options, ctx)
    for warning in found.warnings:
        ctx.warn(warning)
    for planned in found.steps:
        if planned.step in steps:
            ctx.emit(StepStarted(planned.step))
            would = "would run" if planned.action == "run" else "nothing to do"
            ctx.emit(StepFinished(planned.step, 0.0, skipped=True, detail=f"{would}: {planned.reason}"))


class _Run:
    """One run of one job, under its lock."""

    def __init__(self, job: Job, options: RunOptions, outcome: Outcome) -> None:
        self._job = job
        self._options = options
        self._outcome = outcome
        self._settings = job.settings
        self._ctx = job.ctx
        self._stage = ImageStage(job, options)

    def go(self, steps: Sequence[Step]) -> None:
        telemetry = open_telemetry(self._ctx.environ, self._ctx.warn)
        agent, provider = self._settings.agent_name, self._settings.target
        self._steps = Steps(self._ctx, telemetry, agent=agent, provider=provider)
        try:
            with telemetry.span(PREFIX, agent=agent, provider=provider):
                self._go(steps)
        finally:
            telemetry.close()

    def _go(self, steps: Sequence[Step]) -> None:
        needs = self._job.deployer.needs(self._settings, self._ctx)
        bundle = self._bundle() if "bundle" in steps else None
        built = self._job.records.get(self._job.key).build
        if "build" in steps and bundle is not None:
            built = self._build(bundle, needs)
        if "push" in steps:
            built = self._push(built, needs)
        if "run" in steps and bundle is not None:
            deployment = self._deploy(bundle, self._image(built, bundle, needs))
            self._verify(deployment)

    def _bundle(self) -> Bundle:
        with self._steps.open("bundle") as step:
            bundle = collect(self._settings, self._ctx)
            learn_secrets(self._settings, bundle, self._ctx)
            for warning in bundle.warnings:
                self._ctx.warn(warning)
            require_variables(bundle, self._ctx)
            # Refuses plain secrets before anything is built.
            make_spec(self._settings, bundle, None, self._job.deployer)
            step.detail = f"{bundle.measure}, {bundle.content_hash[:12]}"
        return bundle

    def _build(self, bundle: Bundle, needs: Needs) -> BuildRecord | None:
        with self._steps.open("build") as step:
            if not needs.image and self._options.output_layout is None:
                step.skip(needs.reason or "the target runs the files themselves")
                return None
            done = self._stage.build(bundle, needs)
            self._show(done.image)
            if done.record is not None:
                self._job.records.save_build(self._job.key, done.record)
            step.skipped, step.detail = done.skipped, done.detail
        return done.record

    def _push(self, built: BuildRecord | None, needs: Needs) -> BuildRecord | None:
        with self._steps.open("push") as step:
            if not needs.registry:
                step.skip(needs.reason or "the target needs no registry")
                return built
            if built is None:
                raise image_not_built("push")
            self._show(built.image)
            done = self._stage.push(built)
            self._show(done.image)
            if done.record is not None and done.record != built:
                self._job.records.save_build(self._job.key, done.record)
            step.skipped, step.detail = done.skipped, done.detail
        return done.record

    def _image(self, built: BuildRecord | None, bundle: Bundle, needs: Needs) -> ImageRef | None:
        """What ``run`` deploys: the last recorded build."""
        if not needs.image:
            return None
        if built is None:
            raise image_not_built("run")
        if built.content_hash != bundle.content_hash:
            self._ctx.warn("The agent's files have changed since the last build; that build is deployed.")
        if needs.registry:
            self._stage.require_pushed(built)
        self._show(built.image)
        return built.image

    def _deploy(self, bundle: Bundle, image: ImageRef | None) -> Deployment:
        job = self._job
        before = job.records.get(job.key).deployed
        with self._steps.open("run") as step:
            spec = make_spec(self._settings, bundle, image, job.deployer)
            with journalled(self._ctx, "deploy", name=spec.name, image=image.pinned if image else None):
                deployment = job.deployer.deploy(spec, self._ctx)
            self._outcome.deployment = deployment
            self._save(deployment, bundle)
            ScopeMemory(state_home(), self._ctx.warn).remember(deployment.ref.scope)
            unchanged = (
                before is not None
                and deployment.revision is not None
                and (before.ref.service_id, before.revision)
                == (deployment.ref.service_id, deployment.revision)
            )
            step.skipped = unchanged
            step.detail = f"{deployment.ref.name} is up to date" if unchanged else deployment.url or ""
        self._bundled = bundle
        return deployment

    def _verify(self, deployment: Deployment) -> None:
        with self._steps.open("verify") as step:
            verifier = Verifier(
                deployment,
                health(self._settings),
                self._job.deployer,
                self._ctx,
                protocol=self._settings.protocol,
            )
            try:
                proven, step.detail = verifier.verify()
            except DeploymentError as error:
                if error.code == "unhealthy":
                    self._keep(deployment, "unhealthy")
                raise
            self._keep(proven, proven.state)

    def _keep(self, deployment: Deployment, state: State) -> None:
        self._outcome.deployment = replace(deployment, state=state)
        self._save(self._outcome.deployment, self._bundled)

    def _save(self, deployment: Deployment, bundle: Bundle) -> None:
        now = datetime.now(timezone.utc)
        record = DeployedRecord(
            ref=deployment.ref,
            url=deployment.url,
            state=deployment.state,
            revision=deployment.revision,
            image=deployment.image,
            content_hash=bundle.content_hash,
            config_hash=config_hash(self._settings),
            created_at=now,
            updated_at=now,
        )
        self._job.records.save_deployed(self._job.key, record)

    def _show(self, image: ImageRef | None) -> None:
        """Have ``image`` in the result and in spans from here on."""
        if image is not None:
            self._outcome.image = image
            self._steps.image = image.pinned


def image_not_built(command: str) -> DeploymentError:
    """There is no recorded build of this agent, environment and target."""
    return DeploymentError(
        "image-not-built",
        f"There is nothing to {command} yet.",
        reason="no build of this agent for this target is recorded here: run build first",
        remedy="holodeck-deploy-tui build",
    )

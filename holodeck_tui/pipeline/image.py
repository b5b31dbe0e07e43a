"""From a bundle to an image where the target can get it: which builder, which base, what is there already."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Literal

from holodeck_tui.bundle.bundle import Bundle
from holodeck_tui.core.errors import DeploymentError, ExitCode
from holodeck_tui.core.values import ImageRef
from holodeck_tui.deployers.base import HasRegistry, Needs
from holodeck_tui.image.plan import BaseImage, ImagePlan
from holodeck_tui.image.planner import make_plan, repository
from holodeck_tui.image.tags import make_tag
from holodeck_tui.pipeline.built import Done, Rehearsal
from holodeck_tui.pipeline.job import Job, credential_sources, journalled
from holodeck_tui.pipeline.types import PlannedStep, RunOptions
from holodeck_tui.state.values import BuildRecord

if TYPE_CHECKING:
    from holodeck_tui.image.credential import Credential
    from holodeck_tui.image.engine import Engine

Way = Literal["docker", "layers", "layout"]


def _now() -> datetime:
    return datetime.now(timezone.utc)


class ImageStage:
    """Builds and pushes the image of one job."""

    def __init__(self, job: Job, options: RunOptions) -> None:
        self._job = job
        self._options = options
        self._settings = job.settings
        self._ctx = job.ctx
        self._engine: Engine | None = None

    def build(self, bundle: Bundle, needs: Needs) -> Done:
        """The image of ``bundle``, in an engine, a registry or a folder. The same is not built again."""
        way = self._way(needs)
        tag = self._tag(bundle)
        if way != "docker":
            from holodeck_tui.pipeline.engineless import build_engineless

            if way == "layers":
                self._create_repository()
            return build_engineless(self._job, self._options, bundle, tag)
        from holodeck_tui.image.base import engine_base
        from holodeck_tui.image.builder import build, find_built, tag_image

        engine = self._connected()
        base = engine_base(self._settings, self._ctx, engine, refresh=self._options.no_cache)
        plan = self._plan(bundle, base, tag)
        found = None if self._options.no_cache else find_built(plan, engine)
        if found is not None:
            tag_image(engine, found.digest, found.uri)
            image = found
        else:
            with journalled(self._ctx, "build", image=plan.uri):
                image = build(plan, self._ctx, engine=engine, no_cache=self._options.no_cache)
        record = BuildRecord(
            image=self._known_pushed(image, plan.key) or image,
            content_hash=bundle.content_hash,
            image_key=plan.key,
            builder="docker",
            base=base.reference,
            base_digest=base.digest,
            built_at=_now(),
            engine_id=image.digest,
        )
        skipped = found is not None
        return Done(image, record, skipped, f"{plan.uri} {'is built already' if skipped else 'built'}")

    def push(self, built: BuildRecord) -> Done:
        """The image in its registry, with the registry's digest. One that is there is not sent."""
        if built.builder == "layers":
            return Done(built.image, built, True, "the layers were written to the registry as they were made")
        from holodeck_tui.image.pusher import find_pushed, push

        if self._settings.registry is None:
            raise DeploymentError(
                "config-invalid",
                "There is no registry to push to.",
                reason="deployment.registry is not set",
                remedy="holodeck-deploy-tui set deployment.registry.url=ghcr.io",
            )
        if built.image.in_registry and self._is_there(built.image):
            return Done(built.image, built, True, f"{built.image.pinned} is in the registry already")
        engine = self._connected()
        credential = self._credential(self._settings.registry.host)
        local = ImageRef(built.image.uri, built.engine_id or built.image.digest, built.image.platform)
        found = find_pushed(local, credential, self._ctx, engine=engine)
        if found is not None:
            return Done(found, built.pushed(found), True, f"{found.pinned} is in the registry already")
        self._create_repository()
        with journalled(self._ctx, "push", image=local.uri):
            image = push(local, credential, self._ctx, engine=engine)
        return Done(image, built.pushed(image), False, image.pinned)

    def require_pushed(self, built: BuildRecord) -> None:
        """Refuse to deploy what is not in the registry. Raises ``image-not-pushed``."""
        why = "it was built and never pushed: run push first"
        if built.image.in_registry:
            try:
                if self._is_there(built.image, at_digest=True):
                    return
            except DeploymentError as error:
                if error.code == "interrupted":
                    raise
                # The target pulls with its own login; that ours does not serve says nothing of it.
                self._ctx.warn(
                    f"Whether {built.image.pinned} is in the registry could not be checked: {error}."
                )
                return
            why = "the registry does not have it (any more): run push first"
        raise DeploymentError(
            "image-not-pushed",
            f"{built.image.uri} cannot be deployed.",
            reason=why,
            remedy="holodeck-deploy-tui push",
        )

    def rehearse(self, bundle: Bundle, needs: Needs) -> Rehearsal:
        """What :meth:`build` and :meth:`push` would do, as far as can be known without changing anything."""
        if not needs.image:
            why = needs.reason or "the target runs the files themselves"
            return Rehearsal(PlannedStep("build", "skip", why), PlannedStep("push", "skip", why))
        uri = f"{repository(self._settings)}:{self._tag(bundle)}"
        image, reason = self._built_already(bundle)
        if image is not None and self._options.no_cache:
            image, reason = None, "--no-cache asks for a new one"
        if image is not None:
            image = ImageRef(uri, image.digest, image.platform, image.in_registry and image.uri == uri)
        build = PlannedStep("build", "run" if image is None else "skip", reason)
        return Rehearsal(build, self._push_step(image, needs), image, uri)

    def _push_step(self, image: ImageRef | None, needs: Needs) -> PlannedStep:
        if not needs.registry:
            return PlannedStep("push", "skip", needs.reason or "the target needs no registry")
        if image is not None and image.in_registry:
            return PlannedStep("push", "skip", f"{image.pinned} was pushed already")
        return PlannedStep("push", "run", "it was not pushed from here yet")

    def _built_already(self, bundle: Bundle) -> tuple[ImageRef | None, str]:
        record = self._job.records.get(self._job.key).build
        same = record is not None and (record.content_hash, record.base, record.image.platform) == (
            bundle.content_hash,
            self._settings.image_base,
            self._settings.platform,
        )
        try:
            # The layers builder leaves nothing in an engine that could be looked at.
            engine = None if self._asked == "layers" else self._connected()
        except DeploymentError as error:
            if error.exit_code is not ExitCode.MISSING:
                raise
            engine = None
        if engine is None:
            if record is not None and same:
                return record.image, "the last recorded build was made from the same files"
            return (
                None,
                "the files have changed since the last recorded build" if record else "never built here",
            )
        from holodeck_tui.image.base import find_base
        from holodeck_tui.image.builder import find_built

        base = find_base(self._settings.image_base, self._settings.platform, self._ctx, engine)
        if base is None:
            return None, f"the base image {self._settings.image_base} is not in the engine yet"
        plan = self._plan(bundle, base, self._tag(bundle))
        found = find_built(plan, engine)
        if found is None:
            changed = "the files, the base or the template have changed since the last build"
            return None, changed if record else "never built here"
        if record is not None and record.image_key == plan.key and record.image.in_registry:
            return record.image, "the engine has the same image already"
        return found, "the engine has the same image already"

    @property
    def _asked(self) -> str:
        return self._options.builder or self._settings.overlay.image.builder

    def _way(self, needs: Needs) -> Way:
        asked = self._asked
        if self._options.output_layout is not None:
            if self._options.builder == "docker":
                raise _usage(
                    "An engine writes no OCI layout.", "Leave --builder docker or --output-layout out."
                )
            return "layout"
        if not needs.registry:
            # What runs on this machine is run by its engine, and that is where the image must be.
            if self._options.builder == "layers":
                raise _usage(
                    "The layers builder writes to a registry, which this target does not use.",
                    "Leave --builder layers out, or name a folder with --output-layout.",
                )
            return "docker"
        if asked == "layers":
            return "layers"
        try:
            self._connected()
        except DeploymentError as error:
            if asked == "docker" or error.code not in {"docker-unreachable", "docker-denied"}:
                raise
            self._ctx.info(f"Building without an engine: {error}.")
            return "layers"
        return "docker"

    def _connected(self) -> Engine:
        if self._engine is None:
            from holodeck_tui.image.engine import connect

            self._engine = connect(self._ctx.environ)
        return self._engine

    def _tag(self, bundle: Bundle) -> str:
        return make_tag(self._settings, bundle, clock=_now, environ=self._ctx.environ, tag=self._options.tag)

    def _plan(self, bundle: Bundle, base: BaseImage, tag: str) -> ImagePlan:
        return make_plan(self._settings, bundle, base, tag=tag, environ=self._ctx.environ)

    def _known_pushed(self, image: ImageRef, key: str) -> ImageRef | None:
        """The registry's name for an image that was pushed under the same name before."""
        known = self._job.records.get(self._job.key).build
        if known is None or known.image_key != key or known.engine_id != image.digest:
            return None
        return known.image if known.image.in_registry and known.image.uri == image.uri else None

    def _is_there(self, image: ImageRef, *, at_digest: bool = False) -> bool:
        """Whether the registry has the image, and (unless only the digest counts) under its tag."""
        from holodeck_tui.image.reference import parse_reference
        from holodeck_tui.image.registry import Registry

        reference = parse_reference(image.pinned if at_digest else image.uri)
        with Registry(reference.host, self._credential(reference.host), self._ctx, step="push") as registry:
            return registry.exists(reference) == image.digest

    def _credential(self, host: str) -> Credential | None:
        from holodeck_tui.image.credentials import target_credential

        return target_credential(host, self._settings, self._ctx, sources=credential_sources(self._job))

    def _create_repository(self) -> None:
        """With ``--create``: have the repository, where the target's own cloud keeps the registry."""
        deployer = self._job.deployer
        if not self._options.create:
            return
        if isinstance(deployer, HasRegistry):
            with journalled(self._ctx, "create repository", name=repository(self._settings)):
                made = deployer.create_repository(self._settings, self._ctx)
            if made:
                self._ctx.info(f"Made the repository {repository(self._settings)}.")
        else:
            self._ctx.info(
                "--create has nothing to do: this registry makes a repository with the first push."
            )


def _usage(message: str, remedy: str) -> DeploymentError:
    return DeploymentError("usage", message, reason="the two do not go together", remedy=remedy)

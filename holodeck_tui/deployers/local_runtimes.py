"""Which runtime of this machine: containers where an engine and the base image are there, else processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.deployers.base import Needs
from holodeck_tui.deployers.local_docker import DockerRuntime
from holodeck_tui.deployers.local_names import service_name
from holodeck_tui.deployers.local_process import ProcessRuntime, find_holodeck

if TYPE_CHECKING:
    from holodeck_tui.config.resolve import Settings
    from holodeck_tui.deployers.local_home import LocalHome
    from holodeck_tui.image.engine import Engine


class Runtimes:
    """Both runtimes; the engine is asked once."""

    def __init__(self, home: LocalHome) -> None:
        self._home = home
        self._engine: Engine | None = None

    def engine(self, ctx: Context) -> Engine:
        """The engine. Raises ``docker-unreachable`` or ``docker-denied``."""
        if self._engine is None:
            from holodeck_tui.image.engine import connect

            self._engine = connect(ctx.environ)
        return self._engine

    def docker(self, ctx: Context, *, keep: int = 5) -> DockerRuntime:
        """Containers. ``keep`` counts the serving revision. Raises as :meth:`engine`."""
        return DockerRuntime(self.engine(ctx), keep=max(1, keep) - 1)

    def process(self, ctx: Context) -> ProcessRuntime:
        """Processes."""
        return ProcessRuntime(self._home.root, ctx.environ)

    def needs(self, settings: Settings, ctx: Context) -> Needs:
        """What deploy.yaml's ``local.runtime`` comes to here, and why."""
        wanted = settings.overlay.local.runtime
        if wanted == "process":
            find_holodeck(ctx.environ)
            return Needs(image=False, registry=False, reason="the agent runs as a process of this machine")
        try:
            engine = self.engine(ctx)
        except DeploymentError as error:
            if wanted == "docker":
                raise
            self._refuse_beside(settings, error)
            return self._without_engine(ctx, error)
        if wanted == "auto":
            why = self._baseless(settings, engine, ctx)
            if why is not None:
                return why
        platform = (
            settings.platform if settings.source("deployment.platform") != "default" else engine.platform
        )
        reason = "the container engine of this machine runs the image as it is"
        return Needs(image=True, registry=False, platform=platform, reason=reason)

    def _refuse_beside(self, settings: Settings, error: DeploymentError) -> None:
        """A service that is a container would be there twice. Raises what ``error`` is."""
        name = service_name(settings.agent_name, settings.environment)
        if all(ref.name != name for ref, _ in self._home.remembered()):
            return
        raise DeploymentError(
            error.code,
            error.message,
            reason=f"{error.reason}; {name} is a container there, and a process would come beside it "
            "(local.runtime: process in deploy.yaml wants that)",
            remedy=error.remedy,
            details=error.details,
        ) from error

    def _without_engine(self, ctx: Context, error: DeploymentError) -> Needs:
        try:
            find_holodeck(ctx.environ)
        except DeploymentError as lacking:
            raise DeploymentError(
                error.code,
                error.message,
                reason=f"{error.reason}, and the agent cannot run as a process either: {lacking.reason}",
                remedy=f"{error.remedy}  (or: {lacking.remedy})",
            ) from error
        return Needs(image=False, registry=False, reason=f"it runs as a process: {error.message.rstrip('.')}")

    def _baseless(self, settings: Settings, engine: Engine, ctx: Context) -> Needs | None:
        """What to do without the base image; None where it can be had, or where nothing else would do."""
        from holodeck_tui.image.base import find_base

        if find_base(settings.image_base, settings.platform, ctx, engine) is not None:
            return None
        try:
            find_holodeck(ctx.environ)
        except DeploymentError:
            return None  # then the build says why the base cannot be had
        error = _refused(settings, ctx)
        if error is None:
            return None
        reason = f"it runs as a process: the base image {settings.image_base} cannot be had"
        return Needs(image=False, registry=False, reason=ctx.redactor.clean(f"{reason} ({error.reason})"))


def _refused(settings: Settings, ctx: Context) -> DeploymentError | None:
    """Why the registry does not give the base image, or None when it does."""
    from holodeck_tui.image.credentials import base_credential
    from holodeck_tui.image.reference import parse_reference
    from holodeck_tui.image.registry import Registry

    try:
        reference = parse_reference(settings.image_base)
        credential = base_credential(reference.host, settings, ctx)
        with Registry(reference.host, credential, ctx) as registry:
            found = registry.exists(reference)
    except Cancelled:
        raise
    except DeploymentError as error:
        return error
    if found is None:
        return DeploymentError("image-missing", "No such image.", reason="the registry has no such image")
    return None

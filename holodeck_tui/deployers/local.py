"""This machine as a target: containers of the local engine, or processes. No registry, no account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.core.threads import in_threads
from holodeck_tui.core.values import Change, Deployment, ImageRef, ServiceRef, Status
from holodeck_tui.deployers.base import (
    BaseDeployer,
    Destruction,
    Health,
    LogLine,
    LogQuery,
    Needs,
    Revision,
    ServiceSpec,
)
from holodeck_tui.deployers.local_docker import DockerRuntime
from holodeck_tui.deployers.local_env import expand, fingerprint_key, hashes
from holodeck_tui.deployers.local_home import LocalHome
from holodeck_tui.deployers.local_logs import LogStream
from holodeck_tui.deployers.local_names import revision_number, service_name, short
from holodeck_tui.deployers.local_rollout import Rollout
from holodeck_tui.deployers.local_runtime import Runtime
from holodeck_tui.deployers.local_runtimes import Runtimes
from holodeck_tui.deployers.local_status import judge, missing, now, reference
from holodeck_tui.deployers.local_values import Facts, View

if TYPE_CHECKING:
    from holodeck_tui.config.resolve import Settings

# In the class below "list" is a method.
Found = list[tuple[Runtime, View]]
Both = list[Runtime]
Views = list[View]
Statuses = list[Status]
Changes = list[Change]
Revisions = list[Revision]
Phrases = list[str]

_PROCESS = "process:"
# A listing asks this many services at once.
_AT_ONCE = 8


class LocalDeployer(BaseDeployer):
    """Deploys to this machine. ``root`` is the folder of its state, by default the user's."""

    provider: ClassVar[str] = "local"

    def __init__(self, root: Path | None = None) -> None:
        self._home = LocalHome(root)
        self._runtimes = Runtimes(self._home)

    def needs(self, settings: Settings, ctx: Context) -> Needs:
        """An image for the engine, or nothing at all for a process; says which and why."""
        return self._runtimes.needs(settings, ctx)

    def service_name(self, settings: Settings) -> str:
        """One name for agent and environment."""
        return service_name(settings.agent_name, settings.environment)

    def find(self, settings: Settings, ctx: Context) -> ServiceRef | None:
        """The service, in whichever runtime it is; one that an unreachable engine runs counts too."""
        service = self.service_name(settings)
        views = [view for _, view in self._everywhere(service, ctx)]
        if views:
            return reference(next((view for view in views if view.active is not None), views[0]))
        if self._engine_or_error(ctx) is None:
            return None
        return next((ref for ref, _ in self._home.remembered() if ref.name == service), None)

    def deploy(self, spec: ServiceSpec, ctx: Context) -> Deployment:
        """Have a proven revision serve at the stable port; an unchanged one is left alone."""
        runtime = self._runtime_of(spec, ctx)
        values = expand(spec, ctx)
        facts = self._facts(spec, runtime, values)
        with self._home.locked(spec.name):
            others = [(o, v) for o, v in self._everywhere(spec.name, ctx) if o.name != runtime.name]

            def release() -> None:
                for other, _ in others:
                    other.close_front(spec.name)

            view = Rollout(runtime, ctx).deploy(
                spec,
                facts,
                values,
                port=spec.settings.overlay.local.port,
                inherit=next((v.port for _, v in others if v.port), None),
                release=release,
            )
            for other, before in others:
                Rollout(other, ctx).destroy(before)
            self._note(view)
        return _deployment(view, spec.image)

    def get_status(self, ref: ServiceRef, ctx: Context) -> Status:
        """The judged state; ``unknown`` while the engine that runs it does not answer."""
        try:
            view = self._runtime(ref, ctx).view(ref.name)
        except Cancelled:
            raise
        except DeploymentError as error:
            return Status(ref, "unknown", str(error), checked_at=now())
        return missing(ref) if view is None else judge(view, ctx)

    def plan_destroy(self, ref: ServiceRef, ctx: Context) -> Destruction:
        """Every container, process, network, folder and image that would go."""
        goes: Phrases = []
        stays: Phrases = []
        for runtime, view in self._found(ref, ctx):
            images = runtime.unused(view, tuple(view.units.values()), remove=False)
            goes += [*runtime.describe(view), *images.gone]
            stays += images.stays
        return Destruction(ref, tuple(goes), tuple(stays))

    def destroy(self, ref: ServiceRef, ctx: Context) -> Destruction:
        """Remove all that was made for it."""
        goes: Phrases = []
        stays: Phrases = []
        with self._home.locked(ref.name):
            for runtime, view in self._found(ref, ctx):
                gone, left = Rollout(runtime, ctx).destroy(view)
                goes += gone
                stays += left
            self._home.forget(ref.name)
        return Destruction(ref, tuple(goes), tuple(stays))

    def stream_logs(self, ref: ServiceRef, query: LogQuery, ctx: Context) -> Iterator[LogLine]:
        """The lines of all revisions that are kept, in order of their times."""
        runtime, view = self._required(ref, ctx)
        yield from LogStream(runtime, view, query).lines(ctx)

    def list(self, scope: str, ctx: Context) -> Statuses:
        """All services of this user and this engine, each judged."""
        views: Views = []
        runtimes, error = self._present(ctx)
        for runtime in runtimes:
            views += [view for name in runtime.services() if (view := runtime.view(name)) is not None]
        found: Statuses = in_threads(lambda view: judge(view, ctx), views, at_once=_AT_ONCE, name="local")
        if error is not None:
            for ref, port in self._home.remembered():
                url = f"http://127.0.0.1:{port}" if port else None
                found.append(Status(ref, "unknown", str(error), url=url, checked_at=now()))
        return found

    def changes(self, spec: ServiceSpec, ctx: Context) -> Changes:
        """What differs from the serving revision; values of variables are ``***``."""
        wanted = self._runtimes.needs(spec.settings, ctx)
        found = self._everywhere(spec.name, ctx)
        name = "docker" if wanted.image else "process"
        view = next((view for runtime, view in found if runtime.name == name), None)
        if view is None or view.active is None or view.active.facts is None:
            before = found[0][1].runtime if found else None
            return (
                [Change("service", None, spec.name)] if before is None else [Change("runtime", before, name)]
            )
        runtime = next(runtime for runtime, one in found if one is view)
        facts = self._facts(spec, runtime, expand(spec, ctx, lenient=True))
        changes = view.active.facts.differences(facts)
        port = spec.settings.overlay.local.port
        if port is not None and port != view.port:
            changes.append(Change("local.port", view.port, port))
        if view.active.phase != "running":
            changes.append(Change("state", view.active.phase, "running"))
        return changes

    def revisions(self, ref: ServiceRef, ctx: Context) -> Revisions:
        """Those kept, newest first."""
        _, view = self._required(ref, ctx)
        units = [unit for unit in (view.active, *view.previous) if unit is not None]
        units.sort(key=lambda unit: revision_number(view.service, unit.name) or 0, reverse=True)
        return [
            Revision(
                name=short(view.service, unit.name),
                image_uri=unit.facts.image_uri if unit.facts else None,
                created_at=unit.created_at,
                active=unit.name == view.pointer.active,
                detail=f"content {unit.facts.content_hash[:12]}" if unit.facts else "",
            )
            for unit in units
        ]

    def rollback(self, ref: ServiceRef, to: str | None, ctx: Context) -> Deployment:
        """Start an earlier revision, prove it, switch to it, stop the later one."""
        with self._home.locked(ref.name):
            runtime, view = self._required(ref, ctx)
            view = Rollout(runtime, ctx).roll_back(view, to, _health(view, to))
        return _deployment(view, None)

    def pause(self, ref: ServiceRef, ctx: Context) -> Status:
        """Stop the agent; its port stays reserved for it."""
        with self._home.locked(ref.name):
            runtime, view = self._required(ref, ctx)
            return judge(Rollout(runtime, ctx).pause(view), ctx)

    def resume(self, ref: ServiceRef, ctx: Context) -> Status:
        """Start the agent again and prove it."""
        with self._home.locked(ref.name):
            runtime, view = self._required(ref, ctx)
            return judge(Rollout(runtime, ctx).resume(view, _health(view, None)), ctx)

    def _facts(self, spec: ServiceSpec, runtime: Runtime, values: dict[str, str]) -> Facts:
        containers = isinstance(runtime, DockerRuntime)
        image = runtime.image_id(spec.image) if isinstance(runtime, DockerRuntime) and spec.image else None
        return Facts(
            service=spec.name,
            agent=spec.agent,
            environment=spec.environment,
            content_hash=spec.bundle.content_hash,
            image=image,
            image_uri=spec.image.uri if spec.image else None,
            env=hashes(values, fingerprint_key(self._home.root)),
            port=spec.port,
            protocol=spec.protocol,
            memory=spec.settings.overlay.local.memory if containers else None,
            health_path=spec.health.path,
            ready_path=spec.health.ready,
            timeout=spec.health.timeout,
            tags=dict(spec.tags),
        )

    def _runtime_of(self, spec: ServiceSpec, ctx: Context) -> Runtime:
        if spec.image is None:
            return self._runtimes.process(ctx)
        return self._runtimes.docker(ctx, keep=spec.settings.overlay.image.keep)

    def _runtime(self, ref: ServiceRef, ctx: Context) -> Runtime:
        if ref.service_id.startswith(_PROCESS):
            return self._runtimes.process(ctx)
        return self._runtimes.docker(ctx)

    def _required(self, ref: ServiceRef, ctx: Context) -> tuple[Runtime, View]:
        runtime = self._runtime(ref, ctx)
        view = runtime.view(ref.name)
        if view is None:
            raise DeploymentError(
                "not-deployed",
                f"{ctx.redactor.clean(ref.agent)} is not deployed to this machine.",
                reason="there is nothing of it",
                remedy="holodeck-deploy-tui deploy --target local",
            )
        return runtime, view

    def _found(self, ref: ServiceRef, ctx: Context) -> Found:
        """The service in all runtimes; the one that ``ref`` names has to answer."""
        self._runtime(ref, ctx)
        return self._everywhere(ref.name, ctx)

    def _everywhere(self, service: str, ctx: Context) -> Found:
        return [(one, view) for one in self._present(ctx)[0] if (view := one.view(service)) is not None]

    def _present(self, ctx: Context) -> tuple[Both, DeploymentError | None]:
        """The runtimes that answer, and why the engine does not."""
        error = self._engine_or_error(ctx)
        runtimes: Both = [self._runtimes.process(ctx)]
        if error is None:
            runtimes.insert(0, self._runtimes.docker(ctx))
        return runtimes, error

    def _engine_or_error(self, ctx: Context) -> DeploymentError | None:
        try:
            self._runtimes.engine(ctx)
        except Cancelled:
            raise
        except DeploymentError as error:
            return error
        return None

    def _note(self, view: View) -> None:
        if view.runtime == "docker":
            self._home.remember(reference(view), view.port)
        else:
            self._home.forget(view.service)


def _deployment(view: View, image: ImageRef | None) -> Deployment:
    active = view.active
    assert active is not None
    if image is None and active.facts is not None and active.facts.image is not None:
        image = ImageRef(active.facts.image_uri or active.facts.image, active.facts.image)
    return Deployment(reference(view), view.url, "healthy", short(view.service, active.name), image)


def _health(view: View, to: str | None) -> Health:
    """How the revision in question was asked when it was made."""
    named = next((u for u in view.units.values() if to in {u.name, short(view.service, u.name)}), view.active)
    facts = named.facts if named else None
    health = Health()
    if facts is None:
        return health
    return replace(health, path=facts.health_path, ready=facts.ready_path, timeout=facts.timeout)

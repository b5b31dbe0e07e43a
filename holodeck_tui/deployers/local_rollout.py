"""The order in which a service on this machine changes, the same in both runtimes.

A new revision starts beside the old one, is proven, and only then the pointer is replaced: the one
moment in which the service switches. Whatever is not in the pointer is left over from a run that was
killed, and the next run removes it; so nothing but the runtime itself has to be remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.core.probe import probe, wait_until_healthy
from holodeck_tui.deployers.base import Health, ServiceSpec
from holodeck_tui.deployers.local_names import revision_name, short
from holodeck_tui.deployers.local_ports import choose, holding_process, is_free, port_taken
from holodeck_tui.deployers.local_proof import prove, still
from holodeck_tui.deployers.local_revisions import check_owner, earlier, nothing_of, unknown_revision
from holodeck_tui.deployers.local_runtime import Runtime
from holodeck_tui.deployers.local_values import Facts, Pointer, Unit, View

# Ports tried when others take the chosen one in the same moment.
_TRIES = 5
# More than a small Python takes to start on a busy machine.
_FRONT_SECONDS = 20.0


class Rollout:
    """Changes services of one runtime. The caller holds the service's lock."""

    def __init__(self, runtime: Runtime, ctx: Context) -> None:
        self._runtime = runtime
        self._ctx = ctx

    def deploy(
        self,
        spec: ServiceSpec,
        facts: Facts,
        values: dict[str, str],
        *,
        port: int | None,
        inherit: int | None = None,
        release: Callable[[], None] = lambda: None,
    ) -> View:
        """Have a proven revision of ``facts`` serve; nothing is touched when one does already.

        ``port`` is the one the user asked for; ``inherit`` one that another runtime holds for this
        service and that ``release`` frees once the new revision is proven.
        """
        service = facts.service
        view = self._tidy(service) or nothing_of(facts, self._runtime.name)
        check_owner(view, facts)
        if self._stands(view, facts, port, spec.health):
            return self._again(service)
        number = self._port(view, facts, port, inherit)
        self._ctx.cancel.check()
        name = revision_name(service, view.next_number)
        with self._journal("local.revision", service=service, revision=name):
            try:
                self._runtime.prepare(facts)
                self._runtime.launch(name, facts, spec, values, self._ctx, avoid=number)
                prove(self._runtime, view, name, spec.health, self._ctx)
                self._runtime.confirm(name)
                self._ctx.cancel.check()
            except Cancelled as stopped:
                self._undo(view, name)
                removed = f"{short(service, name)} is removed again"
                raise Cancelled((*stopped.details, removed, *still(view))) from stopped
            except BaseException:
                self._undo(view, name)
                raise
        release()
        self._switch(view, name, facts, number, movable=not (port or view.port or inherit))
        return self._again(service)

    def roll_back(self, view: View, to: str | None, health: Health) -> View:
        """Go back to revision ``to`` (``r3``), or to the one before the serving one."""
        unit = earlier(view, to)
        facts = unit.facts
        if facts is None or view.port is None:
            raise unknown_revision(view, to)
        with self._journal("local.rollback", service=view.service, revision=unit.name):
            try:
                self._runtime.wake(unit.name)
                prove(self._runtime, view, unit.name, health, self._ctx)
                self._ctx.cancel.check()
            except Cancelled as stopped:
                self._runtime.halt(unit.name)
                raise Cancelled((*stopped.details, *still(view))) from stopped
            except BaseException:
                self._runtime.halt(unit.name)
                raise
        self._switch(view, unit.name, facts, view.port)
        return self._again(view.service)

    def pause(self, view: View) -> View:
        """Stop the serving revision; its port stays its own."""
        active = self._serving(view)
        with self._journal("local.pause", service=view.service, revision=active.name):
            self._runtime.halt(active.name)
        return self._again(view.service)

    def resume(self, view: View, health: Health) -> View:
        """Start the paused revision and prove it."""
        active = self._serving(view)
        with self._journal("local.resume", service=view.service, revision=active.name):
            self._runtime.wake(active.name)
            prove(self._runtime, replace(view, pointer=Pointer()), active.name, health, self._ctx)
            self._open(view, active.name)
        return self._again(view.service)

    def destroy(self, view: View) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Remove everything of the service; what went and what stays, as phrases."""
        goes = tuple(self._runtime.describe(view))
        units = list(view.units.values())
        with self._journal("local.destroy", service=view.service):
            for unit in units:
                self._runtime.remove(unit.name)
            # The front holds an image of theirs.
            self._runtime.close_front(view.service)
            rest = self._runtime.unused(view, units, remove=True)
            self._runtime.dissolve(view.service)
        return (*goes, *rest.gone), rest.stays

    def _tidy(self, service: str) -> View | None:
        """The service without what a killed run left: strays gone, earlier revisions at rest."""
        view = self._runtime.view(service)
        if view is None:
            return None
        for unit in view.strays:
            self._ctx.log("run", [f"removing {short(service, unit.name)}, left by a run that was cut"])
            self._runtime.remove(unit.name)
        for unit in view.previous:
            if unit.phase in {"running", "restarting"}:
                self._runtime.halt(unit.name)
        return self._runtime.view(service) if view.strays else view

    def _stands(self, view: View, facts: Facts, port: int | None, health: Health) -> bool:
        """Whether what is wanted serves already; a paused or half-open one is made to."""
        active = view.active
        if active is None or active.facts is None or active.facts.differences(facts):
            return False
        if port is not None and port != view.port and view.port is not None:
            return False
        if active.phase == "stopped" and view.port is not None:
            self.resume(view, health)
            return True
        if active.phase != "running":
            return False
        if view.front != "up":
            number = self._port(view, facts, port, None)
            self._runtime.open_front(facts, number, self._pointer_to(view, active.name))
            self._arrive(view.service)
            view = self._again(view.service)
        if view.url and probe(view.url, self._ctx, path=health.path, ready=health.ready).healthy:
            return True
        if active.restarts or active.url is None:
            return False
        # It may just be starting, after the machine did.
        try:
            prove(self._runtime, view, active.name, health, self._ctx)
        except DeploymentError as error:
            if error.code != "unhealthy":
                raise
            return False
        return True

    def _port(self, view: View, facts: Facts, port: int | None, inherit: int | None) -> int:
        held = {view.port if view.front == "up" else None, inherit}
        wanted = port or view.port or inherit
        if wanted is None:
            return choose(facts.port)
        if wanted not in held and not is_free(wanted):
            raise port_taken(wanted, self._runtime.holder(wanted) or holding_process(wanted))
        return wanted

    def _pointer_to(self, view: View, name: str) -> Pointer:
        return view.pointer.to(name, *self._runtime.address(name), self._runtime.keep)

    def _open_somewhere(self, facts: Facts, port: int, pointer: Pointer, movable: bool) -> None:
        """A front at ``port``; where nobody asked for that one and somebody was faster, at another."""
        for _ in range(_TRIES if movable else 0):
            with suppress_taken():
                self._runtime.open_front(facts, port, pointer)
                return
            port = choose(port + 1)
        self._runtime.open_front(facts, port, pointer)

    def _switch(self, view: View, name: str, facts: Facts, port: int, *, movable: bool = False) -> None:
        pointer = self._pointer_to(view, name)
        with self._journal("local.switch", service=view.service, revision=name):
            if view.front == "up" and view.port == port:
                self._runtime.point(view.service, pointer)
            else:
                try:
                    self._open_somewhere(facts, port, pointer, movable)
                except BaseException:
                    self._undo(view, name)
                    raise
        self._arrive(view.service)
        if view.active is not None and view.active.name != name:
            self._runtime.halt(view.active.name)
        kept = {name, *pointer.previous}
        dropped = [unit for key, unit in view.units.items() if key not in kept]
        for unit in dropped:
            self._runtime.remove(unit.name)
        if dropped:
            self._runtime.unused(view, dropped, remove=True)

    def _arrive(self, service: str) -> None:
        """Wait until the stable port leads to the agent; a front that was just started takes a moment."""
        view = self._again(service)
        facts = view.active.facts if view.active else None
        if view.url is None or facts is None:
            return
        # The switch is done: what is left is done too, whoever wants to stop.
        ctx = replace(self._ctx, cancel=CancelToken())
        wait_until_healthy(
            view.url,
            ctx,
            path=facts.health_path,
            ready=facts.ready_path,
            timeout=_FRONT_SECONDS,
            settle=lambda result: result.outcome not in {"refused", "no-answer"},
        )

    def _open(self, view: View, name: str) -> None:
        """Bring back the front that should be there, at its own port."""
        if view.front == "up" or view.port is None or view.active is None or view.active.facts is None:
            return
        if not is_free(view.port):
            raise port_taken(view.port, self._runtime.holder(view.port) or holding_process(view.port))
        self._runtime.open_front(view.active.facts, view.port, self._pointer_to(view, name))
        self._arrive(view.service)

    def _undo(self, view: View, name: str) -> None:
        self._runtime.remove(name)
        if not view.units and view.front == "missing":
            self._runtime.dissolve(view.service)

    def _serving(self, view: View) -> Unit:
        if view.active is None:
            raise DeploymentError(
                "not-deployed",
                f"{self._ctx.redactor.clean(view.agent)} does not serve on this machine.",
                reason="its first deploy was interrupted",
                remedy="holodeck-deploy-tui deploy --target local",
            )
        return view.active

    def _again(self, service: str) -> View:
        view = self._runtime.view(service)
        if view is None:
            raise DeploymentError(
                "deploy-failed",
                f"{service} is gone.",
                reason="somebody removed it while it was being changed",
                remedy="holodeck-deploy-tui deploy --target local",
            )
        return view

    @contextmanager
    def _journal(self, action: str, **facts: str) -> Iterator[None]:
        intent = self._ctx.journal.intent(action, **facts)
        try:
            yield
        except (Cancelled, KeyboardInterrupt):
            self._ctx.journal.outcome(intent, "cancelled")
            raise
        except Exception:
            self._ctx.journal.outcome(intent, "failed")
            raise
        self._ctx.journal.outcome(intent, "done")


@contextmanager
def suppress_taken() -> Iterator[None]:
    """Pass over ``port-taken``."""
    try:
        yield
    except DeploymentError as error:
        if error.code != "port-taken":
            raise

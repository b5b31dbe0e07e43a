"""The docker runtime: each revision a hardened container, and a small one that holds the stable port."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import ImageRef
from holodeck_tui.deployers import local_docker_around as around
from holodeck_tui.deployers import local_docker_front as fronts
from holodeck_tui.deployers import local_docker_images as images
from holodeck_tui.deployers import local_docker_logs as logs
from holodeck_tui.deployers import local_docker_view as views
from holodeck_tui.deployers.base import LogLine, ServiceSpec
from holodeck_tui.deployers.local_docker_around import hardened, labels_of, must_be_ours, policy
from holodeck_tui.deployers.local_docker_errors import translated
from holodeck_tui.deployers.local_names import short
from holodeck_tui.deployers.local_ports import HOST, holding_process, port_taken
from holodeck_tui.deployers.local_processes import until
from holodeck_tui.deployers.local_values import Facts, Pointer, Remaining, RuntimeName, Unit, View

if TYPE_CHECKING:
    from holodeck_tui.image.engine import Engine

# Seconds a container has to end by itself; the engine kills it then.
_STOP = 10
# Writable space of a container whose file system is read-only.
_SCRATCH = {
    "/tmp": "rw,nosuid,nodev,mode=1777",  # noqa: S108
    "/var/holodeck/work": "rw,nosuid,nodev,uid=1000,gid=1000",
}


class DockerRuntime:
    """Services as containers of one engine, found by their labels."""

    name: ClassVar[RuntimeName] = "docker"

    def __init__(self, engine: Engine, *, keep: int = 4) -> None:
        self._engine = engine
        self._client = engine.client
        self.keep = keep

    def image_id(self, image: ImageRef) -> str:
        """The engine's own ID of ``image``. Raises ``image-missing``."""
        with translated(f"The image {image.uri} cannot be run."):
            return str(self._client.images.get(image.pinned).id)

    def services(self) -> list[str]:
        """Names of all services."""
        with translated("The engine could not list its containers."):
            found = views.ours(self._client)
        return sorted({str(one["Labels"][views.SERVICE]) for one in found if views.SERVICE in one["Labels"]})

    def view(self, service: str) -> View | None:
        """The service now."""
        with translated(f"The engine could not say how {service} is."):
            return views.read_view(self._client, service)

    def unit(self, name: str) -> Unit | None:
        """One revision now."""
        with translated(f"The engine could not say how {name} is."):
            found = views.inspect(self._client, name)
        return None if found is None else views.read_unit(found)

    def prepare(self, facts: Facts) -> None:
        """Make the network, in which the containers know each other by name, and the pointer's volume.

        Refuses before anything is made where somebody else's thing has a name we need.
        """
        with translated(f"The network and volume of {facts.service} could not be made."):
            around.make(self._client, facts)

    def launch(
        self,
        name: str,
        facts: Facts,
        spec: ServiceSpec,
        values: Mapping[str, str],
        ctx: Context,
        *,
        avoid: int | None = None,
    ) -> None:
        """Create and start a container; it is not started again when it ends, until it is confirmed."""
        assert spec.image is not None
        existing = self._inspect(name)
        if existing is not None:
            must_be_ours(f"container {name}", existing["Config"].get("Labels"))
            self.remove(name)
        limits: dict[str, Any] = {}
        memory = spec.settings.overlay.local.memory_bytes
        if memory is not None:
            limits = {"mem_limit": memory, "memswap_limit": memory}
        if self._engine.kind == "docker":
            # What the agent calls on this machine is reached under this name, as on Docker Desktop.
            limits["extra_hosts"] = {"host.docker.internal": "host-gateway"}
        with translated(f"The container {name} could not be started."):
            container = self._client.containers.create(
                facts.image or spec.image.pinned,
                name=name,
                environment=dict(values),
                labels={**facts.tags, **labels_of(facts, "revision"), views.FACTS: facts.to_json()},
                network=facts.service,
                ports={f"{facts.port}/tcp": (HOST, 0)},
                tmpfs=_SCRATCH,
                restart_policy=policy("no"),
                **hardened(),
                **limits,
            )
            container.start()

    def confirm(self, name: str) -> None:
        """From now on it is started again when it ends, and after the machine did."""
        with translated(f"The restart policy of {name} could not be set."):
            self._client.api.update_container(name, restart_policy=policy(views.CONFIRMED))

    def wake(self, name: str) -> None:
        """Start it again."""
        with translated(f"The container {name} could not be started."):
            self._client.api.start(name)

    def halt(self, name: str) -> None:
        """Stop it."""
        from docker.errors import NotFound

        with translated(f"The container {name} could not be stopped."), contextlib.suppress(NotFound):
            self._client.api.stop(name, timeout=_STOP)

    def remove(self, name: str) -> None:
        """Stop and remove it."""
        from docker.errors import APIError, NotFound

        with translated(f"The container {name} could not be removed."), contextlib.suppress(NotFound):
            found = views.inspect(self._client, name)
            if found is None or (found["Config"].get("Labels") or {}).get(views.MANAGED) != "true":
                return
            if (
                found["State"].get("Running")
                and (found["HostConfig"]["RestartPolicy"] or {}).get("Name") != "no"
            ):
                self._client.api.stop(name, timeout=_STOP)
            try:
                self._client.api.remove_container(name, force=True, v=True)
            except APIError as error:
                # The engine is removing it already.
                if error.status_code != 409 or not until(lambda: self._inspect(name) is None, 15.0, look=0.1):
                    raise

    def address(self, name: str) -> tuple[str, int]:
        """Where the front reaches it: by its name in their network."""
        unit = self.unit(name)
        return name, unit.facts.port if unit and unit.facts else 8080

    def point(self, service: str, pointer: Pointer) -> None:
        """Switch the front."""
        with translated(f"{service} could not be switched to {short(service, pointer.active or '')}."):
            fronts.point(self._client, service, pointer)

    def holder(self, port: int) -> str | None:
        """A container that publishes ``port``."""
        with translated("The engine could not list its containers."):
            for one in self._client.api.containers():
                if any(entry.get("PublicPort") == port for entry in one.get("Ports") or ()):
                    labels = one.get("Labels") or {}
                    if labels.get(views.ROLE) == "front":
                        return f"the agent {labels.get(views.AGENT)}, deployed here as well"
                    return f"the container {views.name_of(one)}"
        return None

    def open_front(self, facts: Facts, port: int, pointer: Pointer) -> None:
        """Create and start a front, in place of one that is down or at another port."""
        service = facts.service
        self.prepare(facts)
        existing = self._inspect(service)
        if existing is not None:
            must_be_ours(f"container {service}", existing["Config"].get("Labels"))
            self.remove(service)
        with translated(f"The front of {service} could not be started.", port=port, taken=self._taken):
            fronts.start(self._client, facts, port, pointer)

    def close_front(self, service: str) -> None:
        """Remove the front."""
        self.remove(service)

    def tail(self, name: str, lines: int) -> list[str]:
        """The last lines of its log."""
        return [line.text for line in logs.history(self._client, name, "", None, lines)]

    def history(self, name: str, since: datetime | None, tail: int | None) -> Iterator[LogLine]:
        """Its log until now."""
        yield from logs.history(self._client, name, _source(name), since, tail)

    def follow(self, name: str, since: datetime | None, stop: CancelToken) -> Iterator[LogLine]:
        """Its log from ``since`` on, until it ends."""
        yield from logs.follow(self._engine, name, _source(name), since, stop)

    def unused(self, view: View, units: Sequence[Unit], *, remove: bool) -> Remaining:
        """Images of ours that nothing but ``units`` uses."""
        with translated("Images that are no longer used could not be removed."):
            return images.unused(self._client, view, units, remove=remove)

    def dissolve(self, service: str) -> None:
        """Remove front, volume and network."""
        self.remove(service)
        with translated(f"The network and volume of {service} could not be removed."):
            around.dissolve(self._client, service)

    def describe(self, view: View) -> list[str]:
        """Containers, network and volume."""
        lines = [f"the container {name}" for name in view.units]
        if view.front != "missing":
            lines.append(f"the container {view.service}, which holds port {view.port}")
        return [*lines, f"the network and the volume {view.service}"]

    def _taken(self, port: int) -> DeploymentError:
        return port_taken(port, self.holder(port) or holding_process(port))

    def _inspect(self, name: str) -> dict[str, Any] | None:
        with translated(f"The engine could not say how {name} is."):
            return views.inspect(self._client, name)


def _source(name: str) -> str:
    return short(name.rpartition("-r")[0], name)

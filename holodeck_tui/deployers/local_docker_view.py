"""Reads what the engine knows of our services: containers by label, the pointer out of its volume."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from holodeck_tui.core.redact import sanitize
from holodeck_tui.deployers.local_times import parse_time
from holodeck_tui.deployers.local_values import Facts, Phase, Pointer, Unit, View

if TYPE_CHECKING:
    from docker import DockerClient

MANAGED = "com.holodeck.managed"
MANAGED_BY = "managed-by"
AGENT = "com.holodeck.agent"
ENVIRONMENT = "com.holodeck.environment"
SERVICE = "com.holodeck.local.service"
ROLE = "com.holodeck.local.role"
FACTS = "com.holodeck.local.facts"
PORT = "com.holodeck.local.port"
FRONT_MADE_WITH = "com.holodeck.local.front"

# The restart policy of a proven revision; one that is still to be proven has "no".
CONFIRMED: Literal["unless-stopped"] = "unless-stopped"

POINTER_FOLDER = "/run/holodeck-front"
POINTER = "pointer.json"


def ours(client: DockerClient, **labels: str) -> list[dict[str, Any]]:
    """The engine's summaries of all containers of this target, in whatever state."""
    wanted = [f"{MANAGED}=true", ROLE, *(f"{key}={value}" for key, value in labels.items())]
    found: list[dict[str, Any]] = client.api.containers(all=True, filters={"label": wanted})
    return found


def inspect(client: DockerClient, name: str) -> dict[str, Any] | None:
    """All the engine knows of a container; None when it is gone."""
    from docker.errors import NotFound

    try:
        found: dict[str, Any] = client.api.inspect_container(name)
    except NotFound:
        return None
    return found


def name_of(summary: dict[str, Any]) -> str:
    """A container's name out of a summary."""
    names = summary.get("Names") or [""]
    return str(names[0]).lstrip("/")


def read_view(client: DockerClient, service: str) -> View | None:
    """The service now; None when nothing of it is there."""
    units: dict[str, Unit] = {}
    front: dict[str, Any] | None = None
    owner: dict[str, str] = {}
    for summary in ours(client, **{SERVICE: service}):
        found = inspect(client, str(summary["Id"]))
        if found is None:
            continue
        labels = found["Config"].get("Labels") or {}
        owner = owner or labels
        if labels.get(ROLE) == "front":
            front = found
        else:
            unit = read_unit(found)
            units[unit.name] = unit
    if front is None and not units:
        return None
    pointer = read_pointer(client, service) if front is not None else Pointer()
    port = (front or {}).get("Config", {}).get("Labels", {}).get(PORT)
    state: Literal["up", "down", "missing"] = "missing"
    if front is not None:
        state = "up" if front["State"].get("Running") and not front["State"].get("Restarting") else "down"
    return View(
        service=service,
        runtime="docker",
        port=int(port) if port else None,
        front=state,
        pointer=pointer if pointer.active in units else Pointer.guess(service, units.values()),
        units=units,
        agent=owner.get(AGENT, ""),
        environment=owner.get(ENVIRONMENT) or None,
    )


def read_unit(found: dict[str, Any]) -> Unit:
    """One revision out of what the engine knows of its container."""
    labels = found["Config"].get("Labels") or {}
    state = found["State"]
    policy = (found.get("HostConfig", {}).get("RestartPolicy") or {}).get("Name")
    phase, note = _phase(state, policy)
    return Unit(
        name=str(found["Name"]).lstrip("/"),
        facts=Facts.parse(labels.get(FACTS, "")),
        phase=phase,
        url=_address(found),
        exit_code=None if phase in {"running", "created"} else state.get("ExitCode"),
        restarts=int(found.get("RestartCount") or 0),
        note=note,
        confirmed=policy == CONFIRMED,
        created_at=parse_time(found.get("Created")),
        started_at=parse_time(state.get("StartedAt")),
    )


def read_pointer(client: DockerClient, service: str) -> Pointer:
    """Which revision serves, as the front is told; nobody when that cannot be read."""
    from docker.errors import APIError

    try:
        stream, _ = client.api.get_archive(service, f"{POINTER_FOLDER}/{POINTER}")
        data = b"".join(stream)
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            member = archive.extractfile(archive.next() or POINTER)
            return Pointer.parse(member.read() if member else b"") or Pointer()
    except (APIError, tarfile.TarError, KeyError):
        return Pointer()


def _phase(state: dict[str, Any], policy: str | None) -> tuple[Phase, str]:
    note = "it ran out of memory" if state.get("OOMKilled") else sanitize(str(state.get("Error") or ""))[:300]
    status = str(state.get("Status"))
    if status == "restarting" or state.get("Restarting"):
        return "restarting", note
    if status == "running":
        return "running", note
    if status == "paused":
        return "stopped", "the engine froze it (docker pause)"
    if status in {"created", "configured", "initialized"}:
        return "created", note
    # With its restart policy the engine leaves a container ended only where somebody stopped it.
    if status in {"exited", "stopped"} and policy == CONFIRMED:
        return "stopped", note
    return "ended", note


def _address(found: dict[str, Any]) -> str | None:
    ports = (found.get("NetworkSettings") or {}).get("Ports") or {}
    bindings: Iterable[dict[str, str]] = (binding for several in ports.values() for binding in several or ())
    for binding in bindings:
        if binding.get("HostPort"):
            return f"http://127.0.0.1:{binding['HostPort']}"
    return None

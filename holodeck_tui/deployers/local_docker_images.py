"""Images a removed revision leaves behind: ours and unused go, everybody else's stays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from holodeck_tui.core.redact import sanitize
from holodeck_tui.deployers.local_docker_view import AGENT, MANAGED
from holodeck_tui.deployers.local_values import Remaining, Unit, View

if TYPE_CHECKING:
    from docker import DockerClient


def unused(client: DockerClient, view: View, units: Sequence[Unit], *, remove: bool) -> Remaining:
    """What goes (or went, with ``remove``) and what stays, and why.

    An image goes when this tool built it for this agent, no container but those of ``units`` uses it,
    and it is in no registry: one that was pushed belongs to another target as well.
    """
    from docker.errors import APIError, ImageNotFound

    leaving = {unit.name for unit in units}
    if len(leaving) == len(view.units):
        leaving.add(view.service)
    used = _used(client, leaving)
    goes: list[str] = []
    stays: list[str] = []
    candidates = [unit.facts.image for unit in units if unit.facts and unit.facts.image]
    if view.service in leaving:
        candidates += _never_served(client, view)
    for identity in dict.fromkeys(candidates):
        try:
            found = client.images.get(identity).attrs
        except ImageNotFound:
            continue
        name = _name(found)
        reason = _kept(found, view, used)
        if reason is not None:
            stays.append(f"the image {name}: {reason}")
            continue
        if remove:
            try:
                _remove(client, found)
            except APIError as error:
                stays.append(f"the image {name}: {sanitize(str(error.explanation or error))[:200]}")
                continue
        goes.append(f"the image {name}")
    return Remaining(tuple(goes), tuple(stays))


def _never_served(client: DockerClient, view: View) -> list[str]:
    """Images built for this agent on this machine alone, whose revision was never proven."""
    labels = {"label": [f"{MANAGED}=true", f"{AGENT}={view.agent}"]}
    return [
        str(image.id)
        for image in client.images.list(filters=labels)
        if all(name.startswith("holodeck/") for name in image.tags)
    ]


def _used(client: DockerClient, leaving: set[str]) -> dict[str, str]:
    """Image ID → a container that uses it and stays."""
    return {
        str(one["ImageID"]): str((one.get("Names") or ["?"])[0]).lstrip("/")
        for one in client.api.containers(all=True)
        if not leaving & {str(name).lstrip("/") for name in one.get("Names") or ()}
    }


def _kept(found: dict[str, Any], view: View, used: dict[str, str]) -> str | None:
    labels = (found.get("Config") or {}).get("Labels") or {}
    if labels.get(MANAGED) != "true" or labels.get(AGENT) != view.agent:
        return "it was not made for this agent"
    if found["Id"] in used:
        return f"the container {sanitize(used[found['Id']])} uses it"
    if found.get("RepoDigests"):
        return "it is in a registry, where other targets have it from"
    return None


def _remove(client: DockerClient, found: dict[str, Any]) -> None:
    # By name, one after the other: the last one takes the image along. By ID it would need force.
    for name in found.get("RepoTags") or [found["Id"]]:
        client.api.remove_image(name)


def _name(found: dict[str, Any]) -> str:
    names = found.get("RepoTags") or []
    return sanitize(str(names[0])) if names else str(found["Id"])[:19]

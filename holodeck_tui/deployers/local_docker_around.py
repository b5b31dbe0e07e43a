"""What stands around a service's containers, and what all that is ours has in common.

A network in which the containers know each other by name, a volume for the pointer, labels that say whose
a thing is.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers import local_docker_view as views
from holodeck_tui.deployers.local_values import Facts

if TYPE_CHECKING:
    from docker import DockerClient

_USER = "1000:1000"


def make(client: DockerClient, facts: Facts) -> None:
    """Network and volume; nothing where somebody else's thing has a name we need."""
    service = facts.service
    front = views.inspect(client, service)
    network = _found(client.api.inspect_network, service)
    volume = _found(client.api.inspect_volume, service)
    for kind, labels in (
        ("container", front and (front["Config"].get("Labels") or {})),
        ("network", network and network["Labels"]),
        ("volume", volume and volume["Labels"]),
    ):
        if labels is not None:
            must_be_ours(f"{kind} {service}", labels)
    if network is None:
        client.networks.create(service, driver="bridge", labels=labels_of(facts, "network"))
    if volume is None:
        client.volumes.create(service, labels=labels_of(facts, "volume"))


def dissolve(client: DockerClient, service: str) -> None:
    """Remove them where they are ours."""
    from docker.errors import NotFound

    with contextlib.suppress(NotFound):
        volume = client.volumes.get(service)
        if (volume.attrs.get("Labels") or {}).get(views.MANAGED) == "true":
            volume.remove(force=True)
    with contextlib.suppress(NotFound):
        network = client.networks.get(service)
        if (network.attrs.get("Labels") or {}).get(views.MANAGED) == "true":
            network.remove()


def hardened() -> dict[str, Any]:
    """What no container of ours is: root, able to become it, or free to write anywhere."""
    denied = {"cap_drop": ["ALL"], "security_opt": ["no-new-privileges"]}
    return {"user": _USER, "read_only": True, **denied}


def policy(name: str) -> Any:
    """A restart policy."""
    return {"Name": name, "MaximumRetryCount": 0}


def labels_of(facts: Facts, role: str) -> dict[str, str]:
    """What says of a thing whose it is, and that it is ours."""
    labels = {
        views.MANAGED: "true",
        views.MANAGED_BY: "holodeck",
        views.AGENT: facts.agent,
        views.SERVICE: facts.service,
        views.ROLE: role,
    }
    if facts.environment:
        labels[views.ENVIRONMENT] = facts.environment
    return labels


def must_be_ours(what: str, labels: Mapping[str, str] | None) -> None:
    """Raise ``deploy-failed`` where somebody else's thing has a name we need."""
    if (labels or {}).get(views.MANAGED) != "true":
        raise DeploymentError(
            "deploy-failed",
            f"The {what} is in the way.",
            reason="it was not made by this tool, so it is left alone",
            remedy=f"Rename or remove it: docker {what.split(maxsplit=1)[0]} rm {what.split()[1]}",
        )


def _found(inspect: Callable[[str], dict[str, Any]], name: str) -> dict[str, Any] | None:
    """What the engine knows of a thing; labels are never None, so that "no labels" is not "no thing"."""
    from docker.errors import NotFound

    try:
        found = inspect(name)
    except NotFound:
        return None
    return {**found, "Labels": found.get("Labels") or {}}

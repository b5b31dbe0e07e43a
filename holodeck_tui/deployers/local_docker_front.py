"""The front of a service as a container: a small one that holds the stable port and follows the pointer."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

from holodeck_tui.deployers import local_docker_view as views
from holodeck_tui.deployers.local_docker_around import hardened, labels_of, policy
from holodeck_tui.deployers.local_ports import HOST
from holodeck_tui.deployers.local_values import Facts, Pointer

if TYPE_CHECKING:
    from docker import DockerClient

_FRONT = Path(__file__).with_name("local_front_script.py")
# Any base image with holodeck has a Python, under one of two names.
_FRONT_COMMAND = ["sh", "-c", 'exec "$(command -v python3 || command -v python)" -I -c "$@"', "front"]
# In its own network; on this machine only HOST is published.
_EVERYWHERE = "0.0.0.0"  # noqa: S104
_FRONT_MEMORY = 96 * 1024 * 1024


def start(client: DockerClient, facts: Facts, port: int, pointer: Pointer) -> None:
    """Create and start it, of the image that it leads to."""
    assert pointer.active is not None
    image = client.api.inspect_container(pointer.active)["Image"]
    front = client.containers.create(
        image,
        entrypoint=_FRONT_COMMAND,
        command=[
            _FRONT.read_text(encoding="utf-8"),
            _EVERYWHERE,
            "8080",
            f"{views.POINTER_FOLDER}/{views.POINTER}",
        ],
        name=facts.service,
        labels={**labels_of(facts, "front"), views.PORT: str(port)},
        network=facts.service,
        ports={"8080/tcp": (HOST, port)},
        volumes={facts.service: {"bind": views.POINTER_FOLDER, "mode": "rw"}},
        healthcheck={"test": ["NONE"]},
        restart_policy=policy(views.CONFIRMED),
        mem_limit=_FRONT_MEMORY,
        stop_signal="SIGTERM",
        **hardened(),
    )
    try:
        point(client, facts.service, pointer)
        front.start()
    except BaseException:
        front.remove(force=True)
        raise


def point(client: DockerClient, service: str, pointer: Pointer) -> None:
    """Switch it."""
    client.api.put_archive(service, views.POINTER_FOLDER, _archive(pointer))


def _archive(pointer: Pointer) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        data = pointer.to_bytes()
        member = tarfile.TarInfo(views.POINTER)
        member.size, member.mode = len(data), 0o444
        archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()

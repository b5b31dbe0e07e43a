"""Files that ship inside the package: the base image's folder, with the entrypoint of every agent image."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def docker_file(name: str) -> bytes:
    """The bytes of ``docker/<name>``, with Unix line ends whatever the checkout made of them.

    In a wheel the folder lies in the package, in a checkout beside it.
    """
    inside = files("holodeck_tui") / "docker" / name
    beside = Path(__file__).resolve().parents[2] / "docker" / name
    data = inside.read_bytes() if inside.is_file() else beside.read_bytes()
    return data.replace(b"\r\n", b"\n")


def script(name: str) -> bytes:
    """The bytes of a file of this package that is copied into images or rendered, with Unix line ends."""
    return (files("holodeck_tui.image") / name).read_bytes().replace(b"\r\n", b"\n")

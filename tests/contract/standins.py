"""The stand-in agent as the ``holodeck`` command: of a PATH, and of a base image in the engine."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

STANDIN = Path(__file__).parents[1] / "integration" / "local" / "standin.py"
# Debian with Python, made by tests/environment/setup.sh.
ENGINE_BASE = "debian-py:test"


def standin_path(tools: Path) -> str:
    """A PATH on which ``holodeck`` is the stand-in."""
    tools.mkdir(exist_ok=True)
    (tools / "holodeck").write_text(f'#!/bin/sh\nexec {sys.executable} -u {STANDIN} "$@"\n')
    (tools / "holodeck").chmod(0o755)
    return f"{tools}{os.pathsep}{os.environ['PATH']}"


@contextlib.contextmanager
def standin_base(name: str) -> Iterator[str]:
    """A base image in which ``holodeck`` is the stand-in; its reference."""
    reference = f"{name}-base:test"
    script = f"#!/usr/bin/python3 -u\n{STANDIN.read_text()}".encode()
    lines = [
        f"FROM {ENGINE_BASE}",
        "COPY holodeck /usr/local/bin/holodeck",
        f'LABEL test.of="{name}" com.holodeck.extras="openai-agents"',
    ]
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as archive:
        for path, data, mode in (
            ("Dockerfile", "\n".join(lines).encode(), 0o644),
            ("holodeck", script, 0o755),
        ):
            member = tarfile.TarInfo(path)
            member.size, member.mode = len(data), mode
            archive.addfile(member, io.BytesIO(data))
    subprocess.run(
        ["docker", "build", "-q", "-t", reference, "-"],
        input=context.getvalue(),
        check=True,
        capture_output=True,
        env={**os.environ, "DOCKER_BUILDKIT": "0"},
    )
    try:
        yield reference
    finally:
        subprocess.run(["docker", "rmi", "-f", reference], capture_output=True, check=False)


def images_of(agent: str) -> list[str]:
    """IDs of the images in the engine that are this agent's."""
    command = ["docker", "images", "-aq", "--filter", f"label=com.holodeck.agent={agent}"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return sorted(set(listed.split()))


def remove_images_of(agent: str) -> list[str]:
    """Remove them; those that were there."""
    found = images_of(agent)
    if found:
        subprocess.run(["docker", "rmi", "-f", *found], capture_output=True, check=False)
    return found

"""A service on this machine, in either runtime: real containers, real processes, a stand-in agent."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from holodeck_tui.core.values import ImageRef
from tests.integration.local.local_bench import BASE, STANDIN, Bench, build
from tests.parts import need_image


@pytest.fixture(scope="session")
def standin_image() -> Iterator[ImageRef]:
    """An image of the stand-in, without our labels: never to be removed by us."""
    import docker

    need_image(BASE)
    client = docker.from_env(timeout=120)
    made = build(client, f"hd-local-{uuid.uuid4().hex[:8]}:one", {"test.session": uuid.uuid4().hex})
    yield made
    client.images.remove(made.digest, force=True)
    client.close()


@pytest.fixture(params=["process", pytest.param("docker", marks=pytest.mark.docker)])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """The same tests in both runtimes."""
    yield from _bench(request, tmp_path, request.param)


@pytest.fixture
def docker_bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    yield from _bench(request, tmp_path, "docker")


@pytest.fixture
def process_bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    yield from _bench(request, tmp_path, "process")


def _bench(request: pytest.FixtureRequest, tmp_path: Path, runtime: str) -> Iterator[Bench]:
    folder, tools = tmp_path / "agent", tmp_path / "bin"
    folder.mkdir()
    tools.mkdir()
    if os.name == "posix":
        program = tools / "holodeck"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -u {STANDIN} "$@"\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    image = request.getfixturevalue("standin_image") if runtime == "docker" else None
    name = f"t{uuid.uuid4().hex[:10]}"
    environ = {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    if "DOCKER_HOST" in os.environ:
        environ["DOCKER_HOST"] = os.environ["DOCKER_HOST"]
    made = Bench(folder, runtime, tmp_path / "state", name, image, environ)
    made.write()
    yield made
    made.write()
    made.destroy()
    shutil.rmtree(tmp_path, ignore_errors=True)

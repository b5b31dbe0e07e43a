"""The scenario on this machine, in both runtimes: real containers and real processes of a stand-in agent."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.contract.scenario import Expectations, agent_yaml, environment, play

pytestmark = [pytest.mark.integration, pytest.mark.slow]

STANDIN = Path(__file__).parents[1] / "integration" / "local" / "standin.py"
ENGINE_BASE = "debian-py:test"


@dataclass
class Local:
    """This machine, in one runtime."""

    agent: str
    folder: Path
    environ: dict[str, str]
    expect: Expectations
    overlay: str

    def write(self, text: str, *, well: bool = True) -> None:
        (self.folder / "agent.yaml").write_text(agent_yaml(self.agent, text, well=well))
        (self.folder / "deploy.yaml").write_text(f"target: local\nhealth: {{timeout: 60}}\n{self.overlay}")

    def served(self, url: str | None) -> str | None:
        assert url is not None
        try:
            return str(httpx.get(f"{url}/health", timeout=10, trust_env=False).json()["agent_name"])
        except httpx.ConnectError:
            return None


@pytest.fixture
def name() -> str:
    return f"scenario-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def process(name: str, tmp_path: Path, sealed_home: Path) -> Local:
    """The stand-in is the ``holodeck`` command."""
    if os.name != "posix":
        pytest.skip("the stand-in's command is a script of POSIX")
    tools, folder = tmp_path / "bin", tmp_path / "agent"
    tools.mkdir()
    folder.mkdir()
    (tools / "holodeck").write_text(f'#!/bin/sh\nexec {sys.executable} -u {STANDIN} "$@"\n')
    (tools / "holodeck").chmod(0o755)
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    expect = Expectations("local", "local", skipped=frozenset({"build", "push"}), image=False)
    return Local(name, folder, environment(sealed_home, PATH=path), expect, "local: {runtime: process}\n")


@pytest.fixture
def docker(name: str, tmp_path: Path, sealed_home: Path) -> Iterator[Local]:
    """The stand-in is the ``holodeck`` command of the base image."""
    base = f"{name}-base:test"
    script = f"#!/usr/bin/python3 -u\n{STANDIN.read_text()}".encode()
    lines = [f"FROM {ENGINE_BASE}", "COPY holodeck /usr/local/bin/holodeck", f'LABEL test.of="{name}"']
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
        ["docker", "build", "-q", "-t", base, "-"],
        input=context.getvalue(),
        check=True,
        capture_output=True,
        env={**os.environ, "DOCKER_BUILDKIT": "0"},
    )
    folder = tmp_path / "agent"
    folder.mkdir()
    expect = Expectations("local", "local", skipped=frozenset({"push"}))
    overlay = f"local: {{runtime: docker}}\nimage: {{base: '{base}'}}\n"
    yield Local(name, folder, environment(sealed_home), expect, overlay)
    left = subprocess.run(
        ["docker", "images", "-aq", "--filter", f"label=com.holodeck.agent={name}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    subprocess.run(["docker", "rmi", "-f", *set(left), base], capture_output=True, check=False)
    assert left == [], "destroy removes the images that nothing else uses"


def test_the_scenario_with_processes(process: Local) -> None:
    play(process)


@pytest.mark.docker
def test_the_scenario_with_containers(docker: Local) -> None:
    play(docker)

"""The scenario on this machine, in both runtimes: real containers and real processes of a stand-in agent."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.contract.scenario import Expectations, agent_yaml, environment, play
from tests.contract.standins import remove_images_of, standin_base, standin_path
from tests.contract.told import call
from tests.ports import free_port

pytestmark = [pytest.mark.integration, pytest.mark.slow]


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

    @contextmanager
    def held(self) -> Iterator[None]:
        """What was written takes an hour to listen."""
        file = self.folder / "agent.yaml"
        before = file.read_text()
        assert '"STANDIN": "healthy"' in before
        file.write_text(before.replace('"STANDIN": "healthy"', '"STANDIN": "slow:3600"'))
        try:
            yield
        finally:
            file.write_text(before)

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
def process(name: str, tmp_path: Path, sealed_home: Path) -> Iterator[Local]:
    """The stand-in is the ``holodeck`` command. What a test that failed left running is ended."""
    if os.name != "posix":
        pytest.skip("the stand-in's command is a script of POSIX")
    folder = tmp_path / "agent"
    folder.mkdir()
    # No engine: what others run in it is none of this agent's business.
    nowhere = f"unix://{tmp_path}/no-engine.sock"
    environ = environment(sealed_home, PATH=standin_path(tmp_path / "bin"), DOCKER_HOST=nowhere)
    expect = Expectations("local", "local", skipped=frozenset({"build", "push"}), image=False)
    made = Local(name, folder, environ, expect, f"local: {{runtime: process, port: {free_port()}}}\n")
    yield made
    if [*sealed_home.rglob("pointer.json")]:
        made.write("end")
        call(made, "destroy", "--yes")


@pytest.fixture
def docker(name: str, tmp_path: Path, sealed_home: Path) -> Iterator[Local]:
    """The stand-in is the ``holodeck`` command of the base image."""
    folder = tmp_path / "agent"
    folder.mkdir()
    expect = Expectations("local", "local", skipped=frozenset({"push"}))
    with standin_base(name) as base:
        overlay = f"local: {{runtime: docker, port: {free_port()}}}\nimage: {{base: '{base}'}}\n"
        yield Local(name, folder, environment(sealed_home), expect, overlay)
        left = remove_images_of(name)
    assert left == [], "destroy removes the images that nothing else uses"


def test_the_scenario_with_processes(process: Local) -> None:
    play(process)


@pytest.mark.docker
def test_the_scenario_with_containers(docker: Local) -> None:
    play(docker)

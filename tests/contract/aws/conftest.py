"""A whole AWS of the test's own, and agents that are deployed to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.aws.ecs_support import EcsTarget
from tests.contract.aws.images import put_base
from tests.contract.aws.server import AwsServer
from tests.contract.aws.support import HOST, Stage
from tests.contract.aws.targets import AppRunnerTarget
from tests.contract.scenario import environment
from tests.registry import registry_process


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsServer]:
    """Its endpoint is set; what it saw must have been held to the vendor's model."""
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    server = AwsServer()
    for name, value in server.environ.items():
        monkeypatch.setenv(name, value)
    # moto keeps one state for the process.
    server.reset()
    try:
        yield server
        assert server.world.violations == []
        assert {call["key"] for call in server.world.calls} <= {"local-endpoint"}
    finally:
        server.close()


@pytest.fixture
def stage(aws: AwsServer, tmp_path: Path) -> Stage:
    """An agent and what is needed to deploy it."""
    return Stage(aws, tmp_path / "agent")


@pytest.fixture
def app_runner(aws: AwsServer, tmp_path: Path, sealed_home: Path) -> Iterator[AppRunnerTarget]:
    """For the whole command: a real registry, where the server looks for what was pushed."""
    folder = tmp_path / "agent"
    folder.mkdir()
    with registry_process(tmp_path / "registry") as registry:
        aws.world.registry = f"http://{registry.host}"
        more = {**aws.environ, "HOLODECK_REGISTRY_ENDPOINTS": f"{HOST}=http://{registry.host}"}
        yield AppRunnerTarget(folder, environment(sealed_home, **more), put_base(registry.host), aws)


@pytest.fixture
def ecs_express(aws: AwsServer, tmp_path: Path, sealed_home: Path) -> Iterator[EcsTarget]:
    """The same with ECS Express."""
    folder = tmp_path / "agent"
    folder.mkdir()
    with registry_process(tmp_path / "registry") as registry:
        aws.world.registry = f"http://{registry.host}"
        more = {**aws.environ, "HOLODECK_REGISTRY_ENDPOINTS": f"{HOST}=http://{registry.host}"}
        yield EcsTarget(folder, environment(sealed_home, **more), put_base(registry.host), aws)

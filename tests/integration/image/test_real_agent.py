"""An image with the real HoloDeck in it: starts hardened, and judges its own health truly."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from holodeck_tui.image.builder import build
from holodeck_tui.image.engine import Engine
from tests.parts import need_image

from .conftest import Made, Recorder, sweep

pytestmark = [pytest.mark.integration, pytest.mark.docker, pytest.mark.slow]

BASE = "holodeck-base:test"


def test_the_agent_serves_hardened_and_its_health_check_says_so(
    engine: Engine, agent: Callable[..., Made], recorder: Recorder, unique: str
) -> None:
    made = agent(need_image(BASE), model={"provider": "openai", "name": "gpt-4o"}, deployment={"port": 9123})
    plan = made.plan(engine, recorder.ctx)
    assert plan.extras == (), "the base brings what the agent needs"
    try:
        image = build(plan, recorder.ctx, engine=engine)
        container = engine.client.containers.run(
            image.digest,
            detach=True,
            read_only=True,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            tmpfs={"/tmp": "", "/var/holodeck/work": ""},
            environment={"OPENAI_API_KEY": "dummy"},
        )
        try:
            check = plan.config.healthcheck.test
            assert container.exec_run(list(check)).exit_code == 1, "not yet"
            deadline = time.monotonic() + 120
            while container.exec_run(list(check)).exit_code != 0:
                container.reload()
                assert container.status == "running", container.logs().decode()
                assert time.monotonic() < deadline, container.logs().decode()
                time.sleep(0.5)
            user = container.exec_run(["id", "-u"]).output.strip()
            assert user == b"1000"
            assert container.exec_run(["sh", "-c", "echo x > /app/agent.yaml"]).exit_code != 0
            container.stop(timeout=10)
            container.reload()
            assert container.attrs["State"]["ExitCode"] in {0, 143}, "it stops by SIGTERM, not by SIGKILL"
        finally:
            container.remove(force=True)
    finally:
        sweep(engine, unique)

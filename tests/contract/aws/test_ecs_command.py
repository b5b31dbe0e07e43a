"""The whole command on ECS Express, beyond the scenario."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from tests.contract.aws.ecs_support import EcsTarget
from tests.contract.aws.server import AwsServer
from tests.contract.aws.world import REGION, Ending
from tests.contract.scenario import SECRET

pytestmark = [pytest.mark.contract, pytest.mark.slow]


def run(target: EcsTarget, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "holodeck_tui", *words],
        cwd=target.folder,
        env={**target.environ, **more},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def started(target: EcsTarget, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "holodeck_tui", *words],
        cwd=target.folder,
        env=target.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until_followed(aws: AwsServer) -> None:
    deadline = time.monotonic() + 60
    while aws.world.count("DescribeServiceDeployments") < 2 and time.monotonic() < deadline:
        time.sleep(0.05)


def result(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_an_agent_that_is_not_well_is_exit_five_with_its_last_lines(
    ecs_express: EcsTarget, aws: AwsServer
) -> None:
    """ECS calls it a success; what the agent says of itself does not."""
    aws.world.sick = {"holodeck-scenario-ecs"}
    ecs_express.write("one")
    overlay = json.loads((ecs_express.folder / "deploy.yaml").read_text())
    overlay["health"]["timeout"] = 2
    (ecs_express.folder / "deploy.yaml").write_text(json.dumps(overlay))
    done = run(ecs_express, "deploy", "--output", "json")
    assert done.returncode == 5, done.stderr
    assert result(done)["error"]["code"] == "unhealthy"
    assert "standin: Application startup complete." in done.stderr
    assert SECRET not in done.stdout + done.stderr


def test_missing_roles_stop_it_before_anything_is_built(ecs_express: EcsTarget, aws: AwsServer) -> None:
    ecs_express.write("one")
    overlay = json.loads((ecs_express.folder / "deploy.yaml").read_text())
    overlay["aws"] = {"service": "ecs-express"}
    (ecs_express.folder / "deploy.yaml").write_text(json.dumps(overlay))
    done = run(ecs_express, "deploy", "--output", "json")
    assert done.returncode == 2
    assert '"step": "build"' not in done.stdout
    assert "AmazonECSInfrastructureRoleforExpressGatewayServices" in done.stderr
    assert "AmazonECSTaskExecutionRolePolicy" in done.stderr
    assert aws.world.calls == []


def test_a_registry_without_a_login_builds_nothing(ecs_express: EcsTarget, aws: AwsServer) -> None:
    ecs_express.write("one")
    agent = ecs_express.folder / "agent.yaml"
    agent.write_text(agent.read_text().replace("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "ghcr.io"))
    done = run(ecs_express, "deploy", "--output", "json")
    assert done.returncode == 4
    assert result(done)["error"]["code"] == "registry-unauthorized"
    assert "HOLODECK_REGISTRY_USERNAME" in result(done)["error"]["remedy"]
    assert '"step": "build"' not in done.stdout
    assert aws.world.calls == []


def test_no_credentials_is_exit_four_and_a_plan_goes_on_without(ecs_express: EcsTarget) -> None:
    ecs_express.write("one")
    for name in ("AWS_ENDPOINT_URL", "HOLODECK_REGISTRY_ENDPOINTS"):
        ecs_express.environ.pop(name)
    refused = run(ecs_express, "status")
    assert refused.returncode == 4
    assert "aws configure" in refused.stderr
    planned = run(ecs_express, "plan", "--output", "json")
    assert planned.returncode == 0, planned.stderr
    assert json.loads(planned.stdout)["source"] == "record"
    assert run(ecs_express, "deploy", "--dry-run").returncode == 0


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
def test_a_run_that_was_killed_is_gone_on_with(ecs_express: EcsTarget, aws: AwsServer) -> None:
    """Killed while ECS deploys: the next run waits for that very deployment and starts no other."""
    ecs_express.write("one")
    aws.world.endings.append(Ending("ECS_CREATE", "SUCCEEDED", 6.0))
    killed = started(ecs_express, "deploy")
    until_followed(aws)
    killed.kill()
    killed.communicate(timeout=10)
    done = run(ecs_express, "deploy", "--output", "json")
    assert done.returncode == 0, done.stderr
    assert aws.world.count("CreateExpressGatewayService") == 1
    assert aws.world.count("UpdateExpressGatewayService") == 0
    assert "a deployment of the same is on its way" in done.stdout


def test_an_interrupt_says_what_goes_on(ecs_express: EcsTarget, aws: AwsServer) -> None:
    ecs_express.write("one")
    aws.world.endings.append(Ending("ECS_CREATE", "SUCCEEDED", 4.0))
    asked = started(ecs_express, "deploy", "--output", "json")
    until_followed(aws)
    asked.send_signal(signal.SIGINT)
    out, err = asked.communicate(timeout=30)
    assert asked.returncode == 130
    assert "ECS goes on with deployment" in err
    assert f"aws ecs stop-service-deployment --region {REGION}" in err
    assert json.loads(out.splitlines()[-1])["exit_code"] == 130


def test_the_waits_of_a_change_are_told_one_by_one(ecs_express: EcsTarget, aws: AwsServer) -> None:
    ecs_express.write("one")
    assert run(ecs_express, "deploy").returncode == 0
    ecs_express.write("two")
    aws.world.seconds = 8.0
    done = run(ecs_express, "deploy", "--output", "json")
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    told = [one["line"] for one in events if one["event"] == "step.log" and one["step"] == "run"]
    order = (
        "new tasks start",
        "canary: 5 %",
        "100 %: all traffic",
        "the old tasks drain",
        "the old tasks are drained",
    )
    found = [next(text for text in order if line.startswith(text)) for line in told if line.startswith(order)]
    assert found == [*order], told


def test_the_list_has_both_services_of_aws(ecs_express: EcsTarget, aws: AwsServer) -> None:
    ecs_express.write("one")
    assert run(ecs_express, "deploy").returncode == 0
    done = run(ecs_express, "list", "--scope", f"aws:{REGION}", "--output", "json")
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["deployments"]
    assert found["agent"] == "scenario-ecs"
    assert found["service_id"].startswith(f"arn:aws:ecs:{REGION}:")
    assert aws.world.count("GetResources") + aws.world.count("ListServices") >= 2

"""The whole command on ECS Express, beyond the scenario."""

from __future__ import annotations

import json
import signal
import time

import pytest

from tests.contract.aws.commands import result, run, started
from tests.contract.aws.ecs_support import EcsTarget
from tests.contract.aws.server import AwsServer
from tests.contract.aws.world import REGION, Ending

pytestmark = [pytest.mark.contract, pytest.mark.slow]


def until_followed(aws: AwsServer) -> None:
    deadline = time.monotonic() + 60
    while aws.world.count("DescribeServiceDeployments") < 2 and time.monotonic() < deadline:
        time.sleep(0.05)


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

"""ECS Express on bad days: lost answers, throttling, somebody else's deployment, an interrupt."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.deployers.aws.ecs_phases import phase_of, tell
from holodeck_tui.deployers.aws_ecs_express import EcsExpressDeployer
from tests.contract.aws.ecs_support import QUICK, EcsStage
from tests.contract.aws.server import AwsServer
from tests.contract.aws.world import Ending, Rule

pytestmark = pytest.mark.contract


@pytest.fixture
def stage(aws: AwsServer, tmp_path: Path) -> EcsStage:
    return EcsStage(aws, tmp_path / "agent")


@pytest.mark.parametrize("how", ["drop", "drop-after"])
def test_a_create_whose_connection_broke_is_done_once(stage: EcsStage, how: str) -> None:
    stage.aws.world.rules.append(Rule(how, "ecs", "CreateExpressGatewayService"))
    assert stage.deployer.deploy(stage.spec, stage.ctx).state == "healthy"
    assert len(stage.aws.ecs.services) == 1
    assert len(stage.service.rollouts) == 1
    assert stage.aws.world.count("UpdateExpressGatewayService") == 0


@pytest.mark.parametrize("how", ["drop", "drop-after"])
def test_an_update_whose_connection_broke_is_done_once(stage: EcsStage, how: str) -> None:
    first = stage.deployer.deploy(stage.spec, stage.ctx)
    stage.image = "two"
    stage.aws.world.seconds = 0.8
    stage.aws.world.rules.append(Rule(how, "ecs", "UpdateExpressGatewayService"))
    second = stage.deployer.deploy(stage.spec, stage.ctx)
    assert second.revision != first.revision
    assert len(stage.service.rollouts) == 2, "and not one more for the answer that was lost"
    assert stage.aws.world.count("UpdateExpressGatewayService") == (2 if how == "drop" else 1)


def test_a_create_that_was_lost_and_is_not_shown_yet(stage: EcsStage) -> None:
    stage.aws.world.lag = 0.5
    stage.aws.world.seconds = 1.0
    stage.aws.world.rules.append(Rule("drop-after", "ecs", "CreateExpressGatewayService"))
    assert stage.deployer.deploy(stage.spec, stage.ctx).state == "healthy"
    assert len(stage.service.rollouts) == 1, "the second try was answered: not idempotent"


@pytest.mark.parametrize(
    "rule",
    [
        Rule("error", "ecs", "*", times=4, code="ThrottlingException", message="Rate exceeded"),
        Rule("error", "ecs", "*", times=4, code="ServerException", message="oops", status=500),
        Rule("drop", "ecs", "*", times=4),
        Rule("error", "ecs", "DescribeServiceDeployments", times=6, code="ThrottlingException"),
        Rule("drop", "ecs", "DescribeServiceDeployments", times=6),
        Rule("error", "secretsmanager", "*", times=4, code="ThrottlingException", message="Rate exceeded"),
    ],
    ids=lambda rule: f"{rule.do}-{rule.service}-{rule.operation}-{rule.code}",
)
def test_a_deploy_outlives_faults(stage: EcsStage, rule: Rule) -> None:
    stage.variables["API_KEY"] = "canary-value-1"
    stage.section = {"environment": {"API_KEY": "${API_KEY}"}}
    stage.aws.world.rules.append(rule)
    assert stage.deployer.deploy(stage.spec, stage.ctx).state == "healthy"
    assert rule.times == 0
    assert len(stage.service.rollouts) == 1


def test_a_service_that_is_shown_late(stage: EcsStage) -> None:
    stage.aws.world.lag = 0.4
    assert stage.deployer.deploy(stage.spec, stage.ctx).state == "healthy"
    stage.image = "two"
    assert stage.deployer.deploy(stage.spec, stage.ctx).state == "healthy"


def test_somebody_elses_deployment_is_waited_for(stage: EcsStage) -> None:
    stage.deployer.deploy(stage.spec, stage.ctx)
    stage.aws.world.seconds = 3.0
    body = {**stage.body, "cpu": "512", "memory": "1024"}
    stage.aws.ecs.handle("UpdateExpressGatewayService", {**body, "serviceArn": stage.service.arn})
    other = stage.service.rollouts[-1]
    stage.image = "two"
    stage.deployer.deploy(stage.spec, stage.ctx)
    assert [each.status for each in stage.service.rollouts] == ["SUCCESSFUL"] * 3
    assert f"is busy: waiting for the deployment {other.arn.rpartition('/')[2]}" in stage.log


def test_who_is_busy_is_said_when_it_takes_too_long(stage: EcsStage) -> None:
    stage.deployer.deploy(stage.spec, stage.ctx)
    stage.aws.world.endings.append(Ending("ECS_UPDATE", "STUCK", 0.4))
    body = {**stage.body, "cpu": "512", "memory": "1024"}
    stage.aws.ecs.handle("UpdateExpressGatewayService", {**body, "serviceArn": stage.service.arn})
    other = stage.service.rollouts[-1]
    stage.image = "two"
    stage.deployer = EcsExpressDeployer(replace(QUICK, busy=1.0))  # type: ignore[assignment]
    with pytest.raises(DeploymentError) as caught:
        stage.deployer.deploy(stage.spec, stage.ctx)
    assert (caught.value.code, int(caught.value.exit_code)) == ("busy", 3)
    assert other.arn.rpartition("/")[2] in str(caught.value)
    assert other.arn in caught.value.remedy
    # What the remedy says is what ECS takes.
    stage.aws.ecs.handle("StopServiceDeployment", {"serviceDeploymentArn": other.arn, "stopType": "ROLLBACK"})
    assert stage.deployer.deploy(stage.spec, stage.ctx).state == "healthy"


def test_an_interrupted_deploy_says_what_goes_on_and_is_taken_up(stage: EcsStage) -> None:
    stage.deployer.deploy(stage.spec, stage.ctx)
    stage.aws.world.seconds = 3.0
    stage.image = "two"
    spec = stage.spec

    def interrupt() -> None:
        while not stage.aws.world.count("DescribeServiceDeployments") > 2:
            time.sleep(0.02)
        stage.ctx.cancel.cancel()

    stage.aws.world.calls.clear()
    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(Cancelled) as caught:
        stage.deployer.deploy(spec, stage.ctx)
    thread.join()
    running = stage.service.rollouts[-1]
    assert not running.over
    assert any("ECS goes on with deployment" in line for line in caught.value.details)
    assert any(running.arn in line for line in caught.value.details)

    again = EcsStage(stage.aws, stage.folder, image="two")
    made = again.deployer.deploy(again.spec, again.ctx)
    assert made.revision == running.target.rpartition("/")[2]
    assert "a deployment of the same is on its way" in again.log
    assert len(stage.service.rollouts) == 2


def test_the_phases_of_what_ecs_says() -> None:
    def deployment(stage: str, weight: float | None, running: int = 1, **more: object) -> dict[str, object]:
        target = {"arn": "new", "runningTaskCount": running}
        if weight is not None:
            target["requestedProductionTrafficWeight"] = weight  # type: ignore[assignment]
        return {"status": "IN_PROGRESS", "lifecycleStage": stage, "targetServiceRevision": target, **more}

    assert phase_of({"status": "PENDING"}) == "start"
    # The very first revision has all the weight before anything of it runs.
    assert phase_of(deployment("SCALE_UP", 100.0, 0)) == "start"
    assert phase_of(deployment("", 100.0, 0)) == "start"
    assert phase_of(deployment("PRODUCTION_TRAFFIC_SHIFT", 5.0)) == "canary"
    assert phase_of(deployment("PRODUCTION_TRAFFIC_SHIFT", None)) == "canary"
    assert phase_of(deployment("BAKE_TIME", None)) == "full"
    assert phase_of(deployment("BAKE_TIME", 100.0)) == "full"
    assert phase_of(deployment("CLEAN_UP", 100.0)) == "drain"
    for status, phase in {
        "SUCCESSFUL": "done",
        "STOPPED": "failed",
        "STOP_REQUESTED": "rollback",
        "ROLLBACK_REQUESTED": "rollback",
        "ROLLBACK_IN_PROGRESS": "rollback",
        "ROLLBACK_SUCCESSFUL": "failed",
        "ROLLBACK_FAILED": "failed",
    }.items():
        assert phase_of({"status": status, "lifecycleStage": "BAKE_TIME"}) == phase
    old = [{"arn": "old", "runningTaskCount": 3}, {"arn": "new", "runningTaskCount": 2}]
    assert tell(deployment("CLEAN_UP", 100.0, sourceServiceRevisions=old), "drain") == (
        "the old tasks drain: 3 still run"
    )

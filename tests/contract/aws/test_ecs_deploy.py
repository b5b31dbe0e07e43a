"""ECS Express by the real SDK: created once, updated in place, waited for phase by phase."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.events import Waiting
from holodeck_tui.deployers.aws_ecs_express import EcsExpressDeployer
from tests.contract.aws.ecs_support import EXECUTION, INFRASTRUCTURE, QUICK, EcsStage
from tests.contract.aws.server import AwsServer
from tests.contract.aws.support import HOST, INSTANCE_ROLE, digest
from tests.contract.aws.world import REGION, Ending, Rule

pytestmark = pytest.mark.contract

_CHANGING = ("Create", "Update", "Delete", "Tag", "Untag", "Put", "Stop")


@pytest.fixture
def stage(aws: AwsServer, tmp_path: Path) -> EcsStage:
    return EcsStage(aws, tmp_path / "agent")


def test_a_first_deploy_creates_what_the_settings_say(stage: EcsStage) -> None:
    stage.target = {"cpu": 2, "memory": 4096, "auto_scaling_min": 2, "auto_scaling_max": 3}
    stage.section = {"port": 9000, "environment": {"GREETING": "hello"}}
    stage.overlay = {"aws": {**stage.overlay["aws"], "instance_role_arn": INSTANCE_ROLE}}
    made = stage.deployer.deploy(stage.spec, stage.ctx)

    service, body = stage.service, stage.body
    assert made.state == "healthy"
    assert made.url == service.endpoint
    assert made.ref.service_id == service.arn
    assert made.ref.scope == f"aws:{REGION}"
    assert made.revision == str(service.active).rpartition("/")[2]
    container = body["primaryContainer"]
    assert container["image"] == f"{HOST}/agents/helpdesk@{digest('one')}", "by digest, never by tag"
    assert container["containerPort"] == 9000, "80 by default, where nothing listens"
    assert body["healthCheckPath"] == "/health", "/ping by default, which an agent does not have"
    assert stage.env["GREETING"] == "hello"
    assert (body["cpu"], body["memory"], body["cpuArchitecture"]) == ("2048", "4096", "X86_64")
    assert body["scalingTarget"] == {
        "minTaskCount": 2,
        "maxTaskCount": 3,
        "autoScalingMetric": "AVERAGE_CPU",
        "autoScalingTargetValue": 60,
    }
    assert (service.infrastructure, body["executionRoleArn"]) == (INFRASTRUCTURE, EXECUTION)
    assert body["taskRoleArn"] == INSTANCE_ROLE
    assert "repositoryCredentials" not in container, "ECR is read by the execution role"
    assert service.tags["managed-by"] == "holodeck"
    assert service.tags["holodeck-agent"] == "helpdesk"
    assert service.tags["holodeck-version"] == "one"
    assert len(service.tags["holodeck-content-hash"]) == 64


def test_an_unchanged_deploy_changes_nothing(stage: EcsStage) -> None:
    first = stage.deployer.deploy(stage.spec, stage.ctx)
    stage.aws.world.calls.clear()
    assert stage.deployer.changes(stage.spec, stage.ctx) == []
    again = stage.deployer.deploy(stage.spec, stage.ctx)
    assert (again.revision, again.ref, again.url) == (first.revision, first.ref, first.url)
    assert [one for one in stage.aws.world.calls if one["operation"].startswith(_CHANGING)] == []


def test_a_change_is_told_as_canary_then_100_percent_then_old_drained(stage: EcsStage) -> None:
    first = stage.deployer.deploy(stage.spec, stage.ctx)
    stage.aws.world.seconds = 1.2
    stage.image = "two"
    assert [change.path for change in stage.deployer.changes(stage.spec, stage.ctx)] == ["image"]
    stage.events.clear()
    second = stage.deployer.deploy(stage.spec, stage.ctx)

    waits = [event.what for event in stage.events if isinstance(event, Waiting)]
    assert [what.partition(":")[0] for what in waits if "begin the deployment" not in what] == [
        "the new tasks to start and become healthy",
        "the canary",
        "100 %",
        "the old tasks to drain",
    ]
    assert "canary: 5 % of the traffic goes to the new tasks" in stage.log
    assert "100 %: all traffic goes to the new tasks; the old ones stand by" in stage.log
    assert "the old tasks drain: 0 still run" in stage.log
    assert second.ref == first.ref
    assert second.revision != first.revision
    assert stage.aws.world.count("CreateExpressGatewayService") == 1
    assert stage.service.tags["holodeck-version"] == "two", "an update takes no tags"


def test_a_deploy_is_not_done_before_its_deployment_is(stage: EcsStage) -> None:
    stage.deployer.deploy(stage.spec, stage.ctx)
    stage.aws.world.seconds = 0.6
    stage.image = "two"
    stage.deployer.deploy(stage.spec, stage.ctx)
    last = stage.service.rollouts[-1]
    assert last.status == "SUCCESSFUL", "ACTIVE is what ECS said all the time"


def test_a_rolled_back_update_is_no_success(stage: EcsStage) -> None:
    first = stage.deployer.deploy(stage.spec, stage.ctx)
    why = ["ECS deployment circuit breaker: tasks failed to start.", "Essential container in task exited"]
    stage.aws.world.endings.append(Ending("ECS_UPDATE", "ROLLBACK_SUCCESSFUL", 0.4, why, ["the last words"]))
    stage.image = "two"
    with pytest.raises(DeploymentError) as caught:
        stage.deployer.deploy(stage.spec, stage.ctx)
    error = caught.value
    assert (error.code, int(error.exit_code)) == ("unhealthy", 5)
    assert "circuit breaker" in error.reason
    assert "ECS: Essential container in task exited; Main ended with exit code 3" in error.details
    assert "the last words" in error.details
    assert f"The revision before it, {first.revision}, still serves." in error.details
    assert "the new revision failed: ECS goes back to the old one" in stage.log

    status = stage.deployer.get_status(first.ref, stage.ctx)
    assert status.state == "degraded"
    assert status.revision == first.revision
    assert "circuit breaker" in status.detail
    assert "the last words" in status.detail
    assert status.url == first.url


def test_the_last_words_are_those_of_the_failed_task(stage: EcsStage) -> None:
    stage.deployer.deploy(stage.spec, stage.ctx)
    stage.aws.world.endings.append(Ending("ECS_UPDATE", "ROLLBACK_SUCCESSFUL", 0.3, ["x", "y"], ["crashed"]))
    stage.image = "two"
    with pytest.raises(DeploymentError) as caught:
        stage.deployer.deploy(stage.spec, stage.ctx)
    assert "crashed" in caught.value.details
    assert not any("startup complete" in line for line in caught.value.details), "that was the old one's"


def test_a_first_deploy_that_fails_is_tried_again_in_place(stage: EcsStage) -> None:
    stage.aws.world.endings.append(Ending("ECS_CREATE", "ROLLBACK_FAILED", 0.2, ["no way back"]))
    with pytest.raises(DeploymentError) as caught:
        stage.deployer.deploy(stage.spec, stage.ctx)
    assert caught.value.code == "unhealthy"
    assert not any("still serves" in line for line in caught.value.details)
    ref = stage.deployer.find(stage.settings, stage.ctx)
    assert ref is not None
    assert stage.deployer.get_status(ref, stage.ctx).state == "failed", "ECS says ACTIVE"
    made = stage.deployer.deploy(stage.spec, stage.ctx)
    assert made.state == "healthy"
    assert stage.aws.world.count("CreateExpressGatewayService") == 1


@pytest.mark.parametrize(
    ("ending", "waits_for"),
    [
        ("STUCK-CANARY", "the canary"),
        ("STUCK-FULL", "100 %"),
    ],
)
def test_a_deployment_that_is_stuck_ends_at_its_own_deadline(
    stage: EcsStage, ending: str, waits_for: str
) -> None:
    stage.deployer.deploy(stage.spec, stage.ctx)
    stage.aws.world.endings.append(Ending("ECS_UPDATE", ending, 0.4))
    stage.image = "two"
    with pytest.raises(DeploymentError) as caught:
        stage.deployer.deploy(stage.spec, stage.ctx)
    assert (caught.value.code, int(caught.value.exit_code)) == ("timeout", 3)
    assert waits_for in caught.value.reason
    assert "after 1.5 s" in caught.value.reason
    assert f"aws ecs stop-service-deployment --region {REGION} --stop-type ROLLBACK" in caught.value.remedy


def test_tasks_that_never_start_are_unhealthy_with_the_reason_ecs_has(stage: EcsStage) -> None:
    first = stage.deployer.deploy(stage.spec, stage.ctx)
    stage.aws.world.endings.append(
        Ending("ECS_UPDATE", "STUCK", 0.4, ["", "Task failed ELB health checks"], ["why"])
    )
    stage.image = "two"
    with pytest.raises(DeploymentError) as caught:
        stage.deployer.deploy(stage.spec, stage.ctx)
    assert caught.value.code == "unhealthy"
    assert "the new tasks to start and become healthy" in caught.value.reason
    assert "ECS: Task failed ELB health checks" in caught.value.details
    assert "why" in caught.value.details
    assert stage.deployer.get_status(first.ref, stage.ctx).state == "deploying"


def test_old_tasks_that_do_not_drain_are_a_warning(stage: EcsStage) -> None:
    stage.deployer.deploy(stage.spec, stage.ctx)
    stage.aws.world.endings.append(Ending("ECS_UPDATE", "STUCK-DRAIN", 0.4))
    stage.image = "two"
    assert stage.deployer.deploy(stage.spec, stage.ctx).state == "healthy"
    assert any("the old tasks to drain" in str(event) for event in stage.events)


def test_an_image_that_cannot_be_pulled(stage: EcsStage) -> None:
    text = "CannotPullContainerError: pull image manifest has been retried 5 time(s): not found"
    stage.aws.world.endings.append(Ending("ECS_CREATE", "ROLLBACK_FAILED", 0.2, ["tasks failed", text]))
    with pytest.raises(DeploymentError) as caught:
        stage.deployer.deploy(stage.spec, stage.ctx)
    assert caught.value.code == "image-pull"
    assert f"ECS: {text}" in caught.value.details


def test_what_keeps_ecs_from_making_any_task_is_said(stage: EcsStage) -> None:
    stage.aws.world.endings.append(Ending("ECS_CREATE", "STUCK-FULL", 20.0))
    stage.deployer = EcsExpressDeployer(replace(QUICK, start=0.5))  # type: ignore[assignment]
    text = "ECS was unable to assume the role 'arn:x' that was provided for this task."

    def note() -> None:
        deadline = time.monotonic() + 20
        while not stage.aws.ecs.services and time.monotonic() < deadline:
            time.sleep(0.02)
        stage.service.note(text)

    thread = threading.Thread(target=note)
    thread.start()
    with pytest.raises(DeploymentError) as caught:
        stage.deployer.deploy(stage.spec, stage.ctx)
    thread.join()
    assert (caught.value.code, int(caught.value.exit_code)) == ("permission-denied", 4)
    assert f"ECS: {text}" in caught.value.details


def test_a_new_role_that_cannot_be_assumed_yet_is_waited_for(stage: EcsStage) -> None:
    stage.aws.world.rules.append(
        Rule(
            "error", "ecs", "CreateExpressGatewayService", times=3, code="AccessDeniedException",
            message=f"Cannot assume role {INFRASTRUCTURE}",
        )
    )  # fmt: skip
    assert stage.deployer.deploy(stage.spec, stage.ctx).state == "healthy"
    assert stage.aws.world.count("CreateExpressGatewayService") == 4


def test_a_role_that_never_can_be_assumed_is_said(stage: EcsStage) -> None:
    stage.aws.world.rules.append(
        Rule(
            "error", "ecs", "CreateExpressGatewayService", times=10_000, code="AccessDeniedException",
            message=f"Cannot assume role {INFRASTRUCTURE}",
        )
    )  # fmt: skip
    stage.deployer = EcsExpressDeployer(replace(QUICK, accept=1.0))  # type: ignore[assignment]
    with pytest.raises(DeploymentError) as caught:
        stage.deployer.deploy(stage.spec, stage.ctx)
    assert (caught.value.code, int(caught.value.exit_code)) == ("permission-denied", 4)
    assert INFRASTRUCTURE in caught.value.reason


def test_a_fresh_region_gets_its_default_cluster(stage: EcsStage) -> None:
    stage.aws.ecs.clusters.clear()
    assert stage.deployer.find(stage.settings, stage.ctx) is None
    assert stage.deployer.list(f"aws:{REGION}", stage.ctx) == []
    assert stage.deployer.deploy(stage.spec, stage.ctx).state == "healthy"
    assert stage.aws.ecs.clusters == {"default"}


def test_an_address_without_a_scheme(stage: EcsStage) -> None:
    stage.aws.world.bare = True
    assert (
        stage.deployer.deploy(stage.spec, stage.ctx).url == f"https://holodeck-helpdesk.ecs.{REGION}.on.aws"
    )


def test_a_name_that_drains_is_waited_for_and_then_used_again(stage: EcsStage) -> None:
    first = stage.deployer.deploy(stage.spec, stage.ctx)
    stage.aws.world.draining = True
    stage.aws.ecs.handle("DeleteExpressGatewayService", {"serviceArn": first.ref.service_id})
    assert stage.deployer.get_status(first.ref, stage.ctx).state == "stopped", "ECS says DRAINING"
    (listed,) = stage.deployer.list(f"aws:{REGION}", stage.ctx)
    assert (listed.state, listed.detail) == ("stopped", "it is being removed")
    timer = threading.Timer(1.0, lambda: stage.aws.world.told({"draining": False}))
    timer.start()
    again = stage.deployer.deploy(stage.spec, stage.ctx)
    timer.join()
    assert again.state == "healthy"
    assert again.revision != first.revision
    assert "is being removed; its name is free when that is done" in stage.log
    assert stage.aws.world.count("UpdateExpressGatewayService") == 0


def test_an_inactive_name_is_nothing(stage: EcsStage) -> None:
    first = stage.deployer.deploy(stage.spec, stage.ctx)
    stage.deployer.destroy(first.ref, stage.ctx)
    assert [each.status for each in stage.aws.ecs.services.values()] == ["INACTIVE"]
    assert stage.deployer.find(stage.settings, stage.ctx) is None
    assert stage.deployer.get_status(first.ref, stage.ctx).state == "missing"
    assert stage.deployer.list(f"aws:{REGION}", stage.ctx) == []
    assert stage.deployer.changes(stage.spec, stage.ctx)[0].path == "service"
    assert stage.deployer.deploy(stage.spec, stage.ctx).state == "healthy"


def test_somebody_elses_service_is_not_touched(stage: EcsStage) -> None:
    first = stage.deployer.deploy(stage.spec, stage.ctx)
    stage.service.tags["holodeck-agent"] = "another"
    assert stage.deployer.find(stage.settings, stage.ctx) is None
    stage.image = "two"
    with pytest.raises(DeploymentError) as caught:
        stage.deployer.deploy(stage.spec, stage.ctx)
    assert "does not carry this deployment's tags" in caught.value.reason
    gone = stage.deployer.destroy(first.ref, stage.ctx)
    assert gone.goes == ()
    assert any("does not carry this deployment's tags" in text for text in gone.stays)
    assert stage.service.status == "ACTIVE"


def test_the_infrastructure_role_cannot_be_changed(stage: EcsStage) -> None:
    stage.deployer.deploy(stage.spec, stage.ctx)
    other = INFRASTRUCTURE.replace("ecsInfra", "otherInfra")
    stage.overlay["aws"]["infrastructure_role_arn"] = other
    assert [change.path for change in stage.deployer.changes(stage.spec, stage.ctx)] == [
        "infrastructure_role_arn"
    ]
    with pytest.raises(DeploymentError) as caught:
        stage.deployer.deploy(stage.spec, stage.ctx)
    assert (caught.value.code, INFRASTRUCTURE in caught.value.reason) == ("config-invalid", True)

"""What App Runner does that surprises: each of it once, with the real SDK."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

import pytest

from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.deployers.aws.apprunner_api import with_scheme
from holodeck_tui.deployers.aws.apprunner_template import flat
from tests.contract.aws.support import Stage
from tests.contract.aws.world import Ending, Rule

pytestmark = pytest.mark.contract


def deploy(stage: Stage, image: str = "one") -> Any:
    stage.image = image
    return stage.deployer.deploy(stage.spec, stage.ctx)


def test_a_busy_service_is_waited_for_and_named(stage: Stage) -> None:
    first = deploy(stage)
    stage.aws.world.endings.append(Ending("PAUSE_SERVICE", "FAILED", 1.0))
    stage.aws.apprunner.handle("PauseService", {"ServiceArn": first.ref.service_id})
    second = deploy(stage, "two")
    assert second.revision != first.revision
    assert "is busy: PAUSE_SERVICE since" in stage.log


def test_an_operation_that_comes_between_is_waited_for(stage: Stage) -> None:
    """The service was idle when it was looked at, and busy when it was updated."""
    deploy(stage)
    busy = "Service cannot be updated in the current state: OPERATION_IN_PROGRESS."
    stage.aws.world.rules.append(
        Rule("error", operation="UpdateService", code="InvalidStateException", message=busy)
    )
    deploy(stage, "two")
    assert stage.aws.world.count("UpdateService") == 2


def test_who_is_busy_for_too_long_is_told(stage: Stage) -> None:
    first = deploy(stage)
    stage.aws.world.endings.append(Ending("PAUSE_SERVICE", "SUCCEEDED", 60.0))
    stage.aws.apprunner.handle("PauseService", {"ServiceArn": first.ref.service_id})
    stage.deployer = type(stage.deployer)(replace(stage.deployer._timing, operation=0.6))
    with pytest.raises(DeploymentError) as caught:
        deploy(stage, "two")
    assert caught.value.code == "busy"
    assert "PAUSE_SERVICE" in caught.value.message


def test_a_service_left_as_create_failed_is_deleted_and_created_again(stage: Stage) -> None:
    stage.aws.world.endings.append(Ending("CREATE_SERVICE", "FAILED", 0.2))
    with pytest.raises(DeploymentError):
        deploy(stage)
    assert stage.live["Status"] == "CREATE_FAILED"
    found = stage.deployer.find(stage.settings, stage.ctx)
    assert found is not None
    assert stage.deployer.get_status(found, stage.ctx).state == "failed"
    made = deploy(stage)
    assert made.ref.service_id != found.service_id
    assert stage.live["Status"] == "RUNNING"


def test_a_create_that_says_nothing_gets_the_words_of_its_log(stage: Stage) -> None:
    lines = ["[AppRunner] Failed to pull your application image. Be sure the image exists."]
    stage.aws.world.endings.append(Ending("CREATE_SERVICE", "FAILED", 0.2, lines, ["Traceback: boom"]))
    with pytest.raises(DeploymentError) as caught:
        deploy(stage)
    assert caught.value.code == "image-pull"
    assert "Failed to pull" in caught.value.reason
    assert "Traceback: boom" in caught.value.details
    assert any("Create failed" in line for line in caught.value.details)


def test_iams_delay_is_waited_out(stage: Stage) -> None:
    lag = "Error in assuming access role arn:aws:iam::123456789012:role/new"
    stage.aws.world.rules.append(
        Rule("error", operation="CreateService", code="InvalidRequestException", message=lag, times=3)
    )
    assert deploy(stage).state == "healthy"
    assert stage.aws.world.count("CreateService") == 4


def test_a_role_that_never_works_is_told_in_the_end(stage: Stage) -> None:
    stage.deployer = type(stage.deployer)(replace(stage.deployer._timing, role=0.3))
    lag = "Error in assuming access role arn:aws:iam::123456789012:role/new"
    stage.aws.world.rules.append(
        Rule("error", operation="CreateService", code="InvalidRequestException", message=lag, times=99)
    )
    with pytest.raises(DeploymentError) as caught:
        deploy(stage)
    assert caught.value.code == "permission-denied"
    assert "trust" in caught.value.remedy


@pytest.mark.parametrize("operation", ["CreateService", "UpdateService"])
def test_an_answer_that_is_lost_starts_nothing_twice(stage: Stage, operation: str) -> None:
    stage.aws.world.seconds = 0.5
    if operation == "UpdateService":
        deploy(stage)
    stage.aws.world.rules.append(Rule("drop-after", operation=operation))
    made = deploy(stage, "two")
    services = [each for each in stage.aws.apprunner.services.values() if each["Status"] != "DELETED"]
    assert len(services) == 1
    done = [
        each for each in stage.aws.apprunner.operations[made.ref.service_id] if each["Status"] == "SUCCEEDED"
    ]
    assert len(done) == (1 if operation == "CreateService" else 2)


@pytest.mark.parametrize("do", ["drop", "throttle", "fault"])
def test_faults_while_it_waits_do_not_end_the_wait(stage: Stage, do: str) -> None:
    stage.aws.world.seconds = 0.6
    errors = {
        "drop": Rule("drop", operation="ListOperations", times=4),
        "throttle": Rule("error", operation="ListOperations", code="ThrottlingException", times=4),
        "fault": Rule("error", operation="ListOperations", code="InternalServiceErrorException", status=500,
                      times=4),
    }  # fmt: skip
    stage.aws.world.rules.append(errors[do])
    assert deploy(stage).state == "healthy"
    assert stage.aws.world.count("CreateService") == 1


def test_a_run_that_was_stopped_is_gone_on_with(stage: Stage) -> None:
    stage.aws.world.endings.append(Ending("CREATE_SERVICE", "SUCCEEDED", 1.5))
    token = CancelToken()
    ctx = replace(stage.ctx, cancel=token)
    threading.Timer(0.9, token.cancel).start()
    with pytest.raises(Cancelled) as caught:
        stage.deployer.deploy(stage.spec, ctx)
    assert caught.value.details, "what goes on there is named"
    made = deploy(stage)
    assert made.state == "healthy"
    assert stage.aws.world.count("CreateService") == 1
    assert stage.aws.world.count("UpdateService") == 0, "what the first run began is what was wanted"


def test_an_update_that_failed_halfway_is_made_again(stage: Stage) -> None:
    first = deploy(stage)
    stage.aws.world.endings.append(Ending("UPDATE_SERVICE", "ROLLBACK_SUCCEEDED", 0.1))
    with pytest.raises(DeploymentError):
        deploy(stage, "two")
    # Back to what runs: nothing differs, but the last operation failed.
    again = deploy(stage, "one")
    assert again.revision != first.revision
    assert stage.deployer.get_status(again.ref, stage.ctx).state == "healthy"


def test_a_way_back_that_failed_is_unhealthy(stage: Stage) -> None:
    first = deploy(stage)
    stage.aws.world.endings.append(Ending("UPDATE_SERVICE", "ROLLBACK_FAILED", 0.1))
    with pytest.raises(DeploymentError):
        deploy(stage, "two")
    assert stage.deployer.get_status(first.ref, stage.ctx).state == "unhealthy"


def test_a_running_operation_is_deploying(stage: Stage) -> None:
    first = deploy(stage)
    stage.aws.world.endings.append(Ending("RESUME_SERVICE", "SUCCEEDED", 5.0))
    stage.deployer.pause(first.ref, stage.ctx)
    assert stage.deployer.get_status(first.ref, stage.ctx).state == "stopped"
    stage.aws.apprunner.handle("ResumeService", {"ServiceArn": first.ref.service_id})
    assert stage.deployer.get_status(first.ref, stage.ctx).state == "deploying"


def test_pause_and_resume(stage: Stage) -> None:
    first = deploy(stage)
    assert stage.deployer.pause(first.ref, stage.ctx).state == "stopped"
    assert stage.deployer.pause(first.ref, stage.ctx).state == "stopped"
    assert stage.deployer.resume(first.ref, stage.ctx).state == "healthy"


def test_a_paused_service_is_resumed_by_a_deploy(stage: Stage) -> None:
    first = deploy(stage)
    stage.deployer.pause(first.ref, stage.ctx)
    assert deploy(stage, "two").state == "healthy"
    assert stage.live["Status"] == "RUNNING"


def test_a_new_autoscaling_revision_is_made_only_for_a_change_and_the_old_one_goes(stage: Stage) -> None:
    deploy(stage)
    stage.target = {"auto_scaling_max": 7}
    assert [change.path for change in stage.deployer.changes(stage.spec, stage.ctx)] == ["auto_scaling_max"]
    deploy(stage)
    own = [each for each in stage.aws.apprunner.scalings.values() if not each["IsDefault"]]
    assert [each["MaxSize"] for each in own] == [7]
    assert stage.aws.world.count("CreateAutoScalingConfiguration") == 2
    deploy(stage, "two")
    assert stage.aws.world.count("CreateAutoScalingConfiguration") == 2


def test_an_autoscaling_configuration_of_somebody_else_stays(stage: Stage) -> None:
    name = stage.deployer.service_name(stage.settings)
    stage.aws.apprunner.handle(
        "CreateAutoScalingConfiguration", {"AutoScalingConfigurationName": name, "MinSize": 9, "MaxSize": 9}
    )
    made = deploy(stage)
    stage.deployer.destroy(made.ref, stage.ctx)
    own = [each for each in stage.aws.apprunner.scalings.values() if not each["IsDefault"]]
    assert [each["MinSize"] for each in own] == [9]


def test_app_runners_own_spelling_is_no_change() -> None:
    words = {"InstanceConfiguration": {"Cpu": "1 vCPU", "Memory": "2 GB"}}
    units = {"InstanceConfiguration": {"Cpu": "1024", "Memory": "2048"}}
    assert flat(words) == flat(units)


def test_a_change_from_outside_is_seen_and_its_secrets_are_not_shown(stage: Stage) -> None:
    deploy(stage)
    source = stage.live["SourceConfiguration"]["ImageRepository"]["ImageConfiguration"]
    source["RuntimeEnvironmentVariables"]["BY_HAND_TOKEN"] = "written-by-hand"
    stage.live["SourceConfiguration"]["AutoDeploymentsEnabled"] = True
    changes = {change.path: change for change in stage.deployer.changes(stage.spec, stage.ctx)}
    assert set(changes) == {"environment.BY_HAND_TOKEN", "auto_deployments"}
    assert changes["environment.BY_HAND_TOKEN"].before == "***"


def test_new_things_are_listed_late(stage: Stage) -> None:
    stage.aws.world.lag = 0.8
    made = deploy(stage)
    assert made.state == "healthy"
    assert stage.aws.world.count("CreateService") == 1


def test_an_empty_page_is_not_the_last(stage: Stage) -> None:
    stage.aws.world.empty_pages = True
    first = deploy(stage)
    assert deploy(stage, "two").ref == first.ref
    (listed,) = stage.deployer.list(first.ref.scope, stage.ctx)
    assert listed.ref == first.ref


def test_a_service_of_somebody_else_is_not_touched(stage: Stage) -> None:
    first = deploy(stage)
    stage.aws.apprunner.tags[first.ref.service_id].clear()
    assert stage.deployer.find(stage.settings, stage.ctx) is None
    with pytest.raises(DeploymentError) as caught:
        deploy(stage, "two")
    assert "does not carry" in caught.value.reason
    assert stage.aws.world.count("UpdateService") == 0


def test_app_runner_closed_to_new_customers(stage: Stage) -> None:
    stage.aws.world.closed = True
    with pytest.raises(DeploymentError) as caught:
        deploy(stage)
    assert caught.value.code == "unsupported"
    assert "ecs-express" in caught.value.remedy


@pytest.mark.parametrize("host", ["docker.io", "ghcr.io", "europe-docker.pkg.dev", "localhost:5000"])
def test_a_registry_it_cannot_pull_from_is_refused_before_anything(stage: Stage, host: str) -> None:
    stage.section = {"registry": {"url": host, "repository": "me/agent"}}
    with pytest.raises(DeploymentError) as caught:
        stage.deployer.needs(stage.settings, stage.ctx)
    assert caught.value.code == "registry-unpullable"
    assert "ecs-express" in caught.value.remedy
    assert stage.aws.world.calls == []


def test_public_ecr_needs_no_role(stage: Stage) -> None:
    stage.section = {"registry": {"url": "public.ecr.aws", "repository": "a1b2c3/agent"}}
    stage.target = {"ecr_role_arn": None}
    assert stage.deployer.needs(stage.settings, stage.ctx).registry
    deploy(stage)
    repository = stage.live["SourceConfiguration"]["ImageRepository"]
    assert repository["ImageRepositoryType"] == "ECR_PUBLIC"
    assert "AuthenticationConfiguration" not in stage.live["SourceConfiguration"]


@pytest.mark.parametrize(
    ("target", "section", "overlay", "word"),
    [
        ({"ecr_role_arn": None}, {}, {}, "ecr_role_arn"),
        ({}, {"platform": "linux/arm64"}, {}, "linux/amd64"),
        ({}, {}, {"aws": {}, "secrets": {"TOKEN": {"env": "TOKEN"}}}, "instance_role_arn"),
    ],
)
def test_what_is_missing_is_told_before_anything(
    stage: Stage, target: dict[str, Any], section: dict[str, Any], overlay: dict[str, Any], word: str
) -> None:
    stage.target, stage.section, stage.overlay = target, section, overlay
    with pytest.raises(DeploymentError) as caught:
        stage.deployer.needs(stage.settings, stage.ctx)
    assert caught.value.code == "config-invalid"
    assert word in caught.value.remedy


def test_the_key_of_the_models_provider_is_a_secret_before_anything_is_built(stage: Stage) -> None:
    stage.overlay = {"aws": {}}
    assert stage.deployer.needs(stage.settings, stage.ctx).image
    stage.variables = {"ANTHROPIC_API_KEY": "sk-dummy-dummy"}
    with pytest.raises(DeploymentError) as caught:
        stage.deployer.needs(stage.settings, stage.ctx)
    assert "instance_role_arn" in caught.value.remedy


def test_a_url_gets_its_scheme() -> None:
    assert with_scheme("abc.eu-west-1.awsapprunner.com") == "https://abc.eu-west-1.awsapprunner.com"
    assert with_scheme("127.0.0.1:4711") == "http://127.0.0.1:4711"
    assert with_scheme("localhost.example.com") == "https://localhost.example.com"
    assert with_scheme("") is None


def test_back_to_an_earlier_digest_and_back_again(stage: Stage) -> None:
    first = deploy(stage)
    second = deploy(stage, "two")
    back = stage.deployer.rollback(second.ref, None, stage.ctx)
    assert back.image is not None
    assert first.image is not None
    assert back.image.digest == first.image.digest
    assert back.revision not in {first.revision, second.revision}
    names = [(each.name, each.active) for each in stage.deployer.revisions(back.ref, stage.ctx)]
    assert (back.revision, True) in names
    assert {name for name, _ in names} == {first.revision, second.revision, back.revision}
    there = stage.deployer.rollback(second.ref, second.revision, stage.ctx)
    assert there.image is not None
    assert second.image is not None
    assert there.image.digest == second.image.digest


def test_there_must_be_something_to_go_back_to(stage: Stage) -> None:
    first = deploy(stage)
    for to in (None, "nothing"):
        with pytest.raises(DeploymentError) as caught:
            stage.deployer.rollback(first.ref, to, stage.ctx)
        assert caught.value.code == "revision-unknown"


def test_tags_of_revisions_stay_few(stage: Stage) -> None:
    first = deploy(stage)
    for number in range(9):
        deploy(stage, f"v{number}")
    labels = stage.aws.apprunner.tags[first.ref.service_id]
    assert len([key for key in labels if key.startswith("holodeck-revision-")]) == 8


def test_what_is_gone_already_is_destroyed(stage: Stage) -> None:
    first = deploy(stage)
    shown = stage.deployer.plan_destroy(first.ref, stage.ctx)
    done = stage.deployer.destroy(first.ref, stage.ctx)
    assert done.goes == shown.goes
    assert len([text for text in done.goes if "log group" in text]) == 2
    assert stage.deployer.destroy(first.ref, stage.ctx).goes == ()
    assert stage.deployer.get_status(first.ref, stage.ctx).state == "missing"
    assert stage.deployer.find(stage.settings, stage.ctx) is None


def test_what_was_deployed_anew_since_it_was_listed_goes_whole(stage: Stage) -> None:
    """Its secrets have the same names: without them it would be left broken."""
    first = deploy(stage)
    stage.deployer.destroy(first.ref, stage.ctx)
    again = deploy(stage)
    assert again.ref.service_id != first.ref.service_id
    shown = stage.deployer.plan_destroy(first.ref, stage.ctx)
    done = stage.deployer.destroy(first.ref, stage.ctx)
    assert done.goes == shown.goes
    assert again.ref.service_id in done.goes[0]
    assert len([text for text in done.goes if "log group" in text]) == 2
    assert stage.deployer.get_status(again.ref, stage.ctx).state == "missing"


def test_what_may_not_be_removed_stays_and_is_named(stage: Stage) -> None:
    first = deploy(stage)
    message = "User: u is not authorized to perform: logs:DescribeLogGroups on resource: *"
    stage.aws.world.rules.append(
        Rule("error", service="logs", code="AccessDeniedException", message=message, times=9)
    )
    done = stage.deployer.destroy(first.ref, stage.ctx)
    assert any("the service" in text for text in done.goes)
    assert any("logs:DescribeLogGroups" in text for text in done.stays)
    assert stage.deployer.get_status(first.ref, stage.ctx).state == "missing"


def test_nothing_of_a_service_that_is_no_longer_ours_is_removed(stage: Stage) -> None:
    first = deploy(stage)
    stage.aws.apprunner.tags[first.ref.service_id]["managed-by"] = "somebody"
    done = stage.deployer.destroy(first.ref, stage.ctx)
    assert done.goes == ()
    assert len(done.stays) == 1
    assert stage.live["Status"] == "RUNNING"


def test_what_a_failed_first_deploy_leaves_can_be_destroyed(stage: Stage) -> None:
    stage.section = {"environment": {"API_TOKEN": "${API_TOKEN}"}}
    stage.variables = {"API_TOKEN": "value-of-the-token"}
    stage.aws.world.rules.append(
        Rule("error", operation="CreateService", code="InvalidRequestException", message="no", times=9)
    )
    with pytest.raises(DeploymentError):
        deploy(stage)
    left = stage.deployer.find(stage.settings, stage.ctx)
    assert left is not None
    assert stage.deployer.get_status(left, stage.ctx).state == "missing"
    assert [change.path for change in stage.deployer.changes(stage.spec, stage.ctx)] == ["service"]
    assert stage.deployer.revisions(left, stage.ctx) == []
    for call in (
        lambda: stage.deployer.pause(left, stage.ctx),
        lambda: stage.deployer.rollback(left, None, stage.ctx),
    ):
        with pytest.raises(DeploymentError) as caught:
            call()
        assert caught.value.code == "not-deployed"
    assert len(stage.deployer.destroy(left, stage.ctx).goes) == 2
    assert stage.deployer.find(stage.settings, stage.ctx) is None


def test_two_environments_and_like_names_are_services_of_their_own(stage: Stage) -> None:
    found = set()
    for agent, environment in (
        ("a b", None),
        ("a-b", None),
        ("a_b", None),
        ("a-b", "staging"),
        ("x" * 60, None),
    ):
        stage.agent, stage.environment = agent, environment
        stage.overlay = {"environments": {"staging": {}}}
        found.add(deploy(stage).ref)
    assert len({ref.name for ref in found}) == 5
    listed = {each.ref for each in stage.deployer.list("aws:eu-west-1", stage.ctx)}
    assert listed == found, "agent and environment come back from the tags as they were written"


def test_time_is_told_while_it_waits(stage: Stage) -> None:
    began = time.monotonic()
    deploy(stage)
    assert time.monotonic() - began < 10
    assert "CREATE_SERVICE succeeded" in stage.log


def test_a_change_from_nothing_is_told_in_words(stage: Stage) -> None:
    deploy(stage)
    stage.section = {"environment": {"GREETING": "hi"}}
    deploy(stage)
    assert "environment.GREETING: absent → hi" in stage.log

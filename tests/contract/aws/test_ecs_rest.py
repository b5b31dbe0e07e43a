"""ECS Express beside deploying: secrets, registries, roles, going back, logs, status, list, destroy, doctor."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import ServiceRef
from holodeck_tui.deployers.aws.deployer import AwsDeployer
from holodeck_tui.deployers.aws_ecs_express import EcsExpressDeployer
from holodeck_tui.deployers.base import LogQuery
from tests.contract.aws.ecs import Service
from tests.contract.aws.ecs_support import EXECUTION, INFRASTRUCTURE, QUICK, ROLES, EcsStage
from tests.contract.aws.server import AwsServer
from tests.contract.aws.support import HOST, Stage, digest
from tests.contract.aws.world import ACCOUNT, REGION, Ending, Rule

pytestmark = pytest.mark.contract

SECRET = "canary-8d1f-of-the-test"


@pytest.fixture
def stage(aws: AwsServer, tmp_path: Path) -> EcsStage:
    return EcsStage(aws, tmp_path / "agent")


def with_secret(stage: EcsStage, value: str = SECRET) -> None:
    stage.variables["API_KEY"] = value
    stage.section = {"environment": {"API_KEY": "${API_KEY}"}}


def test_a_secret_goes_by_reference_and_nowhere_else(stage: EcsStage) -> None:
    with_secret(stage)
    stage.deployer.deploy(stage.spec, stage.ctx)
    (stored,) = stage.aws.client("secretsmanager").list_secrets()["SecretList"]
    assert stored["Name"] == "holodeck/ecs/holodeck-helpdesk/API_KEY"
    assert {"Key": "managed-by", "Value": "holodeck"} in stored["Tags"]
    assert stage.refs["API_KEY"].startswith(f"{stored['ARN']}:::")
    assert "API_KEY" not in stage.env
    assert stage.aws.ecs.secret(stage.refs["API_KEY"]) == SECRET
    assert SECRET not in stage.aws.world.bodies()
    assert not any(SECRET in repr(event) for event in stage.events)


def test_a_rotated_secret_is_a_new_revision(stage: EcsStage) -> None:
    with_secret(stage)
    first = stage.deployer.deploy(stage.spec, stage.ctx)
    assert stage.deployer.changes(stage.spec, stage.ctx) == []
    with_secret(stage, "canary-9e2a-rotated")
    (change,) = stage.deployer.changes(stage.spec, stage.ctx)
    assert (change.path, change.before, change.after) == ("secrets.API_KEY", "***", "***")
    second = stage.deployer.deploy(stage.spec, stage.ctx)
    assert second.revision != first.revision
    assert stage.aws.ecs.secret(stage.refs["API_KEY"]) == "canary-9e2a-rotated"


def test_a_secret_that_is_taken_away_loses_its_reference(stage: EcsStage) -> None:
    with_secret(stage)
    stage.deployer.deploy(stage.spec, stage.ctx)
    stage.section = {}
    (change,) = stage.deployer.changes(stage.spec, stage.ctx)
    assert (change.path, change.after) == ("secrets.API_KEY", None)
    stage.deployer.deploy(stage.spec, stage.ctx)
    assert stage.refs == {}


def test_a_ref_is_only_referenced(stage: EcsStage) -> None:
    arn = stage.aws.client("secretsmanager").create_secret(Name="shared/db", SecretString="x")["ARN"]
    stage.overlay["secrets"] = {"DB_PASSWORD": {"ref": "shared/db"}}
    made = stage.deployer.deploy(stage.spec, stage.ctx)
    assert stage.refs == {"DB_PASSWORD": arn}
    stage.deployer.destroy(made.ref, stage.ctx)
    names = [one["Name"] for one in stage.aws.client("secretsmanager").list_secrets()["SecretList"]]
    assert names == ["shared/db"], "what we did not make stays"


def test_secrets_that_the_execution_role_may_not_read(stage: EcsStage) -> None:
    with_secret(stage)
    text = (
        "ResourceInitializationError: unable to pull secrets or registry auth: AccessDeniedException: "
        f"{EXECUTION} is not authorized to perform: secretsmanager:GetSecretValue"
    )
    stage.aws.world.endings.append(Ending("ECS_CREATE", "ROLLBACK_FAILED", 0.2, ["tasks failed", text]))
    with pytest.raises(DeploymentError) as caught:
        stage.deployer.deploy(stage.spec, stage.ctx)
    assert (caught.value.code, int(caught.value.exit_code)) == ("permission-denied", 4)
    assert "secretsmanager:GetSecretValue" in caught.value.remedy


def test_missing_roles_are_named_with_their_policies(stage: EcsStage) -> None:
    stage.overlay = {"aws": {"service": "ecs-express"}}
    with pytest.raises(DeploymentError) as caught:
        stage.deployer.needs(stage.settings, stage.ctx)
    error = caught.value
    assert (error.code, int(error.exit_code)) == ("config-invalid", 2)
    assert "AmazonECSInfrastructureRoleforExpressGatewayServices" in "\n".join(error.details)
    assert "AmazonECSTaskExecutionRolePolicy" in "\n".join(error.details)
    assert "infrastructure_role_arn: arn:aws:iam::ACCOUNT:role/NAME" in error.remedy
    stage.overlay = {"aws": {**ROLES, "execution_role_arn": None}}
    with pytest.raises(DeploymentError) as caught:
        stage.deployer.needs(stage.settings, stage.ctx)
    assert caught.value.reason == "deploy.yaml has no aws.execution_role_arn"
    assert len(caught.value.details) == 1
    assert stage.aws.world.calls == []


def test_another_registry_is_pulled_from_with_its_login(stage: EcsStage) -> None:
    registry = {"url": "ghcr.io", "repository": "org/helpdesk", "credentials_env_prefix": "GHCR"}
    stage.section = {"registry": registry}
    stage.variables |= {"GHCR_USERNAME": "tess", "GHCR_PASSWORD": SECRET}
    assert stage.deployer.needs(stage.settings, stage.ctx).registry
    made = stage.deployer.deploy(stage.spec, stage.ctx)
    container = stage.body["primaryContainer"]
    assert container["image"].startswith("ghcr.io/org/helpdesk@sha256:")
    parameter = container["repositoryCredentials"]["credentialsParameter"]
    assert json.loads(stage.aws.ecs.secret(parameter)) == {"username": "tess", "password": SECRET}
    assert SECRET not in stage.aws.world.bodies()
    assert stage.deployer.changes(stage.spec, stage.ctx) == []
    stage.deployer.destroy(made.ref, stage.ctx)
    assert stage.aws.client("secretsmanager").list_secrets()["SecretList"] == []


@pytest.mark.parametrize(
    ("registry", "login", "reason"),
    [
        # Logins are 4 and configuration is 2, so that a rehearsal needs no login.
        ("ghcr.io", {}, "there is no login for it"),
        ("127.0.0.1:5000", {}, "AWS cannot reach it"),
        ("localhost:5000", {}, "AWS cannot reach it"),
        ("10.1.2.3:5000", {}, "AWS cannot reach it"),
        (
            "europe-west1-docker.pkg.dev",
            {"HOLODECK_REGISTRY_USERNAME": "oauth2accesstoken", "HOLODECK_REGISTRY_PASSWORD": "ya29.token"},
            "a token that ends within hours",
        ),
    ],
)
def test_a_registry_that_ecs_cannot_pull_from_is_refused_before_anything_is_built(
    stage: EcsStage, registry: str, login: dict[str, str], reason: str
) -> None:
    stage.section = {"registry": {"url": registry, "repository": "org/helpdesk"}}
    stage.variables |= login
    with pytest.raises(DeploymentError) as caught:
        stage.deployer.needs(stage.settings, stage.ctx)
    unreachable = reason == "AWS cannot reach it"
    expected = ("registry-unpullable", 2) if unreachable else ("registry-unauthorized", 4)
    assert (caught.value.code, int(caught.value.exit_code)) == expected
    assert reason in caught.value.reason
    assert caught.value.remedy
    assert stage.aws.world.calls == []


@pytest.mark.parametrize("registry", [HOST, "public.ecr.aws"])
def test_ecr_needs_no_login(stage: EcsStage, registry: str) -> None:
    stage.section = {"registry": {"url": registry, "repository": "org/helpdesk"}}
    assert stage.deployer.needs(stage.settings, stage.ctx).registry


def test_going_back_is_a_new_revision_like_the_earlier_one(stage: EcsStage) -> None:
    stage.section = {"environment": {"GREETING": "one"}}
    first = stage.deployer.deploy(stage.spec, stage.ctx)
    stage.image, stage.section = "two", {"environment": {"GREETING": "two"}}
    second = stage.deployer.deploy(stage.spec, stage.ctx)
    listed = stage.deployer.revisions(second.ref, stage.ctx)
    assert [(each.name, each.active) for each in listed] == [(second.revision, True), (first.revision, False)]
    assert [str(each.image_uri).partition("@")[2] for each in listed] == [digest("two"), digest("one")]

    back = stage.deployer.rollback(second.ref, None, stage.ctx)
    assert back.ref.service_id == second.ref.service_id
    assert back.revision not in {first.revision, second.revision}
    assert back.image is not None
    assert back.image.digest == digest("one")
    assert stage.env["GREETING"] == "one"
    assert stage.body["healthCheckPath"] == "/health"
    assert stage.body["scalingTarget"]["maxTaskCount"] == 5
    assert "holodeck-version" not in stage.service.tags, "that was what is not there any more"
    forward = stage.deployer.rollback(back.ref, second.revision, stage.ctx)
    assert forward.image is not None
    assert forward.image.digest == digest("two")


def test_going_back_keeps_the_secret_as_it_is_now(stage: EcsStage) -> None:
    with_secret(stage, "canary-leaked-0001")
    stage.deployer.deploy(stage.spec, stage.ctx)
    with_secret(stage, "canary-rotated-002")
    stage.image = "two"
    second = stage.deployer.deploy(stage.spec, stage.ctx)
    stage.deployer.rollback(second.ref, None, stage.ctx)
    assert stage.body["primaryContainer"]["image"].endswith(digest("one"))
    assert stage.aws.ecs.secret(stage.refs["API_KEY"]) == "canary-rotated-002"


def test_going_back_passes_over_what_never_served(stage: EcsStage) -> None:
    stage.deployer.deploy(stage.spec, stage.ctx)
    stage.image = "two"
    second = stage.deployer.deploy(stage.spec, stage.ctx)
    stage.image = "three"
    stage.aws.world.endings.append(Ending("ECS_UPDATE", "ROLLBACK_SUCCESSFUL", 0.2))
    with pytest.raises(DeploymentError):
        stage.deployer.deploy(stage.spec, stage.ctx)
    back = stage.deployer.rollback(second.ref, None, stage.ctx)
    assert back.image is not None
    assert back.image.digest == digest("one")
    assert stage.deployer.get_status(back.ref, stage.ctx).state == "healthy"


def test_a_revision_that_is_not_known(stage: EcsStage) -> None:
    made = stage.deployer.deploy(stage.spec, stage.ctx)
    for wanted in (None, "42"):
        with pytest.raises(DeploymentError) as caught:
            stage.deployer.rollback(made.ref, wanted, stage.ctx)
        assert (caught.value.code, int(caught.value.exit_code)) == ("revision-unknown", 2)


def test_the_log_group_is_found_by_its_prefix(stage: EcsStage) -> None:
    prefix = "/aws/ecs/default/holodeck-helpdesk"
    before = time.time() - 3600
    stage.aws.write_log(f"{prefix}-prod-00ff", ["of another agent"])
    stage.aws.write_log(f"{prefix}-00gg", ["no hex digits"])
    stage.aws.write_log(f"{prefix}-abcdef", ["too many of them"])
    made = stage.deployer.deploy(stage.spec, stage.ctx)
    assert stage.service.group.startswith(f"{prefix}-")
    task = stage.service.tasks[-1]["taskArn"].rpartition("/")[2]
    stage.aws.write_log(stage.service.group, ["earlier"], moment=before, stream=f"ecs/Main/{task}")
    lines = list(stage.deployer.stream_logs(made.ref, LogQuery(), stage.ctx))
    assert [line.text for line in lines] == ["earlier", "standin: Application startup complete."]
    (last,) = stage.deployer.stream_logs(made.ref, LogQuery(tail=1), stage.ctx)
    assert last.text == "standin: Application startup complete."
    since = datetime.now(timezone.utc) - timedelta(minutes=5)
    assert len(list(stage.deployer.stream_logs(made.ref, LogQuery(since=since), stage.ctx))) == 1


def test_a_log_is_followed_from_before_its_group_is_there(stage: EcsStage) -> None:
    made = stage.deployer.deploy(stage.spec, stage.ctx)
    logs = stage.aws.client("logs")
    logs.delete_log_group(logGroupName=stage.service.group)
    timer = threading.Timer(
        0.5, lambda: stage.aws.write_log(stage.service.group, ["first"], stream="ecs/Main/1")
    )
    timer.start()
    follower = stage.deployer.stream_logs(made.ref, LogQuery(follow=True), stage.ctx)
    assert next(follower).text == "first"
    timer.join()
    stage.aws.world.rules += [
        Rule("error", "logs", "FilterLogEvents", times=4, code="ThrottlingException"),
        Rule("drop", "logs", "FilterLogEvents", times=4),
    ]
    stage.aws.write_log(stage.service.group, ["second", "third"], stream="ecs/Main/1")
    assert [next(follower).text for _ in range(2)] == ["second", "third"]


def test_what_ecs_itself_says_is_the_system_log(stage: EcsStage) -> None:
    made = stage.deployer.deploy(stage.spec, stage.ctx)
    lines = list(stage.deployer.stream_logs(made.ref, LogQuery(system=True), stage.ctx))
    assert [line.text.partition(") ")[2] for line in lines] == [
        "deployment started.",
        "has reached a steady state.",
    ]
    assert {line.source for line in lines} == {"ecs"}
    (last,) = stage.deployer.stream_logs(made.ref, LogQuery(system=True, tail=1), stage.ctx)
    assert last == lines[-1]


def test_active_is_not_healthy(stage: EcsStage) -> None:
    made = stage.deployer.deploy(stage.spec, stage.ctx)
    status = stage.deployer.get_status(made.ref, stage.ctx)
    assert (status.state, status.url, status.revision) == ("healthy", made.url, made.revision)
    assert status.image_uri == f"{HOST}/agents/helpdesk@{digest('one')}"
    stage.aws.ecs.down.add(stage.service.name)
    status = stage.deployer.get_status(made.ref, stage.ctx)
    assert (status.state, stage.service.status) == ("unhealthy", "ACTIVE")
    assert "none of its 1 tasks runs" in status.detail


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ("STUCK", "deploying"),
        ("STUCK-CANARY", "deploying"),
        ("ROLLBACK_SUCCESSFUL", "degraded"),
        ("STOPPED", "degraded"),
        ("ROLLBACK_FAILED", "failed"),
    ],
)
def test_status_is_judged_by_the_newest_deployment(stage: EcsStage, told: str, state: str) -> None:
    made = stage.deployer.deploy(stage.spec, stage.ctx)
    stage.aws.world.endings.append(Ending("ECS_UPDATE", told, 0.0, ["because"]))
    body = {**stage.body, "cpu": "512", "memory": "1024"}
    stage.aws.ecs.handle("UpdateExpressGatewayService", {**body, "serviceArn": stage.service.arn})
    status = stage.deployer.get_status(made.ref, stage.ctx)
    assert status.state == state
    assert status.revision == made.revision, "that one has the traffic"
    assert stage.service.status == "ACTIVE"
    if state != "deploying":
        assert "because" in status.detail


def test_deployments_that_ecs_has_forgotten(stage: EcsStage) -> None:
    made = stage.deployer.deploy(stage.spec, stage.ctx)
    service = stage.service
    service.rollouts.clear()
    service.created -= 200 * 24 * 3600
    status = stage.deployer.get_status(made.ref, stage.ctx)
    assert (status.state, status.revision) == ("healthy", made.revision)
    assert stage.deployer.changes(stage.spec, stage.ctx) == []
    assert stage.deployer.deploy(stage.spec, stage.ctx).revision == made.revision


def test_a_service_whose_first_deployment_is_not_listed_yet(stage: EcsStage) -> None:
    stage.aws.world.endings.append(Ending("ECS_CREATE", "STUCK", 20.0))
    stage.deployer = EcsExpressDeployer(replace(QUICK, start=0.1))  # type: ignore[assignment]
    with pytest.raises(DeploymentError):
        stage.deployer.deploy(stage.spec, stage.ctx)
    ref = stage.deployer.find(stage.settings, stage.ctx)
    assert ref is not None
    assert stage.deployer.get_status(ref, stage.ctx).state == "deploying"
    stage.service.rollouts.clear()
    (revision,) = stage.aws.ecs.revisions
    stage.service.active = revision
    stage.aws.ecs.revisions[revision].body["scalingTarget"]["minTaskCount"] = 0
    assert stage.deployer.get_status(ref, stage.ctx).state == "deploying"


def test_a_failure_long_after_the_last_success(stage: EcsStage) -> None:
    """ECS has forgotten the deployment that brought what serves."""
    made = stage.deployer.deploy(stage.spec, stage.ctx)
    stage.service.rollouts.clear()
    stage.service.created -= 200 * 24 * 3600
    stage.image = "two"
    stage.aws.world.endings.append(Ending("ECS_UPDATE", "ROLLBACK_SUCCESSFUL", 0.2))
    with pytest.raises(DeploymentError) as caught:
        stage.deployer.deploy(stage.spec, stage.ctx)
    assert f"The revision before it, {made.revision}, still serves." in caught.value.details
    status = stage.deployer.get_status(made.ref, stage.ctx)
    assert (status.state, status.revision) == ("degraded", made.revision)


def test_destroy_shows_and_removes_what_is_ours(stage: EcsStage) -> None:
    with_secret(stage)
    made = stage.deployer.deploy(stage.spec, stage.ctx)
    store = stage.aws.client("secretsmanager")
    store.create_secret(Name="holodeck/ecs/holodeck-helpdesk/BY_HAND", SecretString="x")
    planned = stage.deployer.plan_destroy(made.ref, stage.ctx)
    group = stage.service.group
    assert stage.service.status == "ACTIVE"
    done = stage.deployer.destroy(made.ref, stage.ctx)
    assert done == planned
    text = "\n".join(done.goes)
    assert made.ref.service_id in text
    assert "the secret holodeck/ecs/holodeck-helpdesk/API_KEY" in done.goes
    assert f"the log group {group}" in done.goes
    assert any("BY_HAND: it was not made by us" in each for each in done.stays)
    assert any("cluster default" in each for each in done.stays)
    assert [one["Name"] for one in store.list_secrets()["SecretList"]] == [
        "holodeck/ecs/holodeck-helpdesk/BY_HAND"
    ]
    assert stage.deployer.destroy(made.ref, stage.ctx).goes == ()


def test_a_delete_whose_answer_is_lost(stage: EcsStage) -> None:
    made = stage.deployer.deploy(stage.spec, stage.ctx)
    stage.aws.world.rules.append(Rule("drop-after", "ecs", "DeleteExpressGatewayService"))
    assert stage.deployer.destroy(made.ref, stage.ctx).goes
    assert stage.deployer.get_status(made.ref, stage.ctx).state == "missing"


def test_a_service_that_never_goes(stage: EcsStage) -> None:
    made = stage.deployer.deploy(stage.spec, stage.ctx)
    stage.aws.world.draining = True
    with pytest.raises(DeploymentError) as caught:
        stage.deployer.destroy(made.ref, stage.ctx)
    assert (caught.value.code, int(caught.value.exit_code)) == ("destroy-failed", 3)
    assert "to be removed" in str(caught.value) or "being removed" in str(caught.value)


def test_500_services_are_listed_in_few_calls(stage: EcsStage, capsys: pytest.CaptureFixture[str]) -> None:
    made = stage.deployer.deploy(stage.spec, stage.ctx)
    ecs, first = stage.aws.ecs, stage.service
    for number in range(499):
        name = f"holodeck-agent-{number}"
        arn = first.arn.replace(first.name, name)
        labels = {**first.tags, "holodeck-agent": f"agent-{number}"}
        ecs.services[arn] = Service(
            name, arn, "default", INFRASTRUCTURE, labels, first.group, first.agent, first.endpoint,
            active=first.active,
        )  # fmt: skip
    foreign = first.arn.replace(first.name, "holodeck-of-somebody")
    ecs.services[foreign] = Service(
        "holodeck-of-somebody", foreign, "default", INFRASTRUCTURE, {}, first.group, first.agent, ""
    )
    stage.aws.world.latency = 0.05
    stage.aws.world.calls.clear()
    began = time.monotonic()
    listed = stage.deployer.list(f"aws:{REGION}", stage.ctx)
    took = time.monotonic() - began
    calls = len(stage.aws.world.calls)
    with capsys.disabled():
        print(f"\n500 services of ECS: {calls} calls, {took:.2f} s at 50 ms latency")
    assert len(listed) == 500
    assert calls == 6 + 51, "pages of 100 names and of 10 services"
    assert made.ref in {status.ref for status in listed}
    assert took < 10, "a call a service would take 25 s"
    assert {(status.state, status.url, status.image_uri) for status in listed} == {(None, None, None)}


def test_empty_pages_are_not_the_end(stage: EcsStage) -> None:
    stage.aws.world.empty_pages = True
    made = stage.deployer.deploy(stage.spec, stage.ctx)
    assert [status.ref for status in stage.deployer.list(f"aws:{REGION}", stage.ctx)] == [made.ref]
    assert stage.deployer.get_status(made.ref, stage.ctx).state == "healthy"


def test_an_update_of_only_the_settings_is_told_property_by_property(stage: EcsStage) -> None:
    stage.section = {"environment": {"GREETING": "hello", "GONE": "x"}}
    stage.deployer.deploy(stage.spec, stage.ctx)
    stage.section = {"port": 9000, "environment": {"GREETING": "bye"}}
    stage.target = {"cpu": "2 vCPU", "memory": "4 GB", "auto_scaling_max": 9}
    found = {
        change.path: (change.before, change.after) for change in stage.deployer.changes(stage.spec, stage.ctx)
    }
    assert found.pop("environment.HOLODECK_PORT") == ("8080", "9000")
    assert found == {
        "port": (8080, 9000),
        "cpu": (1024, 2048),
        "memory": (2048, 4096),
        "auto_scaling_max": (5, 9),
        "environment.GREETING": ("hello", "bye"),
        "environment.GONE": ("x", None),
    }


def test_the_target_aws_finds_the_service_by_its_arn(stage: EcsStage) -> None:
    made = stage.deployer.deploy(stage.spec, stage.ctx)
    aws = AwsDeployer()
    assert aws.find(stage.settings, stage.ctx) == made.ref
    assert aws.get_status(made.ref, stage.ctx).state == "healthy"
    assert [status.ref for status in aws.list(f"aws:{REGION}", stage.ctx)] == [made.ref]


def _role(stage: EcsStage, arn: str, principal: str, policy: str) -> None:
    iam = stage.aws.client("iam")
    path, _, name = arn.partition(":role/")[2].rpartition("/")
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": principal}, "Action": "sts:AssumeRole"}],
    }
    iam.create_role(
        RoleName=name, Path=f"/{path}/" if path else "/", AssumeRolePolicyDocument=json.dumps(trust)
    )
    made = iam.create_policy(
        PolicyName=policy,
        PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ecs:*", "Resource": "*"}]}
        ),
    )
    iam.attach_role_policy(RoleName=name, PolicyArn=made["Policy"]["Arn"])


def test_doctor_looks_at_roles_cluster_and_registry(stage: EcsStage) -> None:
    def look() -> dict[str, tuple[str, str, str]]:
        found = stage.deployer.examine(stage.settings, None, stage.ctx)
        return {check.name: (check.status, check.detail, check.remedy) for check in found}

    checks = look()
    assert checks["aws sdk"][0] == checks["aws identity"][0] == "ok"
    assert ACCOUNT in checks["aws identity"][1]
    assert checks["aws ecs-express"][:2] == ("ok", f"the cluster default is there in {REGION}")
    assert checks["aws ecs-express quota"][:2] == (
        "ok",
        f"0 of 5000 services of the cluster in {REGION} are used",
    )
    assert checks["aws infrastructure_role_arn"][0] == "fail"
    _role(stage, INFRASTRUCTURE, "ecs.amazonaws.com", "AmazonECSInfrastructureRoleforExpressGatewayServices")
    _role(stage, EXECUTION, "ecs-tasks.amazonaws.com", "SomethingElse")
    checks = look()
    assert checks["aws infrastructure_role_arn"][0] == "ok"
    assert checks["aws execution_role_arn"][0] == "warn"
    assert checks["aws execution_role_arn"][2] == (
        "aws iam attach-role-policy --role-name ecsTaskExecutionRole "
        "--policy-arn arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
    )
    assert checks["aws ecs-express pull"][:2] == ("ok", "the execution role pulls from ECR")
    assert checks["aws ecr"][0] == "warn"
    stage.aws.ecs.clusters.clear()
    stage.overlay = {"aws": {"service": "ecs-express"}}
    checks = look()
    assert checks["aws ecs-express"][1] == f"the first deploy makes the cluster default in {REGION}"
    assert checks["aws ecs-express roles"][0] == "fail"


def test_status_of_what_was_never_there(stage: EcsStage) -> None:
    nothing = ServiceRef("aws", "", "holodeck-nothing", f"aws:{REGION}", "nothing")
    assert stage.deployer.get_status(nothing, stage.ctx).state == "missing"
    with pytest.raises(DeploymentError) as caught:
        list(stage.deployer.stream_logs(nothing, LogQuery(), stage.ctx))
    assert caught.value.code == "not-deployed"


def test_what_a_failed_first_deploy_left_can_be_destroyed(stage: EcsStage) -> None:
    with_secret(stage)
    refusal = Rule(
        "error", "ecs", "CreateExpressGatewayService", code="InvalidParameterException", message="no"
    )
    stage.aws.world.rules.append(refusal)
    with pytest.raises(DeploymentError) as caught:
        stage.deployer.deploy(stage.spec, stage.ctx)
    assert caught.value.code == "deploy-failed"
    aws = AwsDeployer()
    ref = aws.find(stage.settings, stage.ctx)
    assert ref is not None
    status = aws.get_status(ref, stage.ctx)
    assert status.state == "missing"
    assert "destroy" in status.detail
    assert aws.destroy(ref, stage.ctx).goes == ("the secret holodeck/ecs/holodeck-helpdesk/API_KEY",)
    assert aws.find(stage.settings, stage.ctx) is None


def test_who_moves_from_app_runner_keeps_the_secrets_of_both(stage: EcsStage, tmp_path: Path) -> None:
    before = Stage(stage.aws, tmp_path / "before")
    for each in (before, stage):
        each.variables["API_KEY"] = SECRET
        each.section = {"environment": {"API_KEY": "${API_KEY}"}}
    old = before.deployer.deploy(before.spec, before.ctx)
    new = stage.deployer.deploy(stage.spec, stage.ctx)
    assert old.ref.name == new.ref.name
    listed = AwsDeployer().list(f"aws:{REGION}", stage.ctx)
    assert {status.ref.service_id for status in listed} == {old.ref.service_id, new.ref.service_id}
    AwsDeployer().destroy(old.ref, stage.ctx)
    assert stage.aws.ecs.secret(stage.refs["API_KEY"]) == SECRET
    assert stage.deployer.get_status(new.ref, stage.ctx).state == "healthy"

"""Deploys by the real SDK to an Azure that is held to Microsoft's models, and each trap of it."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.events import Waiting
from tests.contract.azure.support import HOST, IDENTITY, Stage, digest
from tests.contract.azure.world import ENVIRONMENT, GROUP, SUBSCRIPTION

pytestmark = pytest.mark.contract


def test_a_new_app_says_all_that_the_settings_say(stage: Stage) -> None:
    stage.env = {"PLAIN": "as it is", "FROM_SHELL": "x-${REGION}"}
    stage.variables = {"REGION": "north"}
    stage.target = {"cpu": 0.75, "memory": "1.5Gi", "min_replicas": 2, "max_replicas": 4}
    stage.section = {"port": 9000}
    stage.overlay = {"health": {"timeout": 60, "path": "/well"}}
    made = stage.deploy()
    assert (made.state, made.revision) == ("healthy", "helpdesk--r1")
    assert made.url is not None
    assert made.url.startswith("http://127.0.0.1:")
    (body,) = stage.sent("PUT")
    facts = body["properties"]
    assert facts["environmentId"].endswith(f"/managedEnvironments/{ENVIRONMENT}")
    (container,) = facts["template"]["containers"]
    assert container["image"] == f"{HOST}/team/helpdesk@{digest('one')}"
    assert container["resources"] == {"cpu": 0.75, "memory": "1.5Gi"}
    env = {one["name"]: one.get("value") for one in container["env"]}
    assert (env["PLAIN"], env["FROM_SHELL"], env["HOLODECK_PORT"]) == ("as it is", "x-north", "9000")
    assert facts["template"]["scale"] == {"minReplicas": 2, "maxReplicas": 4}
    probes = {one["type"]: one for one in container["probes"]}
    assert probes["Startup"]["httpGet"] == {"path": "/well", "port": 9000, "scheme": "HTTP"}
    assert probes["Startup"]["periodSeconds"] * probes["Startup"]["failureThreshold"] == 60
    assert probes["Readiness"]["httpGet"]["path"] == "/ready"
    configuration = facts["configuration"]
    assert configuration["ingress"]["targetPort"] == 9000
    assert configuration["ingress"]["external"] is True
    assert configuration["registries"] == [{"server": HOST, "identity": IDENTITY}]
    assert body["identity"] == {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}}
    tags = body["tags"]
    assert (tags["managed-by"], tags["holodeck-agent"], tags["holodeck-version"]) == (
        "holodeck",
        "helpdesk",
        "one",
    )
    assert len(tags["holodeck-content-hash"]) == 64


def test_an_unchanged_deploy_sends_nothing(stage: Stage) -> None:
    first = stage.deploy()
    assert stage.deployer.changes(stage.spec, stage.ctx) == []
    assert stage.deploy() == first
    assert len(stage.sent("PUT")) == 1


def test_what_is_not_of_the_template_makes_no_revision(stage: Stage) -> None:
    stage.deploy()
    stage.section = {"port": 8080}
    stage.options = {"ingress_external": False}
    stage.deploy()
    assert [one.name for one in stage.app.revisions] == ["helpdesk--r1"]
    assert stage.app.body["properties"]["configuration"]["ingress"]["external"] is False


def test_a_changed_image_makes_the_next_revision(stage: Stage) -> None:
    stage.deploy()
    stage.image = "two"
    paths = [change.path for change in stage.deployer.changes(stage.spec, stage.ctx)]
    assert paths[0] == "image"
    assert stage.deploy().revision == "helpdesk--r2"
    assert [one.active for one in stage.app.revisions] == [False, True]


def test_succeeded_says_nothing_of_a_container_that_crashes(stage: Stage) -> None:
    stage.deploy()
    stage.image, stage.env = "two", {"STANDIN": "crash", "STANDIN_NAME": "two"}
    with pytest.raises(DeploymentError) as caught:
        stage.deploy()
    assert stage.app.provisioning == "Succeeded"
    error = caught.value
    assert (error.code, error.exit_code) == ("unhealthy", 5)
    assert "helpdesk--r2" in error.message
    assert "CrashLoopBackOff" in error.reason
    assert any("last words 29" in line for line in error.details)
    assert error.details[-1] == "The revision before it, helpdesk--r1, still serves."
    status = stage.status()
    assert (status.state, status.revision) == ("degraded", "helpdesk--r1")
    assert "helpdesk--r1 still serves" in status.detail
    assert "CrashLoopBackOff" in status.detail
    # The next deploy of the same tries again and does not take it for done.
    with pytest.raises(DeploymentError):
        stage.deploy()
    assert stage.app.revisions[-1].name == "helpdesk--r3"


def test_a_first_revision_that_crashes_is_no_service(stage: Stage) -> None:
    stage.world.faults.crash = True
    with pytest.raises(DeploymentError) as caught:
        stage.deploy()
    assert caught.value.code == "unhealthy"
    assert not any("still serves" in line for line in caught.value.details)
    assert stage.status().state == "failed"
    stage.world.faults.crash = False
    assert stage.deploy().state == "healthy"
    assert stage.status().state == "healthy"


def test_running_says_nothing_while_the_operation_runs(stage: Stage) -> None:
    stage.deploy()
    ref = stage.find()
    stage.world.faults.stuck = True
    stage.image = "two"
    run = threading.Thread(target=cancelled, args=(stage,), daemon=True)
    run.start()
    wait(lambda: stage.app.provisioning == "InProgress")
    assert stage.deployer.get_status(ref, stage.ctx).state == "deploying"
    (listed,) = stage.deployer.list(f"azure:{SUBSCRIPTION}/{GROUP}", stage.ctx)
    assert listed.state == "deploying"
    stage.ctx.cancel.cancel()
    run.join(5)
    assert not run.is_alive()


def test_a_slow_revision_is_waited_for_and_a_stuck_one_ends_in_time(stage: Stage) -> None:
    stage.world.faults.starting = 0.6
    assert stage.deploy().state == "healthy"
    assert any("processing" in line for line in stage.said)
    stage.world.faults.starting = 30.0
    stage.image, stage.overlay = "two", {"health": {"timeout": 1}}
    with pytest.raises(DeploymentError) as caught:
        stage.deploy()
    assert caught.value.code == "unhealthy"
    assert "after 1 s" in caught.value.reason
    waits = [one.what for one in stage.events if isinstance(one, Waiting)]
    assert "the revision helpdesk--r2 to be healthy" in waits


def test_a_revision_that_starts_still_is_taken_up_and_not_made_again(stage: Stage) -> None:
    stage.world.faults.starting = 1.0
    stage.overlay = {"health": {"timeout": 0.3}}
    with pytest.raises(DeploymentError):
        stage.deploy()
    stage.overlay = {"health": {"timeout": 5}}
    stage.section = {}
    # The other probes make it another template, so the timeout is put back to what was sent.
    stage.overlay = {"health": {"timeout": 0.9}}
    assert stage.deploy().revision == "helpdesk--r1"
    assert len(stage.sent("PUT")) == 1


@pytest.mark.parametrize(
    ("why", "remedy"), [("UNAUTHORIZED", "identity"), ("MANIFEST_UNKNOWN", "holodeck-deploy-tui push")]
)
def test_an_image_that_cannot_be_pulled_fails_the_operation_and_makes_no_revision(
    stage: Stage, why: str, remedy: str
) -> None:
    stage.deploy()
    stage.image = "two"
    stage.world.faults.pull = why
    with pytest.raises(DeploymentError) as caught:
        stage.deploy()
    assert (caught.value.code, caught.value.exit_code) == ("image-pull", 3)
    assert why in caught.value.reason
    assert remedy in caught.value.remedy
    # A failed operation comes as an error whose HTTP status is 200.
    cause: Any = caught.value.__cause__
    assert (cause.status_code, cause.error.code) == (200, "ContainerAppOperationError")
    assert [one.name for one in stage.app.revisions] == ["helpdesk--r1"]
    status = stage.status()
    assert (status.state, status.revision) == ("degraded", "helpdesk--r1")
    stage.world.faults.pull = ""
    assert stage.deploy().revision == "helpdesk--r2"


def test_operations_are_asked_at_our_pace_though_azure_names_none(stage: Stage) -> None:
    began = time.monotonic()
    stage.deploy()
    # Microsoft's package would ask every 30 seconds.
    assert time.monotonic() - began < 10
    assert [path for _, path, _, _ in stage.world.requests if "OperationStatuses" in path]


def test_a_busy_app_is_waited_for(stage: Stage) -> None:
    stage.deploy()
    stage.image = "two"
    stage.world.faults.busy = 3
    assert stage.deploy().revision == "helpdesk--r2"
    assert len(stage.sent("PUT")) == 5
    waits = [one.what for one in stage.events if isinstance(one, Waiting)]
    assert "another operation on helpdesk to end" in waits


def test_an_app_that_stays_busy_says_so(stage: Stage) -> None:
    from holodeck_tui.deployers.azure.errors import Task
    from holodeck_tui.deployers.azure.operations import settled, when_free
    from holodeck_tui.deployers.azure.place import place_of

    stage.deploy()
    place = place_of(stage.settings)
    azure = stage.deployer._open(place, stage.ctx)
    stage.world.faults.busy = 1000
    task = Task("helpdesk could not be removed.", "destroy-failed")

    def act() -> object:
        return azure.ask(task, lambda: azure.sdk.container_apps.begin_delete(GROUP, "helpdesk", **azure.call))

    with pytest.raises(DeploymentError) as caught:
        when_free(azure, place, "helpdesk", act, step="run", seconds=0.3)
    assert caught.value.code == "busy"
    stage.world.faults.busy = 0
    stage.app.provisioning = "InProgress"
    with pytest.raises(DeploymentError) as caught:
        settled(azure, place, "helpdesk", step="run", seconds=0.2)
    assert (caught.value.code, caught.value.exit_code) == ("busy", 3)


def test_an_operation_that_an_earlier_run_left_is_taken_up(stage: Stage) -> None:
    stage.world.faults.stuck = True
    run = threading.Thread(target=cancelled, args=(stage,), daemon=True)
    run.start()
    wait(lambda: (GROUP, "helpdesk") in stage.world.apps)
    stage.ctx.cancel.cancel()
    run.join(5)
    again = Stage(stage.azure, stage.folder)
    threading.Timer(0.4, lambda: setattr(stage.world.faults, "stuck", False)).start()
    assert again.deploy().revision == "helpdesk--r1"
    assert len(again.sent("PUT")) == 1
    waits = [one.what for one in again.events if isinstance(one, Waiting)]
    assert "the operation that already runs on helpdesk" in waits


def test_a_cut_connection_in_the_middle_starts_no_second_operation(stage: Stage) -> None:
    stage.world.faults.seconds = 1.0
    stage.world.faults.dropped_polls = 7
    assert stage.deploy().state == "healthy"
    assert len(stage.sent("PUT")) == 1
    assert any("is watched again" in line for line in stage.said)


def test_a_subscription_that_is_not_registered_is_registered_first(stage: Stage) -> None:
    stage.world.registered = False
    assert stage.deploy().state == "healthy"
    assert len(stage.sent("POST", "/providers/Microsoft.App/register")) == 1
    assert len(stage.sent("PUT")) == 2
    assert ("register provider", {"provider": "Microsoft.App"}) in stage.journal.lines


def test_throttling_outages_and_lagging_reads_are_sat_out(stage: Stage) -> None:
    stage.world.faults.throttled = 1
    stage.world.faults.unavailable = 2
    stage.world.faults.lag = 3
    stage.world.faults.dropped = 1
    assert stage.deploy().state == "healthy"
    assert any("not there yet" in line for line in stage.said)


def test_without_a_replica_there_is_no_health_and_yet_it_is_up(stage: Stage) -> None:
    stage.target = {"min_replicas": 0}
    stage.world.faults.scaled_to_zero = True
    assert stage.deploy().state == "healthy"
    assert stage.status().state == "healthy"


def test_an_app_of_somebody_else_is_not_overwritten(stage: Stage) -> None:
    stage.deploy()
    stage.app.body["tags"] = {"team": "other"}
    assert stage.deployer.find(stage.settings, stage.ctx) is None
    with pytest.raises(DeploymentError) as caught:
        stage.deploy()
    assert caught.value.code == "deploy-failed"
    assert "did not make it" in caught.value.reason


def test_what_others_set_on_the_app_stays(stage: Stage) -> None:
    stage.deploy()
    ingress = stage.app.body["properties"]["configuration"]["ingress"]
    ingress["customDomains"] = [{"name": "agent.example.com", "bindingType": "SniEnabled"}]
    stage.app.body["tags"]["cost-centre"] = "42"
    other = IDENTITY.replace("puller", "other")
    stage.app.body["identity"]["userAssignedIdentities"][other] = {}
    assert stage.deployer.changes(stage.spec, stage.ctx) == []
    stage.image = "two"
    stage.deploy()
    body = stage.sent("PUT")[-1]
    assert body["properties"]["configuration"]["ingress"]["customDomains"][0]["name"] == "agent.example.com"
    assert body["tags"]["cost-centre"] == "42"
    assert set(body["identity"]["userAssignedIdentities"]) == {IDENTITY, other}


def test_an_app_does_not_move(stage: Stage) -> None:
    stage.deploy()
    stage.target = {"location": "westeurope"}
    with pytest.raises(DeploymentError) as caught:
        stage.deploy()
    assert caught.value.code == "config-invalid"
    assert "eastus" in caught.value.remedy


def test_the_environment_is_found_or_made_where_that_is_asked_for(stage: Stage) -> None:
    stage.target = {"environment_name": None}
    assert stage.deploy().state == "healthy"
    stage.world.make_environment(GROUP, "second")
    with pytest.raises(DeploymentError, match="second, shared"):
        stage.deploy()
    stage.target = {"environment_name": "third"}
    with pytest.raises(DeploymentError) as caught:
        stage.deploy()
    assert caught.value.code == "config-invalid"
    assert "create_environment: true" in caught.value.remedy
    other = Stage(
        stage.azure, stage.folder.parent / "other", agent="other", target={"environment_name": "third"}
    )
    other.options = {"create_environment": True}
    assert other.deploy().state == "healthy"
    assert other.world.environments[GROUP, "third"]["tags"] == {"managed-by": "holodeck"}


def test_memory_is_twice_the_cpu_for_azure_too(stage: Stage) -> None:
    spec = stage.spec
    azure = spec.settings.deployment.target.azure  # type: ignore[union-attr]
    object.__setattr__(azure, "memory", "4Gi")
    with pytest.raises(DeploymentError, match="memory is twice the cpu"):
        stage.deployer.deploy(spec, stage.ctx)


def test_a_stopped_app_is_started_by_a_deploy(stage: Stage) -> None:
    stage.deploy()
    assert stage.deployer.pause(stage.find(), stage.ctx).state == "stopped"
    assert stage.status().state == "stopped"
    assert stage.deploy().state == "healthy"
    assert stage.status().state == "healthy"
    stage.deployer.pause(stage.find(), stage.ctx)
    assert stage.deployer.resume(stage.find(), stage.ctx).state == "healthy"


def test_cancelling_ends_the_wait_and_says_that_azure_goes_on(stage: Stage) -> None:
    stage.world.faults.stuck = True
    threading.Timer(0.5, stage.ctx.cancel.cancel).start()
    began = time.monotonic()
    with pytest.raises(DeploymentError) as caught:
        stage.deploy()
    assert time.monotonic() - began < 10
    assert caught.value.code == "interrupted"
    assert "goes on in Azure" in caught.value.details[0]


def test_no_secret_is_in_what_azure_is_told_beside_the_secrets(stage: Stage) -> None:
    stage.env = {"DATABASE_URL": "postgres://u:${DB_PASSWORD}@db/x", "API_TOKEN": "${API_TOKEN}"}
    stage.variables = {"DB_PASSWORD": "canary-one-of-azure", "API_TOKEN": "canary-two-of-azure"}
    stage.deploy()
    (body,) = stage.sent("PUT")
    secrets = body["properties"]["configuration"].pop("secrets")
    assert "canary" not in json.dumps(body)
    values = {one["name"]: one["value"] for one in secrets}
    assert values["env-database-url"] == "postgres://u:canary-one-of-azure@db/x"
    assert values["env-api-token"] == "canary-two-of-azure"
    assert not any("canary" in str(one) for one in [*stage.events, *stage.journal.lines])


def cancelled(stage: Stage) -> None:
    with pytest.raises(DeploymentError, match="Interrupted"):
        stage.deploy()


def wait(ready: Any, seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end
        time.sleep(0.02)

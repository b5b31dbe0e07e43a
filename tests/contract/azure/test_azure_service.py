"""Rollback, traffic, listing, destroying and looking at what is needed, against an Azure of the tests' own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.azure import listing
from holodeck_tui.deployers.azure.client import open_azure
from tests.contract.azure.support import Stage, digest
from tests.contract.azure.world import GROUP, SUBSCRIPTION

pytestmark = pytest.mark.contract
SCOPE = f"azure:{SUBSCRIPTION}/{GROUP}"


def three(stage: Stage) -> None:
    """Three versions, the third of which crashes."""
    for image in ("one", "two"):
        stage.image, stage.env = image, {"STANDIN_NAME": image}
        stage.deploy()
    stage.image, stage.env = "three", {"STANDIN_NAME": "three", "STANDIN": "crash"}
    with pytest.raises(DeploymentError):
        stage.deploy()


def test_back_to_the_one_before_the_one_that_serves(stage: Stage) -> None:
    three(stage)
    made = stage.deployer.rollback(stage.find(), None, stage.ctx)
    assert made.revision == "helpdesk--r4"
    assert made.image is not None
    assert made.image.digest == digest("one")
    serving = stage.app.serving
    assert serving is not None
    assert serving.env["STANDIN_NAME"] == "one"
    # What was deployed last is not what runs, so the next deploy has something to do.
    assert "holodeck-content-hash" not in stage.app.body["tags"]
    assert stage.deployer.find(stage.settings, stage.ctx) is not None


def test_back_to_a_named_one(stage: Stage) -> None:
    three(stage)
    names = [one.name for one in stage.deployer.revisions(stage.find(), stage.ctx)]
    assert names == ["helpdesk--r3", "helpdesk--r2", "helpdesk--r1"]
    active = [one.name for one in stage.deployer.revisions(stage.find(), stage.ctx) if one.active]
    assert active == ["helpdesk--r2"]
    stage.deployer.rollback(stage.find(), "r1", stage.ctx)
    assert stage.app.serving is not None
    assert stage.app.serving.env["STANDIN_NAME"] == "one"
    with pytest.raises(DeploymentError) as caught:
        stage.deployer.rollback(stage.find(), "r9", stage.ctx)
    assert caught.value.code == "revision-unknown"


def test_a_first_revision_has_none_before_it(stage: Stage) -> None:
    stage.deploy()
    with pytest.raises(DeploymentError) as caught:
        stage.deployer.rollback(stage.find(), None, stage.ctx)
    assert (caught.value.code, caught.value.exit_code) == ("revision-unknown", 2)


def test_going_back_needs_the_secrets_of_then(stage: Stage) -> None:
    stage.env, stage.variables = {"API_TOKEN": "${API_TOKEN}"}, {"API_TOKEN": "first-value"}
    stage.deploy()
    stage.env = {}
    stage.deploy()
    with pytest.raises(DeploymentError) as caught:
        stage.deployer.rollback(stage.find(), None, stage.ctx)
    assert caught.value.code == "rollback-failed"
    assert "env-api-token" in caught.value.reason


def test_traffic_is_split_as_deploy_yaml_says(stage: Stage) -> None:
    stage.deploy()
    stage.image = "two"
    stage.options = {"traffic": {"r1": 80, "latest": 20}}
    stage.deploy()
    weights = {one.name: one.weight for one in stage.app.revisions}
    assert weights == {"helpdesk--r1": 80, "helpdesk--r2": 20}
    assert stage.deployer.changes(stage.spec, stage.ctx) == []
    status = stage.status()
    assert (status.state, status.revision) == ("healthy", "helpdesk--r1")
    made = stage.deployer.rollback(stage.find(), "r1", stage.ctx)
    assert made.revision == "helpdesk--r1"
    stage.world.advance()
    assert {one.name: one.weight for one in stage.app.revisions} == {"helpdesk--r1": 100, "helpdesk--r2": 0}
    assert stage.status().revision == "helpdesk--r1"
    assert len(stage.sent("PATCH")) == 1
    stage.options = {"traffic": {"r7": 100}}
    with pytest.raises(DeploymentError) as caught:
        stage.deploy()
    assert caught.value.code == "revision-unknown"


def test_a_list_asks_once_a_page_and_leaves_others_out(stage: Stage) -> None:
    stage.deploy()
    template = stage.app
    for number in range(249):
        name = f"agent-{number}"
        tags = {"managed-by": "holodeck", "holodeck-agent": name} if number < 200 else {"team": "other"}
        body = {**template.body, "tags": tags}
        other = type(template)(name, GROUP, body, template.fqdn, template.created, provisioning="Succeeded")
        stage.world.apps[GROUP, name] = other
    stage.world.requests.clear()
    stage.world.faults.empty_pages = 1
    azure = open_azure(SUBSCRIPTION, stage.ctx)
    assert azure.sdk._config.api_version == listing._API, "what is read has the form of the package's models"
    found = stage.deployer.list(SCOPE, stage.ctx)
    assert len(found) == 201
    assert len(stage.world.requests) == 4
    (own,) = [one for one in found if one.ref.name == "helpdesk"]
    assert (own.ref.agent, own.ref.scope, own.url) == ("helpdesk", SCOPE, f"http://{template.fqdn}")
    # "Succeeded" does not say that it runs, so a list does not either.
    assert own.state is None


def test_a_list_of_500_is_quick_and_brings_no_other_cloud(stage: Stage) -> None:
    """By the real command, with 50 ms for every answer."""
    stage.deploy()
    template = stage.app
    for number in range(499):
        tags = {"managed-by": "holodeck", "holodeck-agent": f"agent-{number}"}
        body = {**template.body, "tags": tags}
        other = type(template)(f"agent-{number}", GROUP, body, template.fqdn, template.created)
        other.provisioning = "Succeeded"
        stage.world.apps[GROUP, f"agent-{number}"] = other
    stage.world.requests.clear()
    stage.world.faults.latency = 0.05
    program = (
        "import sys, time, json; from holodeck_tui.core.context import Context\n"
        "from holodeck_tui.pipeline.listing import list_deployments\n"
        "from pathlib import Path; began = time.monotonic()\n"
        f"found = list_deployments(['{SCOPE}'], Context(), home=Path('{stage.folder}'))\n"
        "others = [n for n in sys.modules if n.partition('.')[0] in {'boto3', 'botocore', 'google', 'docker'}]\n"
        "print(json.dumps([len(found.deployments), time.monotonic() - began, others]))"
    )
    environ = {**os.environ, **stage.azure.environ}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environ, capture_output=True, text=True, timeout=60, check=True
    )
    count, seconds, others = json.loads(done.stdout)
    print(f"500 apps in {seconds:.2f} s with {len(stage.world.requests)} calls")
    assert (count, len(stage.world.requests), others) == (500, 5, [])
    assert seconds < 10


def test_a_list_of_a_group_that_does_not_answer_ends_soon(stage: Stage) -> None:
    stage.world.faults.dropped = 1000
    began = time.monotonic()
    with pytest.raises(DeploymentError) as caught:
        stage.deployer.list(SCOPE, stage.ctx)
    assert caught.value.code == "network"
    assert time.monotonic() - began < 5


def test_destroy_says_what_goes_and_twice_is_fine(stage: Stage) -> None:
    stage.deploy()
    ref = stage.find()
    found = stage.deployer.plan_destroy(ref, stage.ctx)
    assert found.goes == ("the app helpdesk in agents", "its revision", "its secrets env-anthropic-api-key")
    assert found.stays[0] == "the environment shared (other apps may run in it)"
    assert stage.world.apps
    stage.world.faults.busy = 1
    assert stage.deployer.destroy(ref, stage.ctx) == found
    assert stage.world.apps == {}
    assert ("delete app: done", {}) in stage.journal.lines
    assert stage.deployer.destroy(ref, stage.ctx).goes == ()
    assert stage.deployer.get_status(ref, stage.ctx).state == "missing"
    stage.world.groups.clear()
    assert stage.deployer.destroy(ref, stage.ctx).goes == ()
    assert stage.deployer.get_status(ref, stage.ctx).state == "missing"


def test_what_does_not_carry_our_tag_is_not_destroyed(stage: Stage) -> None:
    stage.deploy()
    ref = stage.find()
    stage.app.body["tags"] = {}
    assert stage.deployer.plan_destroy(ref, stage.ctx).goes == ()
    with pytest.raises(DeploymentError) as caught:
        stage.deployer.destroy(ref, stage.ctx)
    assert caught.value.code == "destroy-failed"
    assert stage.world.apps


def test_two_environments_are_two_apps(stage: Stage) -> None:
    (stage.folder).mkdir(exist_ok=True)
    stage.overlay = {"environments": {"staging": {}}}
    first = stage.deploy()
    stage.environment = "staging"
    second = stage.deploy()
    assert first.ref.name != second.ref.name
    assert second.ref.environment == "staging"
    assert stage.world.apps[GROUP, second.ref.name].body["tags"]["holodeck-environment"] == "staging"


def test_doctor_looks_at_all_that_a_deploy_needs(stage: Stage) -> None:
    checks = {one.name: one for one in stage.deployer.examine(stage.settings, None, stage.ctx)}
    assert {name: one.status for name, one in checks.items() if one.status != "ok"} == {}
    assert len(checks) == 9
    stage.world.faults.used_up = True
    checks = {one.name: one for one in stage.deployer.examine(stage.settings, None, stage.ctx)}
    assert checks["azure quota"].status == "warn"
    assert checks["azure quota"].detail == "used up: ManagedEnvironmentCount"
    stage.world.faults.no_usages = True
    checks = {one.name: one for one in stage.deployer.examine(stage.settings, None, stage.ctx)}
    assert checks["azure quota"].status == "warn", "who may deploy need not be allowed to look at quotas"
    assert checks["azure quota"].remedy.startswith("az containerapp list-usages --location ")
    stage.world.registered = False
    stage.target = {"environment_name": "none"}
    checks = {one.name: one for one in stage.deployer.examine(stage.settings, None, stage.ctx)}
    assert checks["azure registration"].status == "warn"
    assert checks["azure environment"].status == "fail"
    assert "create_environment" in checks["azure environment"].remedy
    stage.world.groups.clear()
    checks = {one.name: one for one in stage.deployer.examine(None, SCOPE, stage.ctx)}
    assert [*checks][-1] == "azure group"
    assert checks["azure group"].remedy.startswith("az group create")

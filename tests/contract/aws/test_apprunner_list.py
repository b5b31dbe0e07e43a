"""``list``: by tag, by page, without local files, in time."""

from __future__ import annotations

import time
import uuid

import pytest

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.aws.deployer import AwsDeployer
from tests.contract.aws.apprunner import ARN
from tests.contract.aws.support import Stage
from tests.contract.aws.world import Rule

pytestmark = pytest.mark.contract

SCOPE = "aws:eu-west-1"


def fill(stage: Stage, count: int, *, ours: bool = True) -> None:
    """Services that are there, without an address of their own."""
    machine = stage.aws.apprunner
    for number in range(count):
        name = f"holodeck-agent-{number}" if ours else f"other-{number}"
        service_id = uuid.uuid4().hex
        arn = f"{ARN}service/{name}/{service_id}"
        machine.services[arn] = {
            "ServiceName": name,
            "ServiceId": service_id,
            "ServiceArn": arn,
            "ServiceUrl": f"{service_id[:10]}.eu-west-1.awsapprunner.com",
            "CreatedAt": time.time() - 60,
            "UpdatedAt": time.time() - 60,
            "Status": "RUNNING",
            "SourceConfiguration": {},
            "InstanceConfiguration": {},
            "NetworkConfiguration": {},
            "AutoScalingConfigurationSummary": {"AutoScalingConfigurationArn": ""},
        }
        machine.operations[arn] = []
        tags = {"managed-by": "holodeck", "holodeck-agent": f"agent-{number}"}
        machine.tags[arn] = tags if ours else {}


def test_what_is_listed_is_ours_and_says_no_more_than_is_known(stage: Stage) -> None:
    made = stage.deployer.deploy(stage.spec, stage.ctx)
    fill(stage, 3, ours=False)
    (found,) = AwsDeployer().list(SCOPE, stage.ctx)
    assert found.ref == made.ref
    assert found.url == made.url
    assert found.state is None, "RUNNING says nothing of how the last change ended"
    assert "RUNNING" in found.detail
    assert (found.revision, found.image_uri) == (None, None)
    stage.deployer.pause(made.ref, stage.ctx)
    (found,) = AwsDeployer().list(SCOPE, stage.ctx)
    assert found.state == "stopped"


def test_five_hundred_services_in_time_and_in_few_calls(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(stage, 500)
    stage.aws.world.latency = 0.05
    stage.aws.world.calls.clear()
    began = time.monotonic()
    found = stage.deployer.list(SCOPE, stage.ctx)
    seconds = time.monotonic() - began
    calls = {name: stage.aws.world.count(name) for name in ("ListServices", "GetResources")}
    with capsys.disabled():
        print(f"\n500 services in {seconds:.2f} s with {calls}")
    assert len(found) == 500
    assert calls == {"ListServices": 25, "GetResources": 5}
    assert len(stage.aws.world.calls) == 30
    assert seconds < 10, "a call a service would take 25 s"


def test_without_the_tagging_api_tags_are_read_one_by_one(stage: Stage) -> None:
    fill(stage, 5)
    message = "User: u is not authorized to perform: tag:GetResources"
    stage.aws.world.rules.append(
        Rule("error", operation="GetResources", code="AccessDeniedException", message=message)
    )
    assert len(stage.deployer.list(SCOPE, stage.ctx)) == 5
    assert stage.aws.world.count("ListTagsForResource") == 5


def test_what_the_tagging_api_does_not_know_yet_is_listed_all_the_same(stage: Stage) -> None:
    fill(stage, 3)
    fill(stage, 30, ours=False)
    late = [arn for arn in stage.aws.apprunner.services if "agent-1" in arn]
    stage.aws.tagging.late.update(late)
    assert len(stage.deployer.list(SCOPE, stage.ctx)) == 3
    assert stage.aws.world.count("ListTagsForResource") == 1


def test_a_region_that_does_not_answer_says_so_soon(stage: Stage) -> None:
    stage.aws.world.rules.append(Rule("drop", times=99))
    began = time.monotonic()
    with pytest.raises(DeploymentError) as caught:
        stage.deployer.list(SCOPE, stage.ctx)
    assert caught.value.code == "network"
    assert time.monotonic() - began < 8

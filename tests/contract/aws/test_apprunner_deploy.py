"""App Runner by the real SDK: created once, updated once, judged by its operation."""

from __future__ import annotations

import pytest

from tests.contract.aws.support import INSTANCE_ROLE, ROLE, Stage, digest
from tests.contract.aws.world import Ending

pytestmark = pytest.mark.contract


def test_a_first_deploy_creates_what_the_settings_say(stage: Stage) -> None:
    stage.target = {"cpu": 2, "memory": 4096, "auto_scaling_min": 2, "auto_scaling_max": 3}
    stage.section = {"port": 9000, "environment": {"GREETING": "hello"}}
    made = stage.deployer.deploy(stage.spec, stage.ctx)

    live = stage.live
    assert made.state == "healthy"
    assert made.url == f"http://{live['ServiceUrl']}"
    assert made.ref.scope == "aws:eu-west-1"
    source = live["SourceConfiguration"]
    assert source["ImageRepository"]["ImageIdentifier"].endswith(f"@{digest('one')}")
    assert source["ImageRepository"]["ImageConfiguration"]["Port"] == "9000"
    assert (
        source["ImageRepository"]["ImageConfiguration"]["RuntimeEnvironmentVariables"]["GREETING"] == "hello"
    )
    assert source["AuthenticationConfiguration"] == {"AccessRoleArn": ROLE}
    assert source["AutoDeploymentsEnabled"] is False
    assert live["InstanceConfiguration"] == {
        "Cpu": "2048",
        "Memory": "4096",
        "InstanceRoleArn": INSTANCE_ROLE,
    }
    assert live["HealthCheckConfiguration"]["Protocol"] == "HTTP"
    assert live["HealthCheckConfiguration"]["Path"] == "/health"
    (scaling,) = [each for each in stage.aws.apprunner.scalings.values() if not each["IsDefault"]]
    assert (scaling["MinSize"], scaling["MaxSize"]) == (2, 3)
    labels = stage.aws.apprunner.tags[live["ServiceArn"]]
    assert labels["managed-by"] == "holodeck"
    assert labels["holodeck-agent"] == "helpdesk"
    assert labels["holodeck-version"] == "one"


def test_an_unchanged_deploy_changes_nothing(stage: Stage) -> None:
    first = stage.deployer.deploy(stage.spec, stage.ctx)
    stage.aws.world.calls.clear()
    assert stage.deployer.changes(stage.spec, stage.ctx) == []
    again = stage.deployer.deploy(stage.spec, stage.ctx)
    assert (again.revision, again.ref) == (first.revision, first.ref)
    changing = ("Create", "Update", "Delete", "Tag", "Put")
    assert [one for one in stage.aws.world.calls if one["operation"].startswith(changing)] == []


def test_a_change_updates_the_same_service(stage: Stage) -> None:
    first = stage.deployer.deploy(stage.spec, stage.ctx)
    stage.image = "two"
    assert [change.path for change in stage.deployer.changes(stage.spec, stage.ctx)] == ["image"]
    second = stage.deployer.deploy(stage.spec, stage.ctx)
    assert second.ref == first.ref
    assert second.revision != first.revision
    labels = stage.aws.apprunner.tags[first.ref.service_id]
    assert labels["holodeck-version"] == "two", "an update takes no tags"
    assert stage.aws.world.count("CreateService") == 1
    assert stage.aws.world.count("CreateAutoScalingConfiguration") == 1


def test_a_rolled_back_update_is_no_success(stage: Stage) -> None:
    from holodeck_tui.core.errors import DeploymentError

    first = stage.deployer.deploy(stage.spec, stage.ctx)
    stage.aws.world.endings.append(
        Ending("UPDATE_SERVICE", "ROLLBACK_SUCCEEDED", 0.2, ["[AppRunner] Health check failed on /health."])
    )
    stage.image = "two"
    with pytest.raises(DeploymentError) as caught:
        stage.deployer.deploy(stage.spec, stage.ctx)
    assert caught.value.code == "unhealthy"
    assert "Health check failed on /health" in caught.value.reason
    assert stage.live["Status"] == "RUNNING"
    status = stage.deployer.get_status(first.ref, stage.ctx)
    assert status.state == "degraded"
    assert status.revision == first.revision
    assert "Health check failed" in status.detail

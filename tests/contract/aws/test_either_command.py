"""The whole command on either service of AWS: what is the same for both."""

from __future__ import annotations

import json

import pytest

from tests.contract.aws.commands import Target, result, run
from tests.contract.aws.server import AwsServer
from tests.contract.scenario import SECRET

pytestmark = [pytest.mark.contract, pytest.mark.slow]


@pytest.fixture(params=["app_runner", "ecs_express"])
def target(request: pytest.FixtureRequest) -> Target:
    found: Target = request.getfixturevalue(request.param)
    return found


def test_an_agent_that_is_not_well_is_exit_five_with_its_last_lines(target: Target, aws: AwsServer) -> None:
    """AWS calls it a success; what the agent says of itself does not."""
    aws.world.sick = {f"holodeck-{target.agent}"}
    target.write("one")
    overlay = json.loads((target.folder / "deploy.yaml").read_text())
    overlay["health"]["timeout"] = 2
    (target.folder / "deploy.yaml").write_text(json.dumps(overlay))
    done = run(target, "deploy", "--output", "json")
    assert done.returncode == 5, done.stderr
    assert result(done)["error"]["code"] == "unhealthy"
    assert "standin: Application startup complete." in done.stderr
    assert SECRET not in done.stdout + done.stderr


def test_no_credentials_is_exit_four_and_a_plan_goes_on_without(target: Target) -> None:
    target.write("one")
    for name in ("AWS_ENDPOINT_URL", "HOLODECK_REGISTRY_ENDPOINTS"):
        target.environ.pop(name)
    refused = run(target, "status")
    assert refused.returncode == 4
    assert "aws configure" in refused.stderr
    planned = run(target, "plan", "--output", "json")
    assert planned.returncode == 0, planned.stderr
    assert json.loads(planned.stdout)["source"] == "record"
    assert run(target, "deploy", "--dry-run").returncode == 0

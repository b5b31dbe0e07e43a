"""The scenario on App Runner: the whole command, a real registry, no engine."""

from __future__ import annotations

import pytest

from tests.contract.aws.server import AwsServer
from tests.contract.aws.targets import AppRunnerTarget
from tests.contract.scenario import SECRET, play

pytestmark = [pytest.mark.contract, pytest.mark.slow]


def test_the_scenario_on_app_runner(app_runner: AppRunnerTarget, aws: AwsServer) -> None:
    play(app_runner)
    assert SECRET not in aws.world.bodies(), "a secret goes to the secret store and nowhere else"
    kept = [file for file in (app_runner.folder / ".holodeck").rglob("*") if file.is_file()]
    assert kept
    assert not [file for file in kept if SECRET.encode() in file.read_bytes()]
    assert aws.client("secretsmanager").list_secrets()["SecretList"] == []
    assert [each for each in aws.apprunner.scalings.values() if not each["IsDefault"]] == []
    assert aws.client("logs").describe_log_groups()["logGroups"] == []

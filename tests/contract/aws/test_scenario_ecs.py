"""The scenario on ECS Express: the whole command, a real registry, no engine."""

from __future__ import annotations

import pytest

from tests.contract.aws.ecs_support import EcsTarget
from tests.contract.aws.server import AwsServer
from tests.contract.scenario import SECRET, play

pytestmark = [pytest.mark.contract, pytest.mark.slow]


def test_the_scenario_on_ecs_express(ecs_express: EcsTarget, aws: AwsServer) -> None:
    play(ecs_express)
    assert SECRET not in aws.world.bodies(), "a secret goes to the secret store and nowhere else"
    assert aws.client("secretsmanager").list_secrets()["SecretList"] == []
    assert aws.client("logs").describe_log_groups()["logGroups"] == []
    assert [each.status for each in aws.ecs.services.values()] == ["INACTIVE"]
    assert aws.world.count("CreateExpressGatewayService") == 1

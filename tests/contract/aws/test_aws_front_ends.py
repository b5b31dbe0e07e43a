"""The app on App Runner and ECS Express, by keys alone."""

from __future__ import annotations

import pytest

from tests.contract.aws.ecs_support import EcsTarget
from tests.contract.aws.server import AwsServer
from tests.contract.aws.targets import AppRunnerTarget
from tests.contract.front_ends import journey

pytestmark = [pytest.mark.contract, pytest.mark.ui, pytest.mark.slow]


async def test_the_journey_on_app_runner(
    app_runner: AppRunnerTarget, aws: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await journey(app_runner, monkeypatch)
    assert aws.client("secretsmanager").list_secrets()["SecretList"] == []


async def test_the_journey_on_ecs_express(
    ecs_express: EcsTarget, aws: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await journey(ecs_express, monkeypatch)
    assert [each.status for each in aws.ecs.services.values()] == ["INACTIVE"]

"""The app on App Runner and ECS Express: by keys alone, and told the same as by the command."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract import found_elsewhere
from tests.contract.aws.ecs_support import EcsTarget
from tests.contract.aws.server import AwsServer
from tests.contract.aws.targets import AppRunnerTarget
from tests.contract.front_ends import journey, same

pytestmark = [pytest.mark.contract, pytest.mark.ui, pytest.mark.slow]


async def test_the_journey_on_app_runner(
    app_runner: AppRunnerTarget, aws: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await journey(app_runner, monkeypatch)
    assert aws.client("secretsmanager").list_secrets()["SecretList"] == []


async def test_both_front_ends_tell_the_same_of_app_runner(
    app_runner: AppRunnerTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    await same(app_runner, monkeypatch)


async def test_both_front_ends_do_the_same_to_what_a_listing_found_on_app_runner(
    app_runner: AppRunnerTarget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    await found_elsewhere.play(app_runner, tmp_path / "elsewhere", monkeypatch, talks=True)


async def test_the_journey_on_ecs_express(
    ecs_express: EcsTarget, aws: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await journey(ecs_express, monkeypatch)
    assert [each.status for each in aws.ecs.services.values()] == ["INACTIVE"]


async def test_both_front_ends_tell_the_same_of_ecs_express(
    ecs_express: EcsTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    await same(ecs_express, monkeypatch)


async def test_both_front_ends_do_the_same_to_what_a_listing_found_on_ecs_express(
    ecs_express: EcsTarget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    await found_elsewhere.play(ecs_express, tmp_path / "elsewhere", monkeypatch, talks=True)

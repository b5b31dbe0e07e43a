"""The app on Container Apps: by keys alone, and told the same as by the command."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract import found_elsewhere
from tests.contract.azure.server import AzureServer
from tests.contract.azure.test_azure_scenario import ContainerAppsTarget, target
from tests.contract.front_ends import journey, same

__all__ = ["target"]
pytestmark = [pytest.mark.contract, pytest.mark.ui, pytest.mark.slow]


async def test_the_journey_on_container_apps(
    target: ContainerAppsTarget, azure: AzureServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await journey(target, monkeypatch)
    assert azure.world.apps == {}


async def test_both_front_ends_tell_the_same_of_container_apps(
    target: ContainerAppsTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    await same(target, monkeypatch)


async def test_both_front_ends_do_the_same_to_what_a_listing_found(
    target: ContainerAppsTarget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    await found_elsewhere.play(target, tmp_path / "elsewhere", monkeypatch, talks=True)

"""The app on Container Apps, by keys alone."""

from __future__ import annotations

import pytest

from tests.contract.azure.server import AzureServer
from tests.contract.azure.test_azure_scenario import ContainerAppsTarget, target
from tests.contract.front_ends import journey

__all__ = ["target"]
pytestmark = [pytest.mark.contract, pytest.mark.ui, pytest.mark.slow]


async def test_the_journey_on_container_apps(
    target: ContainerAppsTarget, azure: AzureServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await journey(target, monkeypatch)
    assert azure.world.apps == {}

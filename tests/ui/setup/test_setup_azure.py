"""Setup for Container Apps with what a whole Azure says, by keyboard, up to the written files."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from holodeck_tui.ui.app import HolodeckApp
from holodeck_tui.ui.screens.diff import DiffScreen
from holodeck_tui.ui.screens.setup import SetupScreen
from tests.contract.azure.server import AzureServer
from tests.contract.azure.world import ENVIRONMENT, GROUP, LOCATION, SUBSCRIPTION
from tests.ui.agents import AgentFolder
from tests.ui.conftest import screen_text
from tests.ui.setup.conftest import questions, registries
from tests.ui.setup.test_setup_screen import until

pytestmark = pytest.mark.ui


@pytest.fixture
def azure() -> Iterator[AzureServer]:
    server = AzureServer()
    yield server
    server.close()


@pytest.fixture
def app(azure: AzureServer, app_in: Callable[..., HolodeckApp]) -> HolodeckApp:
    return app_in(**azure.environ, AZURE_SUBSCRIPTION_ID=SUBSCRIPTION)


async def test_a_registry_of_azures_asks_who_pulls_and_writes_both_files(
    azure: AzureServer, app: HolodeckApp, agent: AgentFolder
) -> None:
    for name in ("first", "second"):
        azure.world.make_registry(name)
    identity = azure.world.make_identity("pulls")
    async with app.run_test(size=(80, 24)) as pilot:
        assert await registries(pilot, "azure") == [
            "Azure Container Registry, first.azurecr.io",
            "Azure Container Registry, second.azurecr.io",
            "GitHub, ghcr.io",
            "Docker Hub",
        ]
        fields = await questions(pilot, 1)
        assert {name: field.value for name, field in fields.items()} == {
            "url": "second.azurecr.io",
            "repository": agent.name,
            "subscription_id": SUBSCRIPTION,
            "resource_group": GROUP,
            "environment_name": ENVIRONMENT,
            "location": LOCATION,
            "identity": identity,
        }
        await pilot.press(*("enter",) * (len(fields) + 1))
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        assert not app.screen._problems  # type: ignore[attr-defined]
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, SetupScreen))
        settings = app.backend.settings(rehearsal=True)
        assert settings.registry is not None
        assert settings.registry.url == "second.azurecr.io"
        assert settings.overlay.azure.identity == identity


async def test_a_login_that_may_not_list_registries_leaves_the_form_of_their_names(
    azure: AzureServer, app: HolodeckApp
) -> None:
    azure.world.make_registry("first")
    azure.world.faults.set({"no_registries": True})
    async with app.run_test(size=(80, 24)) as pilot:
        lines = await registries(pilot, "azure")
        assert lines[0] == "Azure Container Registry"
        assert "registries could not be listed" in screen_text(app)
        fields = await questions(pilot)
        assert fields["url"].value == ""
        assert fields["url"].placeholder == "NAME.azurecr.io"
        assert fields["environment_name"].value == ENVIRONMENT

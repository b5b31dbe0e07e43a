"""Setup for Container Apps with what a whole Azure says, by keyboard, up to the written files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from textual.widgets import Input

from holodeck_tui.ui.app import HolodeckApp
from holodeck_tui.ui.screens.answers import AnswersScreen
from holodeck_tui.ui.screens.choose import ChooseScreen
from holodeck_tui.ui.screens.diff import DiffScreen
from holodeck_tui.ui.screens.setup import SetupScreen
from tests.contract.azure.server import AzureServer
from tests.contract.azure.world import ENVIRONMENT, GROUP, LOCATION, SUBSCRIPTION
from tests.ui.agents import AgentFolder
from tests.ui.conftest import screen_text
from tests.ui.setup.conftest import questions, registries
from tests.ui.setup.test_setup_screen import until

pytestmark = pytest.mark.ui
OTHER = "00000000-0000-0000-0000-0000000007e4"


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


@pytest.fixture
def two_subscriptions(azure: AzureServer, app_in: Callable[..., HolodeckApp], tmp_path: Path) -> HolodeckApp:
    """The app where the Azure CLI knows two, and the second has a registry and an environment of its own."""
    one = {"id": SUBSCRIPTION, "name": "Contract", "isDefault": True}
    profile = {"subscriptions": [{"id": OTHER, "name": "Elsewhere"}, one]}
    (tmp_path / "azureProfile.json").write_text(json.dumps(profile))
    azure.world.make_registry("first")
    azure.world.make_registry("far", OTHER)
    azure.world.make_environment("far-group", "far-env", {"location": "West Europe"}, subscription=OTHER)
    return app_in(**azure.environ, AZURE_CONFIG_DIR=str(tmp_path))


async def test_one_of_several_subscriptions_is_chosen_before_it_is_looked_at(
    two_subscriptions: HolodeckApp, agent: AgentFolder
) -> None:
    app = two_subscriptions
    async with app.run_test(size=(80, 24)) as pilot:
        assert await registries(pilot, "azure") == ["Contract", "Elsewhere"]
        assert SUBSCRIPTION in screen_text(app)
        chooser = app.screen
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen) and app.screen is not chooser)
        assert "far.azurecr.io" in screen_text(app)
        assert "first.azurecr.io" not in screen_text(app)
        fields = await questions(pilot)
        assert {name: field.value for name, field in fields.items()} == {
            "url": "far.azurecr.io",
            "repository": agent.name,
            "subscription_id": OTHER,
            "resource_group": "far-group",
            "environment_name": "far-env",
            "location": "westeurope",
            "identity": "",
        }


async def test_another_subscription_in_the_questions_is_looked_at_too(
    two_subscriptions: HolodeckApp,
) -> None:
    app = two_subscriptions
    async with app.run_test(size=(80, 24)) as pilot:
        chooser = (await registries(pilot, "azure"), app.screen)[1]
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen) and app.screen is not chooser)
        fields = await questions(pilot)
        assert fields["url"].value == "first.azurecr.io"
        first = app.screen
        fields["subscription_id"].focus()
        await pilot.press("ctrl+n")
        assert fields["subscription_id"].value == OTHER
        fields["repository"].value = "typed"
        first.query_one("#go").focus()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, AnswersScreen) and app.screen is not first)
        values = [one.value for one in app.screen.query(Input)]
        assert values == ["far.azurecr.io", "typed", OTHER, "far-group", "far-env", "westeurope", ""]


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

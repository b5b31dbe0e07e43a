"""What setup finds out of an Azure subscription, by the real SDK."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from holodeck_tui.core.context import Context
from holodeck_tui.deployers.discovery import discover, places
from holodeck_tui.deployers.looking import Looking
from tests.contract.azure.server import AzureServer
from tests.contract.azure.world import GROUP, SUBSCRIPTION

pytestmark = pytest.mark.contract
OTHER = "00000000-0000-0000-0000-0000000007e4"


@pytest.fixture
def ctx(azure: AzureServer, tmp_path: Path) -> Context:
    """A shell in which the Azure CLI has been logged in."""
    one = f'{{"id": "{SUBSCRIPTION}", "name": "Contract", "isDefault": true, "user": {{"name": "me@x.org"}}}}'
    other = f'{{"id": "{OTHER}", "name": "Elsewhere", "isDefault": false}}'
    text = f'\ufeff{{"subscriptions": [{other}, {one}]}}'
    (tmp_path / "azureProfile.json").write_text(text, encoding="utf-8")
    environ = {**os.environ, **azure.environ, "AZURE_CONFIG_DIR": str(tmp_path)}
    environ.pop("AZURE_SUBSCRIPTION_ID", None)
    return Context(environ=environ)


def test_environments_and_where_they_are(ctx: Context) -> None:
    found = discover("azure", ctx)
    assert found.error is None
    assert found.choices["subscription_id"] == (SUBSCRIPTION, OTHER)
    assert found.choices["resource_group"] == (GROUP,)
    assert found.choices["environment_name"]
    assert found.choices["location"]
    assert found.identity == "subscription Contract"


def test_registries_of_every_page_and_the_identities_that_might_pull(
    azure: AzureServer, ctx: Context
) -> None:
    for name in ("first", "second", "third"):
        azure.world.make_registry(name)
    identity = azure.world.make_identity("pulls")
    azure.world.faults.set({"page_size": 2, "empty_pages": 1})
    found = discover("azure", ctx)
    assert found.error is None
    assert [one.url for one in found.registries] == [
        f"{name}.azurecr.io" for name in ("first", "second", "third")
    ]
    assert found.choices["identity"] == (identity,)


def test_another_subscription_is_looked_at_where_it_is_asked_for(azure: AzureServer, ctx: Context) -> None:
    azure.world.make_registry("first")
    azure.world.make_registry("elsewhere", OTHER)
    azure.world.make_environment("its-group", "its-own", {"location": "West Europe"}, subscription=OTHER)
    looking = Looking()
    looking.within = OTHER
    found = discover("azure", ctx, looking)
    assert found.error is None
    assert found.place == OTHER
    assert found.identity == "subscription Elsewhere"
    assert found.choices["subscription_id"] == (OTHER, SUBSCRIPTION)
    assert found.choices["resource_group"] == ("its-group",)
    assert found.choices["environment_name"] == ("its-own",)
    assert found.choices["location"] == ("westeurope",)
    assert [one.url for one in found.registries] == ["elsewhere.azurecr.io"]


def test_the_subscriptions_that_can_be_chosen_are_those_of_the_login(ctx: Context) -> None:
    assert places("azure", ctx) == ((SUBSCRIPTION, "Contract"), (OTHER, "Elsewhere"))
    assert places("aws", ctx) == ()


def test_registries_that_nobody_may_list_leave_the_rest(azure: AzureServer, ctx: Context) -> None:
    azure.world.make_registry("first")
    identity = azure.world.make_identity("pulls")
    azure.world.faults.set({"no_registries": True})
    found = discover("azure", ctx)
    assert found.error is not None
    assert found.error.code == "permission-denied"
    assert found.registries == ()
    assert found.choices["environment_name"]
    assert found.choices["identity"] == (identity,)


def test_a_cloud_that_does_not_answer_in_time_leaves_what_it_said_before(
    azure: AzureServer, ctx: Context
) -> None:
    azure.world.faults.set({"latency": 30})
    found = discover("azure", ctx, Looking(0.2))
    assert found.choices["subscription_id"] == (SUBSCRIPTION, OTHER)
    assert found.error is not None
    assert found.error.code == "timeout"
    assert "environments" in found.error.message
    assert "0.2 s" in found.error.reason


def test_no_subscription_is_a_finding_with_what_to_do(tmp_path: Path) -> None:
    found = discover("azure", Context(environ={"AZURE_CONFIG_DIR": str(tmp_path)}))
    assert found.error is not None
    assert found.error.remedy == "az login"

"""What setup finds out of an Azure subscription, by the real SDK."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from holodeck_tui.core.context import Context
from holodeck_tui.deployers.discovery import discover
from tests.contract.azure.server import AzureServer
from tests.contract.azure.world import GROUP, SUBSCRIPTION

pytestmark = pytest.mark.contract


def test_environments_and_where_they_are(azure: AzureServer, tmp_path: Path) -> None:
    profile = tmp_path / "azureProfile.json"
    profile.write_text(
        f'\ufeff{{"subscriptions": [{{"id": "{SUBSCRIPTION}", "isDefault": true}}]}}', encoding="utf-8"
    )
    environ = {**os.environ, **azure.environ, "AZURE_CONFIG_DIR": str(tmp_path)}
    environ.pop("AZURE_SUBSCRIPTION_ID", None)
    found = discover("azure", Context(environ=environ))
    assert found.choices["subscription_id"] == (SUBSCRIPTION,)
    assert found.choices["resource_group"] == (GROUP,)
    assert found.choices["environment_name"]
    assert found.choices["location"]


def test_no_subscription_is_a_finding_with_what_to_do(tmp_path: Path) -> None:
    found = discover("azure", Context(environ={"AZURE_CONFIG_DIR": str(tmp_path)}))
    assert found.error is not None
    assert found.error.remedy == "az login"

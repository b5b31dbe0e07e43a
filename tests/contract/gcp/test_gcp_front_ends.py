"""The app on Cloud Run: by keys alone, and told the same as by the command."""

from __future__ import annotations

import pytest

from tests.contract.front_ends import journey, same
from tests.contract.gcp.server import Cloud
from tests.contract.gcp.test_gcp_scenario import CloudRunTarget, target

__all__ = ["target"]
pytestmark = [pytest.mark.contract, pytest.mark.ui, pytest.mark.slow]


async def test_the_journey_on_cloud_run(
    target: CloudRunTarget, google: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    await journey(target, monkeypatch)
    assert google.world.services == {}


async def test_both_front_ends_tell_the_same_of_cloud_run(
    target: CloudRunTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    await same(target, monkeypatch)

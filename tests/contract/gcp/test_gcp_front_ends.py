"""The app on Cloud Run: by keys alone, and told the same as by the command."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract import found_elsewhere
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


async def test_both_front_ends_do_the_same_to_what_a_listing_found(
    target: CloudRunTarget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    await found_elsewhere.play(target, tmp_path / "elsewhere", monkeypatch, talks=False)

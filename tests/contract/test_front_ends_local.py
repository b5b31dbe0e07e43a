"""Both front ends on this machine: one scenario, the same events, files and exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract import found_elsewhere
from tests.contract.front_ends import same
from tests.contract.test_scenario_local import Local, name, process

__all__ = ["name", "process"]
pytestmark = [pytest.mark.ui, pytest.mark.slow]


async def test_they_tell_the_same(process: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    await same(process, monkeypatch)


async def test_they_do_the_same_to_what_a_listing_found(
    process: Local, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    await found_elsewhere.play(process, tmp_path / "elsewhere", monkeypatch, talks=True)

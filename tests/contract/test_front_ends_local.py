"""Both front ends on this machine: one scenario, the same events, files and exit codes."""

from __future__ import annotations

import pytest

from tests.contract.front_ends import same
from tests.contract.test_scenario_local import Local, name, process

__all__ = ["name", "process"]
pytestmark = [pytest.mark.ui, pytest.mark.slow]


async def test_they_tell_the_same(process: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    await same(process, monkeypatch)

"""Where the app begins: at Setup while nothing says where the agent shall run, else at the deployments."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from holodeck_tui.ui.screens.dashboard import DashboardScreen
from holodeck_tui.ui.screens.editor import EditorScreen
from holodeck_tui.ui.screens.setup import SetupScreen
from tests.ui.agents import AgentFolder

pytestmark = pytest.mark.ui


@pytest.fixture
def agent(tmp_path: Path, sealed_home: Path) -> AgentFolder:
    made = AgentFolder(tmp_path, sealed_home)
    made.overlay.unlink()
    return made


async def comes(pilot: Pilot[Any], place: type, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not isinstance(pilot.app.screen, place) and time.monotonic() < end:
        await pilot.pause(0.05)
    return isinstance(pilot.app.screen, place)


async def test_without_a_target_the_app_begins_with_setup(agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(80, 24)) as pilot:
        assert await comes(pilot, SetupScreen, 20)
        await pilot.press("1")
        assert await comes(pilot, DashboardScreen, 5)
        assert not await comes(pilot, SetupScreen, 1)


@pytest.mark.parametrize("given", [{"target": "local"}, {"read_only": True}, {"scopes": ("local",)}], ids=str)
async def test_who_said_what_to_do_is_not_led_to_setup(agent: AgentFolder, given: dict[str, Any]) -> None:
    app = agent.app(**given)
    async with app.run_test(size=(80, 24)) as pilot:
        assert not await comes(pilot, SetupScreen, 2)
        assert isinstance(app.screen, DashboardScreen)


async def test_a_target_in_the_files_is_enough(agent: AgentFolder) -> None:
    agent.write_overlay()
    app = agent.app()
    async with app.run_test(size=(80, 24)) as pilot:
        assert not await comes(pilot, SetupScreen, 2)


async def test_who_went_elsewhere_stays_there(agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("3")
        assert await comes(pilot, EditorScreen, 5)
        assert not await comes(pilot, SetupScreen, 2)

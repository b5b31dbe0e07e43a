"""An agent that nothing is said of yet, and the way to the questions of a target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from holodeck_tui.ui.app import HolodeckApp
from holodeck_tui.ui.screens.answers import AnswersScreen
from holodeck_tui.ui.screens.choose import ChooseScreen
from tests.ui.agents import AgentFolder
from tests.ui.setup.test_setup_screen import opened, until

TARGETS = ("local", "aws", "ecs-express", "gcp", "azure")


@pytest.fixture
def agent(tmp_path: Path, sealed_home: Path) -> AgentFolder:
    made = AgentFolder(tmp_path, sealed_home)
    made.overlay.unlink()
    return made


@pytest.fixture
def app_in(agent: AgentFolder) -> Callable[..., HolodeckApp]:
    """The app in a shell that has these variables too."""

    def make(**environ: str) -> HolodeckApp:
        made = agent.app()
        return HolodeckApp(replace(made.launch, environ={**made.launch.environ, **environ}))

    return make


async def choose_target(pilot: Pilot[Any], target: str) -> None:
    """By keys, from set-up."""
    await opened(pilot)
    await pilot.press("t")
    await until(pilot, lambda: isinstance(pilot.app.screen, ChooseScreen))
    chooser = pilot.app.screen
    await pilot.press(*("down",) * TARGETS.index(target), "enter")
    await until(pilot, lambda: pilot.app.screen is not chooser)


async def registries(pilot: Pilot[Any], target: str) -> list[str]:
    """The lines of the question which registry it shall be; it stays open."""
    await choose_target(pilot, target)
    await until(pilot, lambda: isinstance(pilot.app.screen, ChooseScreen))
    screen = pilot.app.screen
    assert isinstance(screen, ChooseScreen)
    return list(screen._lines)


async def questions(pilot: Pilot[Any], registry: int = 0) -> dict[str, Input]:
    """Choose a registry; the fields by the last name of what they are of."""
    await pilot.press(*("down",) * registry, "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, AnswersScreen))
    screen = pilot.app.screen
    assert isinstance(screen, AnswersScreen)
    return {one.path[-1]: field for one, field in zip(screen._wanted, screen.query(Input), strict=True)}

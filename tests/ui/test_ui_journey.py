"""From the first start to an empty machine again: by keys alone, then with the mouse alone, on the real engine.

Nothing says at first where the agent shall run, so the app begins with Setup.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from holodeck_tui.ui.app import HolodeckApp
from holodeck_tui.ui.launch import Launch
from holodeck_tui.ui.screens.chat import ChatScreen
from holodeck_tui.ui.screens.choose import ChooseScreen
from holodeck_tui.ui.screens.dashboard import DashboardScreen
from holodeck_tui.ui.screens.destroy import DestroyScreen
from holodeck_tui.ui.screens.diff import DiffScreen
from holodeck_tui.ui.screens.logs import LogsScreen
from holodeck_tui.ui.screens.pipeline import PipelineScreen
from holodeck_tui.ui.screens.setup import SetupScreen
from holodeck_tui.ui.widgets.log_view import LogView
from tests.integration.local.local_bench import STANDIN
from tests.ui.conftest import Eventually, screen_text

pytestmark = [
    pytest.mark.ui,
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="the stand-in is a shell script"),
]


@pytest.fixture
def launch(launch: Launch) -> Launch:
    """A first start: neither file says anything of a target, and the command line says nothing at all."""
    name = launch.agent.read_text().splitlines()[0]
    launch.agent.write_text(
        f"{name}\nmodel: {{provider: ollama, name: llama3.2}}\ninstructions: {{inline: hi}}\n"
    )
    (launch.agent.parent / "deploy.yaml").write_text("health: {timeout: 60}\nlocal: {runtime: process}\n")
    # With no deployment: there is nowhere to say what the stand-in shall be.
    program = Path(launch.environ["PATH"].partition(os.pathsep)[0], "holodeck")
    said = "STANDIN=lines STANDIN_NAME=standin"
    program.write_text(f'#!/bin/sh\n{said} exec {sys.executable} -u {STANDIN} "$@"\n')
    return replace(launch, scopes=())


def _is(app: HolodeckApp, kind: type) -> bool:
    return isinstance(app.screen, kind)


async def test_by_keys_alone(app: HolodeckApp, eventually: Eventually) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await eventually(pilot, lambda: _is(app, SetupScreen) and "t chooses a target" in screen_text(app))
        await pilot.press("t")
        await eventually(pilot, lambda: _is(app, ChooseScreen))
        await pilot.press("enter")
        await eventually(pilot, lambda: _is(app, DiffScreen) and "+target: local" in screen_text(app))
        await pilot.press("y")
        await eventually(pilot, lambda: _is(app, SetupScreen))
        await pilot.press("d")
        await eventually(pilot, lambda: _is(app, PipelineScreen) and app.screen.can_deploy)
        await pilot.press("d")
        await eventually(pilot, lambda: app.keeper.run is not None and app.keeper.run.result)
        assert app.keeper.run is not None
        assert app.keeper.run.result is not None
        assert app.keeper.run.result.ok, app.keeper.run.result.error
        await pilot.press("1")
        await eventually(pilot, lambda: _is(app, DashboardScreen) and "healthy" in screen_text(app))

        await pilot.press("c")
        await eventually(pilot, lambda: _is(app, ChatScreen))
        await pilot.press(*"hello", "enter")
        await eventually(pilot, lambda: "standin heard hello" in screen_text(app))
        await pilot.press("escape")

        await eventually(pilot, lambda: _is(app, DashboardScreen))
        await pilot.press("l")
        await eventually(pilot, lambda: _is(app, LogsScreen) and app.screen.query_one(LogView).shown > 40)
        assert "standin line" in screen_text(app)
        await pilot.press("escape")

        await eventually(pilot, lambda: _is(app, DashboardScreen))
        await pilot.press("x")
        await eventually(pilot, lambda: _is(app, DestroyScreen) and "goes" in screen_text(app))
        screen = app.screen
        assert app.focused is screen.query_one("#no")
        assert screen.query_one("#yes").disabled
        name = app.fleet.snapshot.statuses[0].ref.name
        await pilot.press("shift+tab", *name)
        await eventually(pilot, lambda: not screen.query_one("#yes").disabled)
        await pilot.press("enter", "enter")
        await eventually(pilot, lambda: app.keeper.run and "destroy" in app.keeper.run.title)
        await eventually(pilot, lambda: app.keeper.run and app.keeper.run.result)
        await eventually(pilot, lambda: "Nothing deployed yet" in screen_text(app))


async def test_by_mouse_alone(app: HolodeckApp, launch: Launch, eventually: Eventually) -> None:
    """Every click lands on what is written on the screen; nothing is pressed but letters of the name."""

    async def click(text: str) -> None:
        await eventually(pilot, lambda: text in screen_text(app))
        lines = screen_text(app).splitlines()
        y = next(number for number, line in enumerate(lines) if text in line)
        await pilot.click(offset=(lines[y].index(text) + len(text) // 2, y))

    async with app.run_test(size=(120, 36)) as pilot:
        await eventually(pilot, lambda: _is(app, SetupScreen) and "t chooses a target" in screen_text(app))
        await click(" choose a target ")
        await eventually(pilot, lambda: _is(app, ChooseScreen))
        await click("This machine")
        await eventually(pilot, lambda: _is(app, DiffScreen))
        await click("Write (y)")
        await eventually(pilot, lambda: _is(app, SetupScreen))
        assert "target: local" in (launch.agent.parent / "deploy.yaml").read_text()
        await click(" to the pipeline ")
        await eventually(pilot, lambda: _is(app, PipelineScreen) and app.screen.can_deploy)
        await click(" deploy ")
        await eventually(pilot, lambda: app.keeper.run and app.keeper.run.result)
        assert app.keeper.run is not None
        assert app.keeper.run.result is not None
        assert app.keeper.run.result.ok, app.keeper.run.result.error
        await click("1 Deployments")
        await eventually(pilot, lambda: _is(app, DashboardScreen) and "healthy" in screen_text(app))
        await click(" logs ")
        await eventually(pilot, lambda: _is(app, LogsScreen) and app.screen.query_one(LogView).shown > 20)
        await click(" back ")
        await eventually(pilot, lambda: _is(app, DashboardScreen))
        await click(" destroy ")
        await eventually(pilot, lambda: _is(app, DestroyScreen) and "goes" in screen_text(app))
        await pilot.click("#name-0")
        await pilot.press(*app.fleet.snapshot.statuses[0].ref.name)
        await pilot.click("#yes")
        await eventually(pilot, lambda: "Nothing deployed yet" in screen_text(app))

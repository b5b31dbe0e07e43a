"""The terminal app on a target of the scenario, driven by keys alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import OptionList

from holodeck_tui.core.events import Event, Result
from holodeck_tui.ui.app import HolodeckApp
from holodeck_tui.ui.launch import Launch
from holodeck_tui.ui.preferences import Preferences
from holodeck_tui.ui.screens.choose import ChooseScreen
from holodeck_tui.ui.screens.dashboard import DashboardScreen
from holodeck_tui.ui.screens.destroy import DestroyScreen
from holodeck_tui.ui.screens.pipeline import PipelineScreen
from holodeck_tui.ui.widgets.deployments import DeploymentTable
from holodeck_tui.ui.widgets.log_view import LogView
from tests.contract.scenario import Target
from tests.ui.conftest import screen_text, wait_for


def app_of(target: Target, monkeypatch: pytest.MonkeyPatch, folder: Path | None = None) -> HolodeckApp:
    """The app in ``folder`` (default: the agent's). The SDKs read this process's environment, as in a shell."""
    folder = folder or target.folder
    for name, value in target.environ.items():
        monkeypatch.setenv(name, value)
    home = Path(target.environ["HOME"])
    launch = Launch(
        folder / "agent.yaml",
        folder,
        home,
        dict(target.environ),
        scopes=(target.expect.scope,),
    )
    return HolodeckApp(launch, preferences=Preferences())


class Keys:
    """The app, driven by keys alone."""

    def __init__(self, app: HolodeckApp, pilot: Any) -> None:
        self.app = app
        self.pilot = pilot

    async def until(self, true: Callable[[], Any]) -> Any:
        """Wait for it; fails with what is on the screen."""
        return await wait_for(self.pilot, true, 120)

    async def deploy(self) -> Result:
        """The plan, then ``d``."""
        await self._plan()
        return await self.run("d")

    async def cancel(self, when: Callable[[list[Event]], bool]) -> Result:
        """A deploy that gets ``c`` once it has told what ``when`` waits for."""
        await self._plan()
        before = self.app.keeper.run
        await self.pilot.press("d")
        await self.until(lambda: self.app.keeper.run is not before)
        run = self.app.keeper.run
        assert run is not None
        await self.until(lambda: when(run.events))
        assert run.result is None, run.result
        await self.pilot.press("c")
        result = await self.until(lambda: run.result)
        assert isinstance(result, Result)
        return result

    async def _plan(self) -> None:
        await self.pilot.press("2")
        await self.until(lambda: isinstance(self.app.screen, PipelineScreen))
        screen = self.app.screen
        assert isinstance(screen, PipelineScreen)
        await self.pilot.press("p")
        await self.until(lambda: screen.can_deploy)

    async def run(self, *keys: str) -> Result:
        """Press ``keys``, which start a run; its result."""
        before = self.app.keeper.run
        await self.pilot.press(*keys)
        await self.until(lambda: self.app.keeper.run is not before and self.app.keeper.run.result)
        assert self.app.keeper.run is not None
        result = self.app.keeper.run.result
        assert result is not None
        return result

    async def dashboard(self, state: str) -> None:
        """The only deployment, under the cursor, in ``state``."""
        await self.pilot.press("1")
        await self.until(lambda: isinstance(self.app.screen, DashboardScreen))
        await self.until(lambda: self._row_says(state))

    def _row_says(self, state: str) -> bool:
        screen = self.app.screen
        if not isinstance(screen, DashboardScreen) or screen.row is None:
            # Ask again now rather than when it is due.
            self.app.fleet.hurry()
            return False
        self.app.fleet.hurry()
        return screen.query_one(DeploymentTable).row_count == 1 and screen.row.status.state == state

    async def rollback(self, revision: str) -> Result:
        """``b``, then down to the revision."""
        await self.pilot.press("b")
        await self.until(lambda: isinstance(self.app.screen, ChooseScreen))
        lines = self.app.screen.query_one(OptionList)
        prompts = [str(option.prompt) for option in lines.options]
        wanted = next(number for number, text in enumerate(prompts) if revision in text)
        await self.pilot.press("home", *["down"] * wanted)
        await self.until(lambda: lines.highlighted == wanted)
        return await self.run("enter")

    async def destroy(self) -> Result:
        """``x``, the name, the button."""
        await self.ask_destroy()
        return await self.run("enter")

    async def ask_destroy(self) -> None:
        """All of it but the last key."""
        await self.pilot.press("x")
        await self.until(
            lambda: isinstance(self.app.screen, DestroyScreen) and "goes" in screen_text(self.app)
        )
        screen = self.app.screen
        assert screen.query_one("#yes").disabled
        (status,) = self.app.fleet.snapshot.statuses
        await self.pilot.press("shift+tab", *status.ref.name)
        await self.until(lambda: not screen.query_one("#yes").disabled)
        await self.pilot.press("enter")
        await self.until(lambda: self.app.focused is screen.query_one("#yes"))


def texts(log: LogView) -> list[str]:
    """Every line that the log holds."""
    return [text for _, lines, _ in log.store.chunks(log.store.first, log.store.end) for text in lines]

"""Take every picture: each screen, dark and light, at 80x24 and 120x40."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual.command import CommandList, CommandPalette
from textual.widgets import Button, OptionList

from holodeck_tui.ui.app import HolodeckApp
from holodeck_tui.ui.preferences import Preferences
from holodeck_tui.ui.screens.answers import AnswersScreen
from holodeck_tui.ui.screens.chat import ChatScreen
from holodeck_tui.ui.screens.choose import ChooseScreen
from holodeck_tui.ui.screens.dashboard import DashboardScreen
from holodeck_tui.ui.screens.destroy import DestroyScreen
from holodeck_tui.ui.screens.details import DetailScreen
from holodeck_tui.ui.screens.diff import DiffScreen
from holodeck_tui.ui.screens.logs import LogsScreen
from holodeck_tui.ui.screens.pipeline import PipelineScreen
from holodeck_tui.ui.screens.quit import QuitScreen
from holodeck_tui.ui.setting_up import TARGETS
from holodeck_tui.ui.widgets.form import Entry
from holodeck_tui.ui.widgets.log_view import LogView
from tests.screenshots.catalog import FOLDER, SIZES, THEMES, name_of
from tests.screenshots.world import SCOPES, Demo, demo
from tests.ui.conftest import screen_text, wait_for

_HOME = str(Path.home())
# Rich names a font on somebody's server; whoever looks at a picture shall not ask for it.
_FONT_FACE = re.compile(r"\s*@font-face \{.*?\}\n", re.DOTALL)


def drawing(app: HolodeckApp) -> str:
    """The screen as SVG, with whatever fixed-width font the reader has."""
    svg = _FONT_FACE.sub("\n", app.export_screenshot(title="holodeck-deploy-tui"))
    svg = svg.replace("Fira Code,", "").replace("Fira Code", "monospace")
    # Some programs drop the spaces that a line begins with.
    svg = svg.replace("<svg ", '<svg xml:space="preserve" ', 1)
    # Rich makes its ids of the contents: with fixed ones a new picture differs only where it differs.
    return re.sub(r"terminal-\d+", "terminal", svg)


class Photographer:
    """One app in one look."""

    def __init__(self, app: HolodeckApp, pilot: Any, theme: str, size: tuple[int, int]) -> None:
        self.app, self.pilot = app, pilot
        self._theme, self._size = theme, size

    async def until(self, true: Callable[[], Any]) -> Any:
        """Wait for it."""
        return await wait_for(self.pilot, true, 90)

    async def take(self, screen: str) -> None:
        """Save the screen as it is."""
        await self.pilot.pause(0.3)
        picture = drawing(self.app)
        assert _HOME not in picture, f"{screen} shows whose machine this is"
        (FOLDER / name_of(screen, self._theme, self._size)).write_text(picture, encoding="utf-8")
        print(f"  {name_of(screen, self._theme, self._size)}")


def _app(made: Demo, theme: str, *scopes: str) -> HolodeckApp:
    return HolodeckApp(made.launch(*scopes), preferences=Preferences(theme=THEMES[theme]))


async def _take_all(made: Demo, theme: str, size: tuple[int, int]) -> None:
    made.write(f"Be brief. ({theme}, {size[0]} columns)")
    app = _app(made, theme, *SCOPES)
    async with app.run_test(size=size) as pilot:
        shot = Photographer(app, pilot, theme, size)
        await pilot.press("2")
        await shot.until(lambda: isinstance(app.screen, PipelineScreen) and app.screen.can_deploy)
        await shot.take("pipeline-plan")
        await pilot.press("d")
        await shot.until(lambda: app.keeper.run and (app.keeper.run.result or _waits(app)))
        assert app.keeper.run is not None
        await shot.take("pipeline-running")
        await pilot.press("ctrl+q")
        await shot.until(lambda: isinstance(app.screen, QuitScreen))
        await shot.take("quit")
        assert app.keeper.run.running, "the run was over before its picture was taken"
        await pilot.press("escape")
        await shot.until(lambda: app.keeper.run.result)
        assert app.keeper.run.result is not None
        assert app.keeper.run.result.ok, app.keeper.run.result.error
        await shot.take("pipeline")
        await _take_dashboard(shot)
        await pilot.press("3")
        await shot.until(lambda: len(app.screen.query(Entry)) > 10 and app.focused is not None)
        await shot.take("config")
        await pilot.press("4")
        await shot.until(
            lambda: app.screen.query(OptionList) and app.screen.query_one(OptionList).option_count
        )
        await shot.take("setup")
        await _take_setup(shot)
        made.write("Crash.", well=False)
        await pilot.press("2", "p")
        await shot.until(lambda: isinstance(app.screen, PipelineScreen) and app.screen.can_deploy)
        before = app.keeper.run
        await pilot.press("d")
        await shot.until(lambda: app.keeper.run is not before and app.keeper.run.result)
        assert not app.keeper.run.result.ok
        await shot.until(lambda: "Do:" in screen_text(app))
        await shot.take("pipeline-failed")


async def _take_setup(shot: Photographer) -> None:
    """A target, what its login sees, and the change that it comes to; nothing is written."""
    app, pilot = shot.app, shot.pilot

    async def choose(target: str) -> None:
        await pilot.press("t")
        await shot.until(lambda: isinstance(app.screen, ChooseScreen))
        await shot.take("setup-target")
        await pilot.press(*["down"] * [*TARGETS].index(target), "enter")

    await choose("ecs-express")
    await shot.until(lambda: "which registry" in screen_text(app))
    await shot.take("setup-registry")
    await pilot.press("escape")
    await shot.until(lambda: not app.screen.is_modal)
    await choose("aws")
    await shot.until(lambda: isinstance(app.screen, AnswersScreen))
    await shot.take("setup-questions")
    app.screen.query_one("#go", Button).press()
    await shot.until(lambda: isinstance(app.screen, DiffScreen))
    await shot.take("setup-diff")
    # Back from a step to the one before.
    while app.screen.is_modal:
        await pilot.press("escape")
        await pilot.pause(0.5)


def _waits(app: HolodeckApp) -> bool:
    run = app.keeper.run
    return run is not None and run.step == "run" and run.doing.startswith("waits for")


async def _take_dashboard(shot: Photographer) -> None:
    app, pilot = shot.app, shot.pilot
    await pilot.press("1")
    await shot.until(lambda: "ticket-routing" in screen_text(app) and not app.fleet.snapshot.loading)
    # Some rounds of health for the sparkline, and what no listing judges.
    await pilot.pause(24)
    await pilot.press("home")
    _go_to(app, "local")
    await shot.take("dashboard")
    await pilot.press("question_mark")
    await shot.take("help")
    await pilot.press("escape")
    await _take_dialogs(shot)
    await pilot.press("l")
    await shot.until(lambda: isinstance(app.screen, LogsScreen) and app.screen.query_one(LogView).shown > 30)
    await shot.take("logs")
    await pilot.press("escape")
    await pilot.press("x")
    await shot.until(lambda: isinstance(app.screen, DestroyScreen) and "goes" in screen_text(app))
    await shot.take("destroy")
    await pilot.press("escape")


async def _take_dialogs(shot: Photographer) -> None:
    """What opens over the dashboard, of the deployment on this machine; a server of the tests chats."""
    app, pilot = shot.app, shot.pilot
    await pilot.press("enter")
    await shot.until(lambda: isinstance(app.screen, DetailScreen))
    await shot.take("details")
    await pilot.press("escape", "b")
    await shot.until(lambda: isinstance(app.screen, ChooseScreen))
    await shot.take("rollback")
    await pilot.press("escape")
    _go_to(app, "aws")
    await pilot.press("c")
    await shot.until(lambda: isinstance(app.screen, ChatScreen))
    await pilot.press(*"my invoice is wrong", "enter")
    await shot.until(lambda: app.screen.query(".answer"))
    await shot.take("chat")
    await pilot.press("escape")
    _go_to(app, "local")
    await pilot.press("ctrl+p")
    await shot.until(
        lambda: isinstance(app.screen, CommandPalette) and app.screen.query_one(CommandList).option_count > 10
    )
    await shot.take("palette")
    await pilot.press("escape")


def _go_to(app: HolodeckApp, provider: str) -> None:
    screen = app.screen
    assert isinstance(screen, DashboardScreen)
    screen.show(next(one.ref for one in app.fleet.snapshot.statuses if one.ref.provider == provider))


async def _take_empty(made: Demo, theme: str, size: tuple[int, int]) -> None:
    app = _app(made, theme, "local")
    async with app.run_test(size=size) as pilot:
        shot = Photographer(app, pilot, theme, size)
        await shot.until(lambda: "Nothing deployed yet" in screen_text(app))
        await shot.take("empty")


def main() -> int:
    """All of them; some minutes."""
    FOLDER.mkdir(exist_ok=True)
    with demo() as made:
        looks = [(theme, size) for theme in THEMES for size in SIZES]
        for look in looks:
            asyncio.run(_take_empty(made, *look))
        made.deploy("Be kind.")
        for look in looks:
            asyncio.run(_take_all(made, *look))
    return 0


if __name__ == "__main__":
    sys.exit(main())

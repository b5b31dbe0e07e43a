"""80 columns: words of the footer are whole or absent, and a finding goes on below its beginning."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import OptionList

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.events import Result
from holodeck_tui.deployers.checks import Check
from holodeck_tui.ui.screens.setup import SetupScreen
from holodeck_tui.ui.setting_up import Survey
from holodeck_tui.ui.widgets.place_footer import PlaceFooter
from tests.ui.agents import AgentFolder
from tests.ui.conftest import Eventually, screen_text

pytestmark = pytest.mark.ui


@pytest.fixture
def agent(tmp_path: Path, sealed_home: Path) -> AgentFolder:
    return AgentFolder(tmp_path, sealed_home)


@pytest.mark.parametrize("place", "1234")
async def test_the_footer_cuts_no_word_and_keeps_the_way_to_the_help(
    agent: AgentFolder, eventually: Eventually, place: str
) -> None:
    app = agent.app(scopes=("local",))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(place)
        words = await eventually(pilot, lambda: list(app.screen.query_one(PlaceFooter).children))
        assert max(one.region.right for one in words) <= 80
        last = screen_text(app).splitlines()[-1]
        assert "^q quit" in last
        assert "? help" in last


async def test_the_footer_uses_the_room_that_there_is(agent: AgentFolder, eventually: Eventually) -> None:
    app = agent.app(scopes=("local",))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("3")
        await eventually(pilot, lambda: "? help" in screen_text(app).splitlines()[-1])
        assert "$EDITOR" not in screen_text(app).splitlines()[-1]
        await pilot.resize_terminal(160, 45)
        await eventually(pilot, lambda: "^p everything" in screen_text(app).splitlines()[-1])
        assert "^e $EDITOR" in screen_text(app).splitlines()[-1]
        await pilot.resize_terminal(80, 24)
        await eventually(pilot, lambda: "$EDITOR" not in screen_text(app).splitlines()[-1])


@pytest.mark.parametrize("width", [60, 80, 120])
async def test_a_long_finding_goes_on_below_its_beginning(
    agent: AgentFolder, eventually: Eventually, width: int
) -> None:
    app = agent.app(scopes=("local",))
    async with app.run_test(size=(width, 24)) as pilot:
        await pilot.press("4")
        screen = await eventually(pilot, lambda: isinstance(app.screen, SetupScreen) and app.screen)
        await eventually(pilot, lambda: screen._checks)
        words = " ".join(f"word{number}" for number in range(40))
        screen._found(Survey((Check("engine", "fail", words, "do this"),)))
        await pilot.pause()
        drawn = [line for line in screen_text(app).splitlines() if "word" in line]
        assert len(drawn) > 1
        assert {line.index("word") for line in drawn} == {drawn[0].index("word")}
        assert " ".join(" ".join(line.split()[-line.count("word") :]) for line in drawn) == words
        await pilot.resize_terminal(width + 60, 24)
        await eventually(pilot, lambda: screen_text(app).count("\n") and "word0" in screen_text(app))
        await eventually(
            pilot, lambda: sum("word" in line for line in screen_text(app).splitlines()) < len(drawn)
        )
        assert len(screen.query_one(OptionList).options) == 1


async def test_the_line_of_the_run_shows_where_it_was_cut(agent: AgentFolder, eventually: Eventually) -> None:
    def work(_ctx: Context) -> Result:
        raise DeploymentError("base-unavailable", f"The base image {'a' * 60} cannot be had.")

    app = agent.app(scopes=("local",))
    async with app.run_test(size=(80, 24)) as pilot:
        app.keeper.start("deploy", work)
        await eventually(pilot, lambda: "The base image" in screen_text(app))
        line = next(one for one in screen_text(app).splitlines() if "The base image" in one)
        assert line.rstrip().endswith("a…")


async def test_a_long_filter_leaves_room_for_the_count(agent: AgentFolder, eventually: Eventually) -> None:
    app = agent.app(scopes=("local",))
    async with app.run_test(size=(80, 24)) as pilot:
        await eventually(pilot, lambda: "checked" in screen_text(app))
        await pilot.press("slash", *"x" * 90)
        await eventually(pilot, lambda: "xxx" in screen_text(app).splitlines()[1])
        assert " deployments · " in screen_text(app).splitlines()[1]

"""What a key copies of what is to be done, and where it is told."""

from __future__ import annotations

import pytest
from textual.widgets import OptionList, Static
from textual.widgets._toast import Toast

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.checks import Check
from holodeck_tui.ui.app import HolodeckApp
from holodeck_tui.ui.screens.pipeline import PipelineScreen
from holodeck_tui.ui.screens.setup import SetupScreen
from holodeck_tui.ui.setting_up import Survey
from tests.ui.conftest import Eventually, screen_text

pytestmark = pytest.mark.ui
YAML = "aws: {service: ecs-express}"
REMEDY = f"If App Runner refuses, write in deploy.yaml: {YAML}  (then plan again)"
ALONE = "Ask who owns the account to allow it."


async def told_beside(app: HolodeckApp, pilot: object, eventually: Eventually, remedy: str) -> None:
    """The notice says what was copied, and what to do can still be read."""
    shown = await eventually(pilot, lambda: [one for one in app.screen.query(Toast) if one.region])
    words = app.screen.query_one(remedy).region
    assert not any(one.region.overlaps(words) for one in shown)
    text = screen_text(app)
    assert "Copied" in text
    assert text.count(YAML) == 2
    assert "(then plan again)" in text


async def test_the_part_of_a_pipelines_remedy_that_can_be_pasted_is_copied(
    quiet: HolodeckApp, eventually: Eventually
) -> None:
    async with quiet.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.press("2")
        screen = quiet.screen
        assert isinstance(screen, PipelineScreen)
        await eventually(pilot, lambda: screen.can_deploy)
        screen._not_planned(screen._planning, DeploymentError("unsupported", "It is closed.", remedy=REMEDY))
        await eventually(pilot, lambda: "(y copies it)" in screen_text(quiet))
        await pilot.press("y")
        assert quiet.clipboard == YAML
        await told_beside(quiet, pilot, eventually, "#failure-words")
        screen._not_planned(screen._planning, DeploymentError("unsupported", "It is closed.", remedy=ALONE))
        await eventually(pilot, lambda: ALONE in screen_text(quiet))
        assert "(y copies it)" not in screen_text(quiet)
        assert "copy the remedy" not in screen_text(quiet)


async def test_the_part_of_a_findings_remedy_that_can_be_pasted_is_copied(
    quiet: HolodeckApp, eventually: Eventually
) -> None:
    async with quiet.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.press("4")
        screen = quiet.screen
        assert isinstance(screen, SetupScreen)
        await eventually(pilot, lambda: screen._checks)
        screen._found(Survey((Check("one", "fail", "closed", REMEDY), Check("two", "fail", "locked", ALONE))))
        screen._asking = True  # it looks no more
        await eventually(pilot, lambda: screen.query_one(OptionList).option_count == 2)
        screen.query_one(OptionList).highlighted = 0
        await eventually(pilot, lambda: "(y copies it)" in screen_text(quiet))
        await pilot.press("y")
        assert quiet.clipboard == YAML
        await told_beside(quiet, pilot, eventually, "#setup-told")
        await pilot.press("down")
        await eventually(pilot, lambda: ALONE in str(screen.query_one("#setup-told", Static).content))
        assert "(y copies it)" not in screen_text(quiet)
        await pilot.press("y")
        assert quiet.clipboard == YAML

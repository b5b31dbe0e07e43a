"""Hostile text in the pipeline, the configuration, setup, notices and what is pasted."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.events import Paste
from textual.widgets import Input

from holodeck_tui.bundle.bundle import Variable
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.events import (
    LogLines,
    Notice,
    Progress,
    Result,
    StepFailed,
    StepFinished,
    StepStarted,
    Waiting,
)
from holodeck_tui.core.values import Change, Deployment, ImageRef, Step
from holodeck_tui.deployers.checks import Check
from holodeck_tui.deployers.looking import Found, SeenRegistry
from holodeck_tui.deployers.registries import offers
from holodeck_tui.pipeline import found
from holodeck_tui.pipeline.types import ChatReply, Plan, PlannedStep
from holodeck_tui.ui.app import HolodeckApp
from holodeck_tui.ui.deploying import Planned
from holodeck_tui.ui.run_keeper import Work
from holodeck_tui.ui.screens import operate, pipeline, setup, setup_guide, where
from holodeck_tui.ui.screens.answers import AnswersScreen
from holodeck_tui.ui.screens.choose import ChooseScreen
from holodeck_tui.ui.screens.quit import QuitScreen
from holodeck_tui.ui.setting_up import Seen, Survey
from holodeck_tui.ui.widgets.yaml_pane import YamlPane
from tests.ui.conftest import Eventually, screen_text
from tests.ui.test_ui_injection import FORBIDDEN, HOSTILE, check, hostile_status, tell

pytestmark = pytest.mark.ui
SIZES = [(80, 24), (160, 45)]


def error() -> DeploymentError:
    return DeploymentError("network", HOSTILE, reason=HOSTILE, remedy=HOSTILE, details=[HOSTILE])


@pytest.mark.parametrize("size", SIZES)
async def test_a_plan(
    quiet: HolodeckApp, eventually: Eventually, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: tuple[Step, ...] = ("bundle", "build", "push", "run", "verify")
    plan = Plan(
        HOSTILE,
        "live",
        tuple(PlannedStep(step, "run", HOSTILE) for step in steps),
        (Change(HOSTILE, HOSTILE, HOSTILE),),
        (Variable(HOSTILE, HOSTILE, True, HOSTILE, HOSTILE),),
        (HOSTILE,),
    )
    planned = Planned(plan, f"aws:{HOSTILE}", (HOSTILE,), HOSTILE, HOSTILE)
    monkeypatch.setattr(pipeline, "make_plan", lambda *_: planned)
    monkeypatch.setattr(where, "environments", lambda *_: (HOSTILE,))
    app = quiet
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.press("2")
        await eventually(pilot, lambda: "against the live service" in screen_text(app))
        assert "tail" in check(app)
        await pilot.press("e")
        await eventually(pilot, lambda: isinstance(app.screen, ChooseScreen))
        assert "tail" in check(app)


@pytest.mark.parametrize("size", SIZES)
async def test_every_event_of_a_run(
    quiet: HolodeckApp, eventually: Eventually, size: tuple[int, int]
) -> None:
    """Straight into the app, past the engine's own cleaning."""
    ref = hostile_status().ref
    image = ImageRef(f"i/{HOSTILE}:{HOSTILE}", HOSTILE)

    def again(_steps: tuple[Step, ...]) -> Work:
        return work

    def work(ctx: Context) -> Result:
        ctx.emit(StepStarted("build"))
        ctx.emit(LogLines("build", (HOSTILE, "x" * 500_000 + HOSTILE)))
        ctx.emit(Notice(HOSTILE))
        ctx.emit(Notice(HOSTILE, "warning"))
        ctx.emit(StepFinished("build", 1.0, detail=HOSTILE))
        ctx.emit(StepStarted("push"))
        ctx.emit(Progress("push", HOSTILE, 1_000_000, 9_000_000))
        ctx.emit(Progress("push", "total", 1_000_000, 9_000_000))
        ctx.emit(Waiting("push", HOSTILE, 60.0))
        ctx.cancel.sleep(60)
        ctx.emit(StepFailed("push", error()))
        deployed = Deployment(ref, f"http://x/{HOSTILE}", "degraded", HOSTILE, image)
        return Result(False, 3, HOSTILE, image, deployed, error())

    app = quiet
    async with app.run_test(size=size, notifications=True) as pilot:
        run = app.keeper.start(f"deploy {HOSTILE}", again(()), again)
        await eventually(pilot, lambda: "tail" in screen_text(app))
        assert "tail" in check(app)
        await pilot.press("2")
        await eventually(pilot, lambda: "1.0 MB of 9.0 MB" in screen_text(app))
        assert "tail" in check(app)
        await pilot.press("ctrl+q")
        await eventually(pilot, lambda: isinstance(app.screen, QuitScreen))
        check(app)
        await pilot.press("escape", "ctrl+c")
        await eventually(pilot, run.done.is_set)
        await eventually(pilot, lambda: "Why: " in screen_text(app))
        assert "tail" in check(app)
        await pilot.press("y")
        assert not FORBIDDEN & set(app.clipboard)
        await pilot.press("1")
        await pilot.pause(0.3)
        check(app)


@pytest.mark.parametrize("size", SIZES)
async def test_setup_and_its_choices(
    quiet: HolodeckApp, eventually: Eventually, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = tuple(Check(f"{number}{HOSTILE}", "fail", HOSTILE, HOSTILE) for number in range(3))
    choices = dict.fromkeys(("region", "ecr_role_arn", "instance_role_arn"), (HOSTILE, f"b{HOSTILE}"))
    seen = Found(HOSTILE, choices, (SeenRegistry(HOSTILE, (HOSTILE,)),), error())
    monkeypatch.setattr(setup, "survey", lambda *_: Survey(checks))
    monkeypatch.setattr(
        setup_guide, "look_around", lambda *_: Seen(seen, offers("app-runner", seen, "greeter"))
    )
    app = quiet
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.press("4")
        await eventually(pilot, lambda: "3 findings" in screen_text(app))
        assert "tail" in check(app)
        await pilot.press("y")
        assert not FORBIDDEN & set(app.clipboard)
        await pilot.press("t", "down", "enter")
        await eventually(pilot, lambda: isinstance(app.screen, AnswersScreen))
        check(app)
        for key in ("ctrl+n", "down", "ctrl+n", "down", "down", "ctrl+n"):
            await pilot.press(key)
            await pilot.pause(0.05)
            check(app)


async def test_notices_chat_and_the_palette(
    quiet: HolodeckApp, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(found, "chat", lambda *_: ChatReply(HOSTILE))
    app = quiet
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        tell(app)
        await eventually(pilot, lambda: "degraded" in screen_text(app))
        operate.tell(app, error())
        await eventually(pilot, lambda: app.screen.query("Toast"))
        assert "tail" in check(app)
        await pilot.press("y", "ctrl+p")
        await pilot.press(*"Go to a1")
        await eventually(pilot, lambda: "[bold]markup" in screen_text(app))
        check(app)
        await pilot.press("escape", "c")
        await eventually(pilot, lambda: app.screen.query("#message"))
        await pilot.press("h", "enter")
        await eventually(pilot, lambda: app.screen.query(".answer"))
        assert "tail" in check(app)


async def test_problems_of_the_files(quiet: HolodeckApp, eventually: Eventually, agent: Path) -> None:
    written = '"\\r\\e]0;title\\a\\e[2J\\x9b31m [bold]x[/] \\u202egnp tail"'
    more = f"\n{written}: 1\ndeployment:\n  target: {{provider: aws, aws: {{region: {written}}}}}\n"
    agent.write_text(agent.read_text().partition("deployment:")[0] + more)
    app = quiet
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await pilot.press("3")
        await eventually(pilot, lambda: "problem" in screen_text(app))
        check(app)
        await pilot.press("f8", "ctrl+s", "f2")
        await pilot.pause(0.3)
        check(app)
        await pilot.press("2")
        await eventually(pilot, lambda: "There is no plan" in screen_text(app))
        check(app)


async def test_what_is_pasted(quiet: HolodeckApp, eventually: Eventually) -> None:
    app = quiet
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        tell(app)
        await eventually(pilot, lambda: "degraded" in screen_text(app))
        await pilot.press("slash")
        app.post_message(Paste(f"C:\\Users\\me\tx\r{HOSTILE[1:]}\r"))
        field = app.screen.query_one("#filter", Input)
        await eventually(pilot, lambda: "tail" in field.value)
        assert field.value.startswith("C:\\Users\\me x ")
        assert not FORBIDDEN & set(field.value)
        check(app)
        await pilot.press("escape", "3")
        await eventually(pilot, lambda: app.screen.query(YamlPane) and app.screen.query("Entry"))
        pane = app.screen.query_one(YamlPane)
        pane.focus()
        await pilot.pause()
        app.post_message(Paste(f"# one {HOSTILE[1:]}\r# two\r"))
        await eventually(pilot, lambda: "# two\n" in pane.text)
        assert "# one" in pane.text
        assert not (FORBIDDEN - {"\n"}) & set(pane.text)
        check(app)

"""The pipeline screen on the real engine: planned, deployed, failed, gone on with, left and come back to."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled
from holodeck_tui.core.events import Progress, Result, StepStarted
from holodeck_tui.core.remedy import pasteable
from holodeck_tui.ui.app import HolodeckApp
from holodeck_tui.ui.deploying import Planned, make_plan
from holodeck_tui.ui.preferences import Preferences
from holodeck_tui.ui.screens import pipeline
from holodeck_tui.ui.screens.pipeline import PipelineScreen
from holodeck_tui.ui.widgets.failure import Failure
from holodeck_tui.ui.widgets.log_view import LogView
from tests.ui.agents import AgentFolder
from tests.ui.conftest import screen_text

pytestmark = [
    pytest.mark.ui,
    pytest.mark.skipif(os.name != "posix", reason="the process runtime is of POSIX"),
]


async def until(pilot: Pilot[Any], true: Callable[[], object], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        await pilot.pause(0.05)
    await pilot.pause()


def text(app: HolodeckApp, selector: str) -> str:
    return str(app.screen.query_one(selector, Static).content)


async def planned(pilot: Pilot[Any]) -> PipelineScreen:
    await pilot.press("2")
    app = pilot.app
    await until(pilot, lambda: isinstance(app.screen, PipelineScreen) and app.screen.can_deploy)
    assert isinstance(app.screen, PipelineScreen)
    return app.screen


async def test_the_plan_comes_first_and_says_what_each_step_would_do(agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(100, 30)) as pilot:
        await planned(pilot)
        steps = text(app, "StepList").splitlines()
        assert [line.split()[1:3] for line in steps] == [
            ["bundle", "run"],
            ["build", "skip"],
            ["push", "skip"],
            ["run", "run"],
            ["verify", "run"],
        ]
        assert "as a process of this machine" in steps[1]
        assert f"absent → holodeck-{agent.name}" in text(app, "#pipeline-facts")
        assert app.keeper.run is None


async def test_a_deploy_that_is_asked_for_while_the_plan_is_made_says_so(
    agent: AgentFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go = threading.Event()

    def slow(*given: Any) -> Planned:
        let_go.wait(30)
        return make_plan(*given)

    monkeypatch.setattr(pipeline, "make_plan", slow)
    app = agent.app()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: "d deploy" in screen_text(app))
        await pilot.press("d")
        await until(pilot, lambda: "d deploys once it is there" in " ".join(screen_text(app).split()))
        let_go.set()
        await planned(pilot)
        await pilot.pause(0.5)
        assert app.keeper.run is None


@pytest.mark.slow
async def test_a_deploy_goes_on_while_its_screen_is_left_and_ends_healthy(agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await planned(pilot)
        await pilot.press("d")
        await until(pilot, lambda: "waits for" in text(app, "StepList"))
        assert "at most" in text(app, "StepList")
        await pilot.press("escape")
        await pilot.pause()
        assert app.current_mode == "deployments"
        assert app.keeper.busy
        assert "deploy" in text(app, "RunLine")
        await pilot.press("2")
        await until(pilot, lambda: not app.keeper.busy)
        await until(pilot, lambda: "healthy" in text(app, "#pipeline-facts"))
        assert "http://127.0.0.1:" in text(app, "#pipeline-facts")
        assert screen.deployed is not None
        assert screen.query_one(LogView).shown > 0
        run = app.keeper.run
        # The plan before that run says nothing of what a deploy would do now.
        await pilot.press("d")
        await until(pilot, lambda: screen.can_deploy)
        assert "Up to date" in text(app, "#pipeline-facts")
        assert app.keeper.run is run


@pytest.mark.slow
async def test_a_failure_says_what_to_do_and_is_gone_on_with(agent: AgentFolder) -> None:
    agent.write_overlay(timeout=0.3)
    app = agent.app()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await planned(pilot)
        await pilot.press("d")
        await until(pilot, lambda: app.keeper.run is not None and not app.keeper.busy)
        await until(pilot, lambda: screen.query_one(Failure).display)
        words = text(app, "#failure-words")
        assert app.keeper.run is not None
        assert app.keeper.run.result is not None
        error = app.keeper.run.result.error
        assert error is not None
        assert error.message in words
        assert "Why: " in words
        await pilot.press("y")
        assert app.clipboard == pasteable(error.remedy)
        agent.write_overlay(timeout=90)
        await pilot.press("r")
        await until(pilot, lambda: app.keeper.busy)
        assert "earlier" in text(app, "StepList").splitlines()[1]
        await until(pilot, lambda: not app.keeper.busy)
        await until(pilot, lambda: "healthy" in text(app, "#pipeline-facts"))
        assert not screen.query_one(Failure).display


async def test_what_is_wrong_with_the_files_stands_in_place_of_a_plan(agent: AgentFolder) -> None:
    agent.agent.write_text(agent.agent.read_text() + "deployment: {port: high}\n")
    app = agent.app()
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, PipelineScreen))
        await until(pilot, lambda: app.screen.query_one(Failure).display)
        assert "not valid" in text(app, "#failure-words")
        assert "port" in text(app, "#failure-details")
        await pilot.press("d")
        assert app.keeper.run is None


async def test_where_nothing_says_where_the_keys_that_do_are_named(agent: AgentFolder) -> None:
    agent.overlay.unlink()
    app = agent.app()
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.current_mode == "setup")
        await pilot.press("2")
        await until(pilot, lambda: "t chooses where it shall go, 4 writes that down." in screen_text(app))


@pytest.mark.slow
async def test_a_run_is_cancelled_by_key(agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(100, 30)) as pilot:
        await planned(pilot)
        await pilot.press("d")
        await until(pilot, lambda: "waits for" in text(app, "StepList"))
        await pilot.press("ctrl+c")
        await until(pilot, lambda: not app.keeper.busy, 20)
        assert app.keeper.run is not None
        assert app.keeper.run.result is not None
        assert app.keeper.run.result.exit_code == 130


async def test_another_target_and_environment_are_planned(agent: AgentFolder) -> None:
    agent.write_overlay(more="environments: {staging: {health: {timeout: 33}}}\n")
    app = agent.app()
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await planned(pilot)
        await pilot.press("e")
        await until(pilot, lambda: app.screen is not screen)
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.screen is screen and screen.can_deploy)
        assert "at most 33 s" in text(app, "StepList")
        assert "staging" in text(app, "#pipeline-title")
        await pilot.press("t")
        await until(pilot, lambda: app.screen is not screen)
        await pilot.press("down", "down", "enter")
        await until(pilot, lambda: screen.query_one(Failure).display)
        assert "aws" in text(app, "#failure-words")


async def test_read_only_has_no_key_that_changes_anything(agent: AgentFolder) -> None:
    app = agent.app(read_only=True)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, PipelineScreen) and app.screen.can_deploy)
        await pilot.press("d")
        await pilot.pause()
        assert app.keeper.run is None


async def test_text_from_outside_is_only_text(agent: AgentFolder) -> None:
    hostile = "greeter [red]x[/red] \x1b]0;owned\x07\x1b[2J\x9b31m\u202eabc"
    agent.write_overlay(more="environments: {staging: {}}\n")
    agent.agent.write_text(
        'name: "greeter [red]x[/red] \\e]0;owned\\a\\e[2J\\x9b31m\\u202eabc"\n'
        "model: {provider: ollama, name: llama3}\ninstructions: {file: prompt.md}\n"
    )
    app = agent.app()
    async with app.run_test(size=(100, 30)) as pilot:
        await planned(pilot)
        shown = text(app, "#pipeline-title") + text(app, "#pipeline-facts") + text(app, "StepList")
        assert "[red]x[/red]" in shown
        assert not set(hostile[len("greeter [red]x[/red] ") :]) & set("\x1b\x07\x9b\u202e") & set(shown)


async def test_a_run_that_is_asked_to_stop_says_so_until_it_has_and_covers_nothing_then(
    agent: AgentFolder,
) -> None:
    let_go = threading.Event()

    def work(_ctx: Context) -> Result:
        let_go.wait(30)
        raise Cancelled

    app = agent.app()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await planned(pilot)
        app.keeper.start("deploy", work)
        await until(pilot, lambda: "deploy" in text(app, "#pipeline-title"))
        await pilot.press("ctrl+c")
        assert "stopping" in text(app, "#pipeline-title")
        await pilot.press("1")
        await until(pilot, lambda: "stopping" in text(app, "RunLine"))
        let_go.set()
        await pilot.press("2")
        await until(pilot, lambda: app.screen.query_one(Failure).display)
        assert "stopping" not in text(app, "#pipeline-title")
        assert not app._notifications


@pytest.mark.parametrize(
    ("deploys", "told"), [(True, "f9 goes on where it can"), (False, "1 leads to the deployments")]
)
async def test_a_run_that_was_stopped_names_the_key_that_goes_on(
    agent: AgentFolder, deploys: bool, told: str
) -> None:
    def work(_ctx: Context) -> Result:
        raise Cancelled

    app = HolodeckApp(agent.app().launch, preferences=Preferences(keymap={"pipeline.retry": "f9"}))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await planned(pilot)
        app.keeper.start("a run", work, (lambda _: work) if deploys else None)
        await until(pilot, lambda: screen.query_one(Failure).display)
        words = text(app, "#failure-words")
        assert f"Do:  {told}" in words
        assert "command" not in words
        assert not screen.remedy


async def test_each_layer_is_told_before_anybody_knows_how_much_there_is_in_all(agent: AgentFolder) -> None:
    let_go = threading.Event()

    def work(ctx: Context) -> Result:
        ctx.emit(StepStarted("push"))
        ctx.emit(Progress("push", "7822f5f19550", 5_000_000, 20_000_000))
        let_go.wait(30)
        raise Cancelled

    app = agent.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await planned(pilot)
        app.keeper.start("deploy", work)
        await until(pilot, lambda: "7822f5f19550   25% of 20.0 MB" in text(app, "StepList"))
        let_go.set()
        await until(pilot, lambda: app.screen.query_one(Failure).display)

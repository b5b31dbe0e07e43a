"""Setup on real files: found live, proposed, shown as a diff, written after a yes, then the pipeline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input, OptionList

from holodeck_tui.deployers.looking import Found, SeenRegistry
from holodeck_tui.pipeline import discover
from holodeck_tui.ui.questions import Wanted
from holodeck_tui.ui.screens.answers import AnswersScreen
from holodeck_tui.ui.screens.choose import ChooseScreen
from holodeck_tui.ui.screens.diff import DiffScreen
from holodeck_tui.ui.screens.pipeline import PipelineScreen
from holodeck_tui.ui.screens.setup import SetupScreen
from holodeck_tui.ui.setting_up import propose
from tests.ui.agents import AgentFolder
from tests.ui.conftest import screen_text

pytestmark = pytest.mark.ui


async def until(pilot: Pilot[Any], true: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        await pilot.pause(0.05)
    await pilot.pause()


async def opened(pilot: Pilot[Any]) -> SetupScreen:
    await pilot.press("4")
    app = pilot.app
    await until(pilot, lambda: isinstance(app.screen, SetupScreen))
    assert isinstance(app.screen, SetupScreen)
    return app.screen


async def test_findings_stand_there_as_doctor_says_them(agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        await until(pilot, lambda: screen._checks)
        lines = [str(option.prompt) for option in screen.query_one(OptionList).options]
        assert any("python" in line for line in lines)
        assert len(lines) == len(screen._shown)


async def test_a_folder_without_an_agent_is_not_ready(agent: AgentFolder) -> None:
    agent.agent.unlink()
    app = agent.app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        await until(pilot, lambda: screen._checks)
        text = screen_text(app)
        assert "1 finding to mend" in text or "findings to mend" in text
        assert "agent.yaml does not exist" in " ".join(text.split())
        assert "path/to/agent.yaml" in text


async def test_this_machine_is_one_choice_one_diff_and_one_key_to_the_pipeline(agent: AgentFolder) -> None:
    before = agent.agent.read_bytes()
    app = agent.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        assert not agent.overlay.exists()
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, SetupScreen))
        assert agent.overlay.read_text() == "target: local\n"
        assert agent.agent.read_bytes() == before
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, PipelineScreen))


async def test_a_cloud_asks_only_what_has_no_default_and_writes_the_smallest_section(
    agent: AgentFolder,
) -> None:
    app = agent.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
        chooser = app.screen
        await pilot.press("down", "down", "down", "enter")
        await until(pilot, lambda: app.screen is not chooser and isinstance(app.screen, ChooseScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, AnswersScreen))
        url, repository, project = app.screen.query(Input)
        assert repository.value == f"agents/{agent.name}"
        url.value, project.value = "us-central1-docker.pkg.dev/my-project-1", "my-project-1"
        await pilot.click("#go")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        assert not app.screen._problems  # type: ignore[attr-defined]
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, SetupScreen))
        text = agent.agent.read_text()
        assert "provider: gcp" in text
        assert "project_id: my-project-1" in text


async def test_what_would_not_be_valid_is_not_written(agent: AgentFolder) -> None:
    before = agent.agent.read_bytes()
    app = agent.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
        chooser = app.screen
        await pilot.press("down", "down", "down", "enter")
        await until(pilot, lambda: app.screen is not chooser and isinstance(app.screen, ChooseScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, AnswersScreen))
        fields = list(app.screen.query(Input))
        fields[0].value, fields[2].value = "us-central1-docker.pkg.dev/my-project-1", "NOT A PROJECT"
        await pilot.click("#go")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        await pilot.press("y")
        await pilot.pause()
        assert agent.agent.read_bytes() == before


async def test_what_is_there_already_is_nothing_to_write(agent: AgentFolder) -> None:
    agent.overlay.write_text("target: local\n")
    told: list[str] = []
    app = agent.app()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        app.notify = lambda text, **_: told.append(text)  # type: ignore[method-assign]
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is screen and told)
        assert told == ["The files say so already. d shows the plan."]
        assert agent.overlay.read_text() == "target: local\n"


async def test_set_up_again_for_another_target_keeps_what_stands_beside(agent: AgentFolder) -> None:
    agent.overlay.write_text("target: local  # for now\nlocal: {port: 8123}\n")
    before = agent.agent.read_text()
    agent.agent.write_text(
        f"{before}deployment:\n  registry: {{url: ghcr.io, repository: me/it, tag_strategy: latest}}\n"
        "  port: 9000\n  target: {provider: gcp, gcp: {project_id: my-project-1}}\n"
    )
    given = [
        (("deployment", "registry", "url"), "docker.io"),
        (("deployment", "registry", "repository"), "me/it"),
        (("deployment", "target", "gcp", "project_id"), "my-project-2"),
    ]
    launch = agent.app().launch
    same = propose(launch, "gcp", given)
    assert [file.path.name for file in same.files] == ["deploy.yaml", "agent.yaml"]
    for file in same.files:
        file.save()
    text = agent.agent.read_text()
    assert "url: docker.io" in text
    assert "tag_strategy: latest" in text
    assert "port: 9000" in text
    assert "project_id: my-project-2" in text
    # What deploy.yaml names would go on to decide.
    assert agent.overlay.read_text() == "target: gcp  # for now\nlocal: {port: 8123}\n"
    other = [*given[:2], (("deployment", "target", "aws", "region"), "eu-west-1")]
    for file in propose(launch, "aws", other).files:
        file.save()
    text = agent.agent.read_text()
    assert "provider: aws" in text
    assert "my-project-2" not in text
    assert propose(launch, "aws", other).files == ()


async def test_ecs_express_writes_both_files_after_one_diff(
    agent: AgentFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    roles = {
        name: (f"arn:aws:iam::123456789012:role/{name}",)
        for name in ("infrastructure_role_arn", "execution_role_arn")
    }
    host = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
    seen = Found(
        "123456789012 / eu-west-1", {"region": ("eu-west-1",), **roles}, (SeenRegistry(host, (agent.name,)),)
    )
    asked: list[str] = []
    monkeypatch.setattr(discover, "discover", lambda target, *_: asked.append(target) or seen)
    app = agent.app()
    async with app.run_test(size=(100, 40)) as pilot:
        await opened(pilot)
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
        chooser = app.screen
        await pilot.press("down", "down", "enter")
        await until(pilot, lambda: app.screen is not chooser and isinstance(app.screen, ChooseScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, AnswersScreen))
        assert asked == ["aws"]
        while not isinstance(app.focused, Button):
            await pilot.press("tab")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        assert not app.screen._problems  # type: ignore[attr-defined]
        assert not agent.overlay.exists()
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, SetupScreen) and agent.overlay.exists())
        await until(pilot, lambda: "provider: aws" in agent.agent.read_text())
        settings = app.backend.settings(rehearsal=True)
        assert settings.overlay.aws.service == "ecs-express"
        assert settings.overlay.aws.execution_role_arn == roles["execution_role_arn"][0]
        assert settings.deployment.target.aws.region == "eu-west-1"


async def test_a_long_diff_is_read_by_keys_and_its_answers_stay_in_sight(agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        app.push_screen(DiffScreen("Write it?", [f"+line {number}" for number in range(99)]))
        await until(pilot, lambda: app.screen.query("#yes"))
        assert app.screen.query_one("#yes").region.bottom < 24
        assert app.screen.query_one("#yes").has_focus
        lines = app.screen.query_one("#diff-lines")
        await pilot.press("down", "pagedown")
        await until(pilot, lambda: lines.scroll_y > 5)
        await pilot.press("pageup", "up")
        await until(pilot, lambda: lines.scroll_y == 0)


async def test_many_problems_and_long_lines_can_all_be_read_beside_the_way_back(agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        problems = [f"agent.yaml:{line}: {'a long story ' * 8}" for line in range(9)]
        app.push_screen(DiffScreen("Write it?", [f"+{'x' * 200} the end"], problems))
        await until(pilot, lambda: app.screen.query("#no") and app.screen.query_one("#no").region.height)
        assert app.screen.query_one("#no").region.bottom < 24
        lines = app.screen.query_one("#diff-lines")
        await until(pilot, lambda: "agent.yaml:0" in screen_text(app))
        await pilot.press("pagedown", "pagedown", "pagedown")
        await until(pilot, lambda: lines.scroll_y == lines.max_scroll_y > 0)
        await until(pilot, lambda: "the end" in screen_text(app))


async def test_a_repeated_enter_goes_down_one_question_at_a_time(agent: AgentFolder) -> None:
    app = agent.app()
    questions = [Wanted(("deployment", name), name, "a question", "answered") for name in "abc"]
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        app.push_screen(AnswersScreen("Questions", "", questions))
        await until(pilot, lambda: app.screen.query(Input))
        first, second, _ = app.screen.query(Input)
        await until(pilot, lambda: first.has_focus)
        # A key that repeats faster than its first press is dealt with.
        for _ in range(5):
            first.post_message(Input.Submitted(first, first.value))
        await until(pilot, lambda: second.has_focus)
        await pilot.pause()
        assert second.has_focus

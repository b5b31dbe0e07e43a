"""The logins to clouds that nobody chose: listed at no cost, asked by key, mended while one looks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.widgets import OptionList

from holodeck_tui.deployers.checks import Check
from holodeck_tui.ui.app import HolodeckApp
from holodeck_tui.ui.screens import setup
from holodeck_tui.ui.setting_up import Survey
from tests.contract.azure.server import AzureServer
from tests.ui.agents import AgentFolder
from tests.ui.conftest import screen_text
from tests.ui.setup.test_setup_screen import opened, until

pytestmark = pytest.mark.ui

PROFILE = '{"subscriptions": [{"id": "1", "name": "Pay as you go", "isDefault": true, "user": {"name": "me@x.org"}}]}'


@pytest.fixture
def profile(sealed_home: Path) -> Path:
    """Where the Azure CLI writes who is logged in."""
    folder = sealed_home / ".azure"
    folder.mkdir()
    return folder / "azureProfile.json"


async def test_who_is_not_logged_in_is_told_how_to_and_found_once_it_is_done(
    app_in: Callable[..., HolodeckApp], profile: Path
) -> None:
    app = app_in()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        await until(pilot, lambda: "○ Azure" in screen_text(app))
        found = screen.query_one(OptionList)
        found.highlighted = len(screen._shown) - 1
        await pilot.press("y")
        assert app.clipboard == "az login"
        profile.write_text(PROFILE)
        # What is due in half a minute, at once.
        screen._again()
        await until(pilot, lambda: "me@x.org, subscription Pay as you go" in screen_text(app))
        assert "v asks whether it holds" in screen_text(app)


async def test_a_key_asks_the_clouds(app_in: Callable[..., HolodeckApp], profile: Path) -> None:
    profile.write_text(PROFILE)
    server = AzureServer()
    app = app_in(**server.environ)
    try:
        async with app.run_test(size=(120, 40)) as pilot:
            await opened(pilot)
            await until(pilot, lambda: "? Azure" in screen_text(app))
            await pilot.press("v")
            await until(pilot, lambda: "✔ Azure" in screen_text(app))
    finally:
        server.close()


async def test_the_cloud_that_is_the_target_is_not_listed_twice(agent: AgentFolder) -> None:
    agent.overlay.write_text("target: aws\n")
    agent.agent.write_text(
        agent.agent.read_text()
        + "deployment:\n  registry: {url: 123456789012.dkr.ecr.us-east-1.amazonaws.com, repository: it}\n"
        "  target: {provider: aws, aws: {region: us-east-1}}\n"
    )
    app = agent.app()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        await until(pilot, lambda: "○ Azure" in screen_text(app), 60)
        names = [one.name for one in screen._shown if one is not None]
        assert any(name.startswith("aws ") for name in names)
        assert "AWS" not in names


async def test_the_first_thing_marked_is_what_fails(
    agent: AgentFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = [
        Check("one", "ok", "well"),
        Check("two", "warn", "so so"),
        Check("three", "fail", "bad", "az login"),
    ]
    monkeypatch.setattr(setup, "survey", lambda _backend: Survey(tuple(checks)))
    app = agent.app()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        found = screen.query_one(OptionList)
        await until(pilot, lambda: found.highlighted == 2)
        assert "Do: az login" in screen_text(app)
        found.highlighted = 0
        checks.append(Check("four", "fail", "worse"))
        await pilot.press("v")
        await until(pilot, lambda: found.option_count == 4)
        assert found.highlighted == 0

"""Setup with what a login sees: choices of a whole AWS, by keyboard, up to the written file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static

from holodeck_tui.core.context import Context
from holodeck_tui.deployers.aws.client import Aws
from holodeck_tui.ui.screens.answers import AnswersScreen
from holodeck_tui.ui.screens.choose import ChooseScreen
from holodeck_tui.ui.screens.diff import DiffScreen
from holodeck_tui.ui.screens.setup import SetupScreen
from tests.contract.aws.server import AwsServer
from tests.contract.aws.support import HOST
from tests.contract.aws.world import ACCOUNT, REGION, Rule
from tests.ui.agents import AgentFolder
from tests.ui.setup.test_setup_screen import opened, until

pytestmark = pytest.mark.ui


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsServer]:
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    server = AwsServer()
    for name, value in {**server.environ, "AWS_DEFAULT_REGION": REGION}.items():
        monkeypatch.setenv(name, value)
    server.reset()
    yield server
    server.close()


@pytest.fixture
def agent(tmp_path: Path, sealed_home: Path) -> AgentFolder:
    made = AgentFolder(tmp_path, sealed_home)
    made.overlay.unlink()
    return made


def make_roles() -> None:
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "build.apprunner.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    trust = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    for name in ("PullsA", "PullsB"):
        Aws(REGION, Context()).change(
            "iam", "create_role", "make it", RoleName=name, AssumeRolePolicyDocument=trust
        )


async def asked(pilot: Pilot[Any]) -> AnswersScreen:
    await opened(pilot)
    await pilot.press("t")
    await until(pilot, lambda: isinstance(pilot.app.screen, ChooseScreen))
    await pilot.press("down", "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, AnswersScreen))
    assert isinstance(pilot.app.screen, AnswersScreen)
    return pilot.app.screen


async def test_app_runner_is_set_up_from_what_the_account_holds(aws: AwsServer, agent: AgentFolder) -> None:
    make_roles()
    app = agent.app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await asked(pilot)
        values = [one.value for one in screen.query(Input)]
        role = f"arn:aws:iam::{ACCOUNT}:role/PullsA"
        assert values == [HOST, agent.name, REGION, role]
        fields = list(screen.query(Input))
        await until(pilot, lambda: fields[0].has_focus)
        await pilot.press("enter", "enter", "enter")
        await until(pilot, lambda: fields[3].has_focus)
        await pilot.press("ctrl+n")
        assert fields[3].value.endswith("PullsB")
        await pilot.press("enter", "enter")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, SetupScreen))
        text = agent.agent.read_text()
        assert f"url: {HOST}" in text
        assert "role/PullsB" in text
        assert app.screen.query_one(OptionList)


async def test_a_refused_login_leads_to_free_text(aws: AwsServer, agent: AgentFolder) -> None:
    aws.world.rules.append(
        Rule("error", service="sts", code="AccessDeniedException", message="no", status=403, times=99)
    )
    app = agent.app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await asked(pilot)
        assert [one.value for one in screen.query(Input)] == ["", agent.name]
        told = str(screen.query_one(".hint", Static).render())
        assert "✖" in told
        assert "Do: " in told

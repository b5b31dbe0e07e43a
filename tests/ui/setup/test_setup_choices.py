"""Setup with what a login sees: choices of a whole AWS, by keyboard, up to the written file."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from textual.widgets import Input, OptionList, Static

from holodeck_tui.core.context import Context
from holodeck_tui.deployers.aws.client import Aws
from holodeck_tui.ui.screens.answers import AnswersScreen
from holodeck_tui.ui.screens.choose import AskScreen, ChooseScreen
from holodeck_tui.ui.screens.diff import DiffScreen
from holodeck_tui.ui.screens.setup import SetupScreen
from tests.contract.aws.server import AwsServer
from tests.contract.aws.support import HOST
from tests.contract.aws.world import ACCOUNT, REGION, Rule
from tests.ui.agents import AgentFolder
from tests.ui.conftest import screen_text
from tests.ui.setup.conftest import choose_target, questions, registries
from tests.ui.setup.test_setup_screen import until

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


async def test_app_runner_is_set_up_from_what_the_account_holds(aws: AwsServer, agent: AgentFolder) -> None:
    make_roles()
    app = agent.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await choose_target(pilot, "aws")
        # It pulls from ECR alone: nothing is to be chosen.
        await until(pilot, lambda: isinstance(app.screen, AnswersScreen))
        values = [one.value for one in app.screen.query(Input)]
        role = f"arn:aws:iam::{ACCOUNT}:role/PullsA"
        assert values == [HOST, agent.name, REGION, role, ""]
        fields = list(app.screen.query(Input))
        await until(pilot, lambda: fields[0].has_focus)
        await pilot.press("enter", "enter", "down")
        await until(pilot, lambda: fields[3].has_focus)
        await pilot.press("ctrl+n")
        assert fields[3].value.endswith("PullsB")
        await pilot.press("enter", "enter", "enter")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, SetupScreen))
        text = agent.agent.read_text()
        assert f"url: {HOST}" in text
        assert "role/PullsB" in text
        assert app.launch.create
        assert not agent.overlay.exists()


async def test_another_region_is_looked_at_and_the_other_answers_stay(
    aws: AwsServer, agent: AgentFolder
) -> None:
    make_roles()
    Aws("us-west-2", Context()).change("ecr", "create_repository", "make it", repositoryName="agents/far")
    app = agent.app()
    async with app.run_test(size=(120, 60)) as pilot:
        await choose_target(pilot, "aws")
        await until(pilot, lambda: isinstance(app.screen, AnswersScreen))
        first = app.screen
        _, name, region, role, reader = first.query(Input)
        name.value, region.value, reader.value = "agents/far", "us-west-2", "arn:aws:iam::1:role/mine"
        chosen = role.value
        await until(pilot, lambda: "looked up when you go on" in screen_text(app))
        reader.focus()
        await pilot.press("enter", "enter")
        await until(pilot, lambda: isinstance(app.screen, AnswersScreen) and app.screen is not first)
        there = HOST.replace(REGION, "us-west-2")
        values = [one.value for one in app.screen.query(Input)]
        assert values == [there, "agents/far", "us-west-2", chosen, "arn:aws:iam::1:role/mine"]
        assert "It is there." in screen_text(app)
        app.screen.query_one("#go").focus()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))


async def test_a_region_that_does_not_answer_is_told_and_asked_about_once(
    aws: AwsServer, agent: AgentFolder
) -> None:
    app = agent.app()
    async with app.run_test(size=(120, 60)) as pilot:
        await choose_target(pilot, "aws")
        await until(pilot, lambda: isinstance(app.screen, AnswersScreen))
        first = app.screen
        list(first.query(Input))[2].value = "us-west-2"
        aws.world.rules.append(
            Rule("error", service="sts", code="AccessDeniedException", message="no", status=403, times=9)
        )
        first.query_one("#go").focus()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, AnswersScreen) and app.screen is not first)
        assert "✖" in screen_text(app)
        url, _, region, *_ = app.screen.query(Input)
        assert region.value == "us-west-2"
        url.value = HOST
        app.screen.query_one("#go").focus()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))


async def test_regions_are_chosen_or_typed(aws: AwsServer, agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(120, 60)) as pilot:
        await registries(pilot, "ecs-express")
        fields = await questions(pilot)
        region = fields["region"]
        region.focus()
        await pilot.press("ctrl+n")
        assert region.value not in {"", REGION}
        assert "looked up when you go on" in screen_text(app)
        region.value = ""
        await pilot.press(*"eu-nor", "right")
        await until(pilot, lambda: region.value == "eu-north-1")
        region.value = "us-w"
        await pilot.press("ctrl+n")
        assert region.value == "us-west-1"


async def test_a_refused_login_leads_to_free_text(aws: AwsServer, agent: AgentFolder) -> None:
    aws.world.rules.append(
        Rule("error", service="sts", code="AccessDeniedException", message="no", status=403, times=99)
    )
    app = agent.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await choose_target(pilot, "aws")
        await until(pilot, lambda: isinstance(app.screen, AnswersScreen))
        assert [one.value for one in app.screen.query(Input)] == ["", agent.name, REGION, ""]
        told = str(app.screen.query_one(".hint", Static).render())
        assert "✖" in told
        assert "Do: " in told


async def test_a_package_that_is_not_installed_is_told_with_how_to_install_it(
    aws: AwsServer, agent: AgentFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("holodeck_tui.deployers.aws.client.find_spec", lambda _name: None)
    app = agent.app()
    async with app.run_test(size=(80, 24)) as pilot:
        lines = await registries(pilot, "ecs-express")
        assert lines == ["Amazon ECR", "GitHub, ghcr.io", "Docker Hub"]
        assert "boto3 is not installed" in str(app.screen.query_one(".more", Static).render())
        remedy = "pip install 'holodeck-deploy-tui[aws]'"
        assert f"Do: {remedy}   (^y copies it)" in screen_text(app)
        await pilot.press("y")
        assert app.clipboard == remedy
        app.copy_to_clipboard("")
        await questions(pilot, 1)
        await pilot.press("ctrl+y")
        assert app.clipboard == remedy


async def test_back_keeps_what_was_answered(aws: AwsServer, agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await registries(pilot, "ecs-express")
        fields = await questions(pilot, 1)
        for name, field in fields.items():
            field.value = f"a-{name}"
        fields["execution_role_arn"].focus()
        await pilot.press("enter", "enter")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        assert app.screen._problems  # type: ignore[attr-defined]
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, AnswersScreen))
        assert [one.value for one in app.screen.query(Input)] == [f"a-{name}" for name in fields]
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
        assert app.screen.query_one(OptionList).highlighted == 1
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SetupScreen))
        assert "deployment:" not in agent.agent.read_text()

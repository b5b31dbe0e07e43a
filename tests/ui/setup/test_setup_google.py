"""Setup for Cloud Run with what a whole Google Cloud says, by keyboard, up to the written files."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from google.cloud import artifactregistry_v1 as artifacts
from textual.widgets import Static

from holodeck_tui.ui.app import HolodeckApp
from holodeck_tui.ui.screens.answers import AnswersScreen
from holodeck_tui.ui.screens.choose import AskScreen, ChooseScreen
from holodeck_tui.ui.screens.diff import DiffScreen
from holodeck_tui.ui.screens.setup import SetupScreen
from tests.contract.gcp.agents import PROJECT
from tests.contract.gcp.server import Cloud, cloud
from tests.ui.agents import AgentFolder
from tests.ui.conftest import screen_text
from tests.ui.setup.conftest import questions, registries
from tests.ui.setup.test_setup_screen import until

pytestmark = pytest.mark.ui


@pytest.fixture
def google() -> Iterator[Cloud]:
    with cloud() as started:
        yield started
    assert started.world.wrong_answers == []


@pytest.fixture
def app(google: Cloud, app_in: Callable[..., HolodeckApp]) -> HolodeckApp:
    return app_in(**google.environ, GOOGLE_CLOUD_PROJECT=PROJECT, CLOUDSDK_RUN_REGION="us-central1")


def put(google: Cloud, region: str, name: str) -> None:
    full = f"projects/{PROJECT}/locations/{region}/repositories/{name}"
    google.world.repositories[full] = artifacts.Repository(name=full, format_="DOCKER")


async def test_a_repository_of_another_region_brings_the_service_there(
    google: Cloud, app: HolodeckApp, agent: AgentFolder
) -> None:
    put(google, "europe-west1", "team")
    async with app.run_test(size=(80, 24)) as pilot:
        assert await registries(pilot, "gcp") == [
            "Artifact Registry, us-central1: agents (not there yet)",
            "Artifact Registry, europe-west1: team",
            "Docker Hub",
        ]
        fields = await questions(pilot, 1)
        assert fields["url"].value == f"europe-west1-docker.pkg.dev/{PROJECT}"
        assert fields["repository"].value == f"team/{agent.name}"
        assert fields["region"].value == "europe-west1"
        assert fields["project_id"].value == PROJECT
        await pilot.press("enter", "enter", "enter", "enter", "enter")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        await pilot.press("y")
        # The repository is there: nothing is to be made.
        await until(pilot, lambda: isinstance(app.screen, SetupScreen))
        text = agent.agent.read_text()
        assert f"url: europe-west1-docker.pkg.dev/{PROJECT}" in text
        assert "region: europe-west1" in text
        assert not app.launch.create


@pytest.mark.parametrize("answer", ["y", "n"])
async def test_a_repository_that_is_not_there_is_made_by_the_deploy_if_wanted(
    app: HolodeckApp, agent: AgentFolder, answer: str
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await registries(pilot, "gcp")
        fields = await questions(pilot)
        remark = list(app.screen.query(".remark").results(Static))[list(fields).index("repository")]
        assert "--create" in str(remark.render())
        await pilot.press("enter", "enter", "enter", "enter", "enter")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        assert f"agents/{agent.name}" in screen_text(app)
        await pilot.press(answer)
        await until(pilot, lambda: isinstance(app.screen, SetupScreen))
        assert app.launch.run_options().create == (answer == "y")
        if answer == "y":
            return
        # Who has thought better of it goes the same way again: there is nothing to write, but this to ask.
        await registries(pilot, "gcp")
        await questions(pilot)
        await pilot.press("enter", "enter", "enter", "enter", "enter")
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, SetupScreen))
        assert app.launch.run_options().create


async def test_a_public_image_of_docker_hub_is_written_as_such(app: HolodeckApp, agent: AgentFolder) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await registries(pilot, "gcp")
        await pilot.press("down")
        await pilot.pause()
        assert "must be public" in screen_text(app)
        fields = await questions(pilot)
        assert (fields["url"].value, fields["repository"].value) == ("docker.io", "")
        await until(pilot, lambda: fields["repository"].has_focus)
        fields["repository"].value = "octo/greeter"
        await pilot.press("enter", "enter", "enter", "enter")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, SetupScreen))
        assert "url: docker.io" in agent.agent.read_text()


async def test_what_was_typed_stays_on_the_way_through_the_registries(app: HolodeckApp) -> None:
    async def back() -> None:
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))

    async with app.run_test(size=(80, 24)) as pilot:
        await registries(pilot, "gcp")
        fields = await questions(pilot)
        proposed = {name: field.value for name, field in fields.items()}
        fields["repository"].value, fields["project_id"].value = "mine/there", "my-project"
        await back()
        fields = await questions(pilot, 1)
        # The name of the image is of one registry, the project of all of them.
        assert {name: field.value for name, field in fields.items()} == {
            **proposed,
            "url": "docker.io",
            "repository": "",
            "project_id": "my-project",
        }
        fields["project_id"].value = proposed["project_id"]
        await back()
        await pilot.press("up")
        again = {name: field.value for name, field in (await questions(pilot)).items()}
        assert again == {**proposed, "repository": "mine/there"}


async def test_what_google_refuses_is_told_and_its_remedy_copied(google: Cloud, app: HolodeckApp) -> None:
    google.world.control(
        {"fail": {"method": "ListRepositories", "code": "PERMISSION_DENIED", "message": "no"}}
    )
    async with app.run_test(size=(80, 24)) as pilot:
        await registries(pilot, "gcp")
        assert "✖" in screen_text(app)
        fields = await questions(pilot)
        assert fields["project_id"].value == PROJECT
        screen = app.screen
        assert isinstance(screen, AnswersScreen)
        assert screen.remedy
        # In a field y is a letter.
        await pilot.press("y")
        assert app.clipboard == ""
        await pilot.press("ctrl+y")
        assert app.clipboard == screen.remedy

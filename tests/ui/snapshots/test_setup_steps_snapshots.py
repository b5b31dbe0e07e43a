"""Set-up's steps: a target, what a cloud refuses, lists of hundreds, the change before it is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.accounts import Account
from holodeck_tui.deployers.looking import Found, SeenRegistry
from holodeck_tui.ui.setting_up import Survey
from tests.ui.snapshots.conftest import Picture, Stage
from tests.ui.snapshots.set_ups import (
    GOOGLE,
    GUIDE,
    HOST,
    ILL,
    LOGINS,
    LONG_AWS,
    SURVEY,
    WELL,
    answer,
    to_registries,
)
from tests.ui.snapshots.values import LONG

pytestmark = pytest.mark.ui
SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
NOBODY = Found(
    error=DeploymentError(
        "credentials-missing",
        "There are no credentials for Azure.",
        reason="no az login, no managed identity, and AZURE_CLIENT_ID is not set",
        remedy="az login",
    ),
    accounts={"docker.io": Account("octo-cat", "docker config")},
)
MANY = Found(
    "123456789012 / us-east-1 as arn:aws:iam::123456789012:user/you",
    {
        "region": ("us-east-1", "eu-west-1"),
        "ecr_role_arn": tuple(f"arn:aws:iam::123456789012:role/role-{number:03}" for number in range(500)),
    },
    (SeenRegistry(HOST, tuple(f"team/agent-{number:03}" for number in range(500))),),
)
REGIONS = Found(
    GOOGLE.identity,
    GOOGLE.choices,
    (
        SeenRegistry(
            "us-central1-docker.pkg.dev/my-project",
            (*(f"agents-{number:03}" for number in range(500)), LONG[:63]),
            "us-central1",
        ),
    ),
)


@SIZES
def test_a_target_is_chosen(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    monkeypatch.setattr(SURVEY, lambda *_: Survey(WELL, LOGINS))

    async def before(stage: Stage) -> None:
        await stage.press("4")
        await stage.until("Ready: d shows")
        await stage.press("t", "down")
        await stage.until("Where shall the agent run?", "Closed to new")

    assert picture(before, size=size)


def test_findings_in_a_wide_terminal(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    monkeypatch.setattr(SURVEY, lambda *_: Survey(ILL, LOGINS))

    async def before(stage: Stage) -> None:
        await stage.press("4")
        await stage.until("1 finding to mend")
        await stage.until("aws configure sso")

    assert picture(before, size=(120, 40))


def test_no_agent_file(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    """What the engine says of it, without what this machine is."""
    from holodeck_tui.pipeline import discover, doctor

    monkeypatch.setattr(doctor, "examine", lambda *_, **__: doctor.Diagnosis(WELL[:1]))
    monkeypatch.setattr(discover, "known_logins", lambda _: LOGINS)

    async def before(stage: Stage) -> None:
        await stage.press("4")
        await stage.until("1 finding to mend", "does not exist")

    assert picture(before, agent=Path("/srv/agents/no-such-agent/agent.yaml"))


@SIZES
def test_nobody_is_logged_in(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch, picture: Picture
) -> None:
    answer(monkeypatch, "azure", NOBODY)

    async def before(stage: Stage) -> None:
        await to_registries(stage, 4)
        await stage.until("which registry keeps", "no credentials for Azure")

    assert picture(before, size=size)


@SIZES
def test_questions_where_nobody_is_logged_in(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch, picture: Picture
) -> None:
    answer(monkeypatch, "azure", NOBODY)

    async def before(stage: Stage) -> None:
        await to_registries(stage, 4)
        await stage.until("which registry keeps")
        await stage.press("enter")
        await stage.until("Show the change", "az login")

    assert picture(before, size=size)


def test_a_cloud_that_cannot_be_asked(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    def says(*_: object) -> None:
        raise DeploymentError(
            "sdk-missing",
            "The packages of Azure are not installed.",
            reason="azure-identity is missing",
            remedy="pip install 'holodeck-deploy-tui[azure]'",
        )

    monkeypatch.setattr(SURVEY, lambda *_: Survey(WELL, LOGINS))
    monkeypatch.setattr(f"{GUIDE}.look_around", says)

    async def before(stage: Stage) -> None:
        await to_registries(stage, 4)
        await stage.until("The packages of Azure")

    assert picture(before)


def test_five_hundred_registries(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    answer(monkeypatch, "gcp", REGIONS)

    async def before(stage: Stage) -> None:
        await to_registries(stage, 3)
        await stage.until("which registry keeps")
        await stage.press("end", "up", "up")
        await stage.until("agents-499")

    assert picture(before)


def test_five_hundred_repositories_and_roles(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    answer(monkeypatch, "app-runner", MANY)

    async def before(stage: Stage) -> None:
        await to_registries(stage, 1)
        await stage.until("Show the change")
        await stage.press("down", "ctrl+n")
        await stage.until("the next of 501")

    assert picture(before)


@SIZES
def test_the_change_before_it_is_written(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch, picture: Picture
) -> None:
    answer(monkeypatch, "gcp", GOOGLE)

    async def before(stage: Stage) -> None:
        await to_registries(stage, 3)
        await stage.until("which registry keeps")
        await stage.press("enter")
        await stage.until("Show the change")
        await stage.press(*("enter",) * 5)
        await stage.until("Write (y)", "+target: gcp")

    assert picture(before, size=size)


@pytest.mark.parametrize(
    ("role", "said"), [("reads", "+aws:"), (LONG, "Not written while")], ids=["valid", "with-problems"]
)
def test_a_long_change(role: str, said: str, monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    answer(monkeypatch, "ecs-express", LONG_AWS)

    async def before(stage: Stage) -> None:
        await to_registries(stage, 2)
        await stage.until("which registry keeps")
        await stage.press("enter")
        await stage.until("Show the change")
        _, repository, _, first, second = stage.app.screen.query(Input)
        repository.value = LONG if role == LONG else LONG.rstrip("-")
        first.value = second.value = f"arn:aws:iam::123456789012:role/service-role/{role}-{'x' * 40}"
        second.focus()
        await stage.press("enter", "enter")
        await stage.until("deploy.yaml and agent.yaml?", said)
        if role != LONG:
            await stage.press("pagedown")

    assert picture(before)

"""Set-up: looking, something to mend, all well, and no answer."""

from __future__ import annotations

import threading

import pytest
from textual.widgets import Input

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.accounts import Account
from holodeck_tui.deployers.checks import Check
from holodeck_tui.deployers.login import Login
from holodeck_tui.deployers.looking import Found, Looking, SeenRegistry
from holodeck_tui.deployers.registries import Product, offers
from holodeck_tui.ui.setting_up import Seen, Survey
from tests.ui.snapshots.conftest import Picture, Stage
from tests.ui.snapshots.values import LONG, REFUSED

pytestmark = pytest.mark.ui
GUIDE = "holodeck_tui.ui.screens.setup_guide"
SURVEY = "holodeck_tui.ui.screens.setup.survey"
WELL = (
    Check("docker", "ok", "Docker engine 28.2 answers"),
    Check("agent", "ok", "ticket-routing: 2 files"),
    Check("gcloud", "ok", "you@example.com, project my-project"),
)
ILL = (
    *WELL,
    Check("aws", "fail", "there are no credentials", "aws configure sso"),
    Check(
        "registry", "warn", "us-central1-docker.pkg.dev/my-project/agents: it will be made by the first push"
    ),
    Check("azure", "skip", "not the target of these files"),
)
LOGINS = (
    Login("aws", "fail", "AWS does not accept the login: it has expired", "aws sso login --profile work"),
    Login("gcp", "ok", "you@example.com, project my-project"),
    Login("azure", "skip", "you@example.com, subscription Pay as you go"),
)
NOBODY = tuple(
    Login(name, "none", f"no login here; only a deploy to {cloud} needs one", "az login")
    for name, cloud in (("aws", "AWS"), ("gcp", "Google Cloud"), ("azure", "Azure"))
)
REGISTRIES = (
    SeenRegistry("us-central1-docker.pkg.dev/my-project", ("agents", "team"), "us-central1"),
    *(
        SeenRegistry(f"{region}-docker.pkg.dev/my-project", ("agents",), region)
        for region in (
            "asia-east1",
            "asia-northeast1",
            "europe-west1",
            "europe-west4",
            "us-east4",
            "us-west1",
        )
    ),
)
GOOGLE = Found(
    "you@example.com, project my-project",
    {"project_id": ("my-project",), "region": ("us-central1", "europe-west1")},
    REGISTRIES,
    accounts={"docker.io": Account("octo-cat", "docker config")},
)
DENIED = DeploymentError(
    "permission-denied",
    "AWS refuses to list the roles.",
    reason="arn:aws:iam::123456789012:user/you is not authorized to perform iam:ListRoles",
    remedy="Ask for a policy that allows iam:ListRoles, or write the roles yourself.",
)
HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
AWS = Found(
    "123456789012 / us-east-1 as arn:aws:iam::123456789012:user/you",
    {"region": ("us-east-1",)},
    (SeenRegistry(HOST, ("invoice-reader", "translator")),),
    DENIED,
)
LONG_AWS = Found(
    f"123456789012 / us-east-1 as arn:aws:sts::123456789012:assumed-role/{LONG}/you",
    {
        "region": ("us-east-1",),
        "ecr_role_arn": tuple(f"arn:aws:iam::123456789012:role/{LONG}-{number}" for number in range(9)),
    },
    (SeenRegistry(HOST, (LONG, f"{LONG}/日本語の名前")),),
)


def test_looking(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    closed = threading.Event()

    def says(*_: object) -> Survey:
        closed.wait(120)
        return Survey(WELL)

    monkeypatch.setattr(SURVEY, says)

    async def before(stage: Stage) -> None:
        await stage.press("4")
        await stage.until("Looking at this machine")

    try:
        assert picture(before)
    finally:
        closed.set()


@pytest.mark.parametrize(
    "look",
    [{}, {"theme": "holodeck-light"}, {"no_color": True, "ascii": True}],
    ids=["dark", "light", "no-colour-ascii"],
)
def test_something_to_mend(
    look: dict[str, object], monkeypatch: pytest.MonkeyPatch, picture: Picture
) -> None:
    monkeypatch.setattr(SURVEY, lambda *_: Survey(ILL, LOGINS))

    async def before(stage: Stage) -> None:
        await stage.press("4")
        await stage.until("1 finding to mend")
        await stage.press("down", "down", "down")
        await stage.until("aws configure sso")

    assert picture(before, **look)


def test_all_is_well(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    monkeypatch.setattr(SURVEY, lambda *_: Survey(WELL))

    async def before(stage: Stage) -> None:
        await stage.press("4")
        await stage.until("Ready: d shows the plan")

    assert picture(before)


def test_the_files_do_not_hold(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    def says(*_: object) -> Survey:
        raise REFUSED

    monkeypatch.setattr(SURVEY, says)

    async def before(stage: Stage) -> None:
        await stage.press("4")
        await stage.until("2 CPU need")

    assert picture(before)


def test_nothing_says_where_yet(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    monkeypatch.setattr(SURVEY, lambda *_: Survey(WELL, NOBODY, placed=False))

    async def before(stage: Stage) -> None:
        await stage.press("4")
        await stage.until("Nothing says yet where")

    assert picture(before)


def test_long_findings(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    checks = (
        *WELL,
        Check(LONG, "fail", f"{LONG} 日本語の名前を持つ代理人はとても長い名前を持っている {LONG}", LONG),
        *(Check(f"check {number}", "warn", "one of many") for number in range(30)),
    )
    monkeypatch.setattr(SURVEY, lambda *_: Survey(checks, LOGINS))

    async def before(stage: Stage) -> None:
        await stage.press("4")
        await stage.until("1 finding to mend")
        await stage.press("down", "down", "down")
        await stage.until("y copies it")

    assert picture(before)


def test_a_cloud_is_asked(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    closed = threading.Event()

    def asks(_backend: object, _target: str, looking: Looking) -> Seen:
        looking.doing = "the repositories of Artifact Registry"
        closed.wait(120)
        return Seen(GOOGLE, ())

    monkeypatch.setattr(SURVEY, lambda *_: Survey(WELL, LOGINS))
    monkeypatch.setattr(f"{GUIDE}.look_around", asks)
    # The clock stands still.
    monkeypatch.setattr(f"{GUIDE}.monotonic", lambda: 1000.0)

    async def before(stage: Stage) -> None:
        await stage.press("4")
        await stage.until("Ready: d shows")
        await stage.press("t", "down", "down", "down", "enter")
        await stage.until("Asking about the repositories")

    try:
        assert picture(before)
    finally:
        closed.set()


async def _to_registries(stage: Stage, downs: int) -> None:
    await stage.press("4")
    await stage.until("Ready: d shows")
    await stage.press("t", *("down",) * downs, "enter")


def _answer(monkeypatch: pytest.MonkeyPatch, product: Product, found: Found) -> None:
    monkeypatch.setattr(SURVEY, lambda *_: Survey(WELL, LOGINS))
    seen = Seen(found, offers(product, found, "ticket-routing"))
    monkeypatch.setattr(f"{GUIDE}.look_around", lambda *_: seen)


@pytest.mark.parametrize(
    "look",
    [{}, {"size": (120, 40)}, {"no_color": True, "ascii": True}, {"theme": "holodeck-light"}],
    ids=["80x24", "120x40", "no-colour-ascii", "light"],
)
def test_a_long_list_of_registries(
    look: dict[str, object], monkeypatch: pytest.MonkeyPatch, picture: Picture
) -> None:
    _answer(monkeypatch, "gcp", GOOGLE)

    async def before(stage: Stage) -> None:
        await _to_registries(stage, 3)
        await stage.until("which registry keeps")

    assert picture(before, **look)


def test_the_login_that_docker_has(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    _answer(monkeypatch, "gcp", GOOGLE)

    async def before(stage: Stage) -> None:
        await _to_registries(stage, 3)
        await stage.until("which registry keeps")
        await stage.press("end")
        await stage.until("of octo-cat")

    assert picture(before)


@pytest.mark.parametrize(
    "look",
    [{}, {"size": (120, 40)}, {"no_color": True, "ascii": True}, {"theme": "holodeck-light"}],
    ids=["80x24", "120x40", "no-colour-ascii", "light"],
)
def test_questions_after_a_refusal(
    look: dict[str, object], monkeypatch: pytest.MonkeyPatch, picture: Picture
) -> None:
    _answer(monkeypatch, "app-runner", AWS)

    async def before(stage: Stage) -> None:
        await _to_registries(stage, 1)
        await stage.until("Show the change")

    assert picture(before, **look)


def test_questions_with_long_names(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    _answer(monkeypatch, "app-runner", LONG_AWS)

    async def before(stage: Stage) -> None:
        await _to_registries(stage, 1)
        await stage.until("Show the change")
        await stage.press("enter", "enter", "enter")
        await stage.until("the next of 9")

    assert picture(before)


def test_a_repository_that_is_to_be_made(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    _answer(monkeypatch, "ecs-express", AWS)
    roles = "arn:aws:iam::123456789012:role/"

    async def before(stage: Stage) -> None:
        # The files change, and no scope is asked because of it.
        stage.app.fleet.again = lambda: None  # type: ignore[method-assign]
        await _to_registries(stage, 2)
        await stage.until("which registry keeps")
        await stage.press("enter")
        await stage.until("Show the change")
        for field in list(stage.app.screen.query(Input))[-2:]:
            field.value = f"{roles}ecs"
        await stage.press("enter", "enter", "enter")
        await stage.until("Write (y)")
        await stage.press("y")
        await stage.until("Make it")
        stage.app.clear_notifications()

    assert picture(before)


@pytest.mark.parametrize("look", [{}, {"no_color": True, "ascii": True}], ids=["dark", "no-colour-ascii"])
def test_a_change_that_would_not_be_valid(
    look: dict[str, object], monkeypatch: pytest.MonkeyPatch, picture: Picture
) -> None:
    _answer(monkeypatch, "gcp", GOOGLE)

    async def before(stage: Stage) -> None:
        await _to_registries(stage, 3)
        await stage.until("which registry keeps")
        await stage.press("enter")
        await stage.until("Show the change")
        _, _, project, region = stage.app.screen.query(Input)
        project.value = "NOT A PROJECT"
        region.focus()
        await stage.press("enter", "enter")
        await stage.until("Not written while")

    assert picture(before, **look)

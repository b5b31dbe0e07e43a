"""Set-up: looking, something to mend, all well, and no answer."""

from __future__ import annotations

import threading

import pytest
from textual.widgets import Input

from holodeck_tui.deployers.checks import Check
from holodeck_tui.deployers.looking import Looking
from holodeck_tui.ui.setting_up import Seen, Survey
from tests.ui.snapshots.conftest import Picture, Stage
from tests.ui.snapshots.set_ups import (
    AWS,
    GOOGLE,
    GUIDE,
    ILL,
    LOGINS,
    LONG_AWS,
    NOBODY,
    SURVEY,
    WELL,
    answer,
    to_registries,
)
from tests.ui.snapshots.values import LONG, REFUSED

pytestmark = pytest.mark.ui


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


@pytest.mark.parametrize(
    "look",
    [{}, {"size": (120, 40)}, {"no_color": True, "ascii": True}, {"theme": "holodeck-light"}],
    ids=["80x24", "120x40", "no-colour-ascii", "light"],
)
def test_a_long_list_of_registries(
    look: dict[str, object], monkeypatch: pytest.MonkeyPatch, picture: Picture
) -> None:
    answer(monkeypatch, "gcp", GOOGLE)

    async def before(stage: Stage) -> None:
        await to_registries(stage, 3)
        await stage.until("which registry keeps")

    assert picture(before, **look)


def test_the_login_that_docker_has(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    answer(monkeypatch, "gcp", GOOGLE)

    async def before(stage: Stage) -> None:
        await to_registries(stage, 3)
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
    answer(monkeypatch, "app-runner", AWS)

    async def before(stage: Stage) -> None:
        await to_registries(stage, 1)
        await stage.until("Show the change")

    assert picture(before, **look)


def test_questions_with_long_names(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    answer(monkeypatch, "app-runner", LONG_AWS)

    async def before(stage: Stage) -> None:
        await to_registries(stage, 1)
        await stage.until("Show the change")
        await stage.press("enter", "enter", "enter")
        await stage.until("the next of 9")

    assert picture(before)


def test_a_repository_that_is_to_be_made(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    answer(monkeypatch, "ecs-express", AWS)
    roles = "arn:aws:iam::123456789012:role/"

    async def before(stage: Stage) -> None:
        # The files change, and no scope is asked because of it.
        stage.app.fleet.again = lambda: None  # type: ignore[method-assign]
        await to_registries(stage, 2)
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
    answer(monkeypatch, "gcp", GOOGLE)

    async def before(stage: Stage) -> None:
        await to_registries(stage, 3)
        await stage.until("which registry keeps")
        await stage.press("enter")
        await stage.until("Show the change")
        _, _, project, region = stage.app.screen.query(Input)
        project.value = "NOT A PROJECT"
        region.focus()
        await stage.press("enter", "enter")
        await stage.until("Not written while")

    assert picture(before, **look)

"""Set-up: looking, something to mend, all well, and no answer."""

from __future__ import annotations

import threading

import pytest

from holodeck_tui.deployers.checks import Check
from tests.ui.snapshots.conftest import Picture, Stage
from tests.ui.snapshots.values import REFUSED

pytestmark = pytest.mark.ui
DIAGNOSE = "holodeck_tui.ui.screens.setup.diagnose"
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


def test_looking(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    closed = threading.Event()

    def says(*_: object) -> tuple[Check, ...]:
        closed.wait(120)
        return WELL

    monkeypatch.setattr(DIAGNOSE, says)

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
    monkeypatch.setattr(DIAGNOSE, lambda *_: ILL)

    async def before(stage: Stage) -> None:
        await stage.press("4")
        await stage.until("1 finding to mend")
        await stage.press("down", "down", "down")
        await stage.until("aws configure sso")

    assert picture(before, **look)


def test_all_is_well(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    monkeypatch.setattr(DIAGNOSE, lambda *_: WELL)

    async def before(stage: Stage) -> None:
        await stage.press("4")
        await stage.until("Ready: d shows the plan")

    assert picture(before)


def test_the_files_do_not_hold(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    def says(*_: object) -> tuple[Check, ...]:
        raise REFUSED

    monkeypatch.setattr(DIAGNOSE, says)

    async def before(stage: Stage) -> None:
        await stage.press("4")
        await stage.until("2 CPU need")

    assert picture(before)

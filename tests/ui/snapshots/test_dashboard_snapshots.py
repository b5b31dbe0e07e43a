"""The dashboard in every state and look."""

from __future__ import annotations

import pytest
from textual.widgets import DataTable

from tests.ui.snapshots.conftest import Picture, Stage
from tests.ui.snapshots.values import (
    AWS,
    AZURE,
    EXPIRED,
    FLEET,
    GCP,
    LOCAL,
    LONG_ONES,
    UNREACHED,
    service,
)

pytestmark = pytest.mark.ui
MOST = {"size": (120, 40)}


async def fleet(stage: Stage) -> None:
    """One of every state, seen four seconds ago."""
    stage.watch(*FLEET)
    for scope, statuses in FLEET.items():
        stage.tell(scope, statuses)
    stage.now += 4
    stage.beat(
        *(
            {"https://ticket-routing.gcp.example": ms, "https://legal-assistant.azure.example": other}
            for ms, other in ((84.0, 220.0), (91.0, 340.0), (80.0, None), (130.0, None), (84.0, None))
        )
    )
    await stage.until("checked just now", "invoice-reader", "failed")


@pytest.mark.parametrize(
    "look",
    [
        pytest.param({}, id="dark"),
        pytest.param(MOST, id="dark-120x40"),
        pytest.param({"size": (200, 60)}, id="dark-200x60"),
        pytest.param({"theme": "holodeck-light"}, id="light"),
        pytest.param({"theme": "holodeck-light", **MOST}, id="light-120x40"),
        pytest.param({"theme": "holodeck-colour-blind"}, id="colour-blind"),
        pytest.param({"theme": "ansi-dark"}, id="ansi"),
        pytest.param({"theme": "ansi-light"}, id="ansi-light"),
        pytest.param({"no_color": True, "ascii": True}, id="no-colour-ascii"),
        pytest.param({"read_only": True}, id="read-only"),
    ],
)
def test_every_state(look: dict[str, object], picture: Picture) -> None:
    assert picture(fleet, **look)


@pytest.mark.parametrize("look", [{}, MOST, {"read_only": True}], ids=["80x24", "120x40", "read-only"])
def test_nothing_deployed(look: dict[str, object], picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        stage.watch(LOCAL)
        stage.tell(LOCAL, ())
        await stage.until("Nothing deployed", "0 deployments")

    assert picture(before, **look)


def test_loading(picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        stage.watch(LOCAL, AWS, GCP)
        await stage.until("Asking this machine, aws us-east-1")

    assert picture(before)


@pytest.mark.parametrize("look", [{}, MOST], ids=["80x24", "120x40"])
def test_scopes_that_fail_leave_what_was_known(look: dict[str, object], picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        await fleet(stage)
        stage.tell(AZURE, EXPIRED)
        stage.tell(AWS, UNREACHED)
        await stage.until("az login", "degraded ?", "cannot be resolved")

    assert picture(before, **look)


def test_the_only_scope_fails(picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        stage.watch(AZURE)
        stage.tell(AZURE, EXPIRED)
        await stage.until("az login")

    assert picture(before)


@pytest.mark.parametrize("look", [{}, MOST], ids=["80x24", "120x40"])
def test_long_names(look: dict[str, object], picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        stage.watch(GCP)
        stage.tell(GCP, LONG_ONES)
        await stage.until("a-very-long", "short")

    assert picture(before, **look)


def test_five_hundred_rows(picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        stage.watch(GCP)
        stage.tell(GCP, [service(f"agent-{number:03}", GCP) for number in range(500)])
        await stage.until("500 deployments", "agent-000")
        stage.app.screen.query_one(DataTable).move_cursor(row=250)
        await stage.until("agent-250")

    assert picture(before)


def test_filtered_to_nothing(picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        await fleet(stage)
        await stage.press("slash", *"zzz")
        await stage.until("No deployment has these words", "0 shown")

    assert picture(before)


def test_filtered_sorted_and_grouped(picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        await fleet(stage)
        await stage.press("slash", *"prod", "enter", "s", "v")
        await stage.until("4 shown", "by target")

    assert picture(before, size=(120, 40))


def test_marked(picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        await fleet(stage)
        await stage.press("space", "space")
        await stage.until("2 marked")

    assert picture(before)


def test_held(picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        await fleet(stage)
        await stage.press("f")
        await stage.until("held (f goes on)")

    assert picture(before)

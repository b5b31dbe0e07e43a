"""Setup while a cloud is slow: what is waited for and how long, going on without, going elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from textual.widgets import Static

from holodeck_tui.ui.app import HolodeckApp
from holodeck_tui.ui.looking import LookUp
from holodeck_tui.ui.screens import setup_guide
from holodeck_tui.ui.screens.choose import ChooseScreen
from holodeck_tui.ui.screens.dashboard import DashboardScreen
from holodeck_tui.ui.screens.setup import SetupScreen
from tests.contract.azure.server import AzureServer
from tests.contract.azure.world import SUBSCRIPTION
from tests.ui.conftest import screen_text
from tests.ui.setup.conftest import choose_target, questions
from tests.ui.setup.test_setup_screen import until

pytestmark = pytest.mark.ui


@pytest.fixture
def azure() -> Iterator[AzureServer]:
    """One that takes longer to answer than anybody waits."""
    server = AzureServer()
    server.world.faults.set({"latency": 60})
    yield server
    server.close()


@pytest.fixture
def app(azure: AzureServer, app_in: Callable[..., HolodeckApp]) -> HolodeckApp:
    return app_in(**azure.environ, AZURE_SUBSCRIPTION_ID=SUBSCRIPTION)


def title(app: HolodeckApp) -> str:
    return str(app.screen.query_one("#setup-title", Static).render())


def told_above(app: HolodeckApp) -> str:
    return str(app.screen.query_one(".more", Static).render())


async def test_what_is_waited_for_is_told_and_escape_goes_on_without(app: HolodeckApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await choose_target(pilot, "azure")
        await until(pilot, lambda: "the Container Apps environments" in title(app))
        assert "at most 20 s" in title(app)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
        assert "the wait was ended" in told_above(app)
        fields = await questions(pilot)
        # What was known without asking is proposed all the same.
        assert fields["subscription_id"].value == SUBSCRIPTION


async def test_after_the_wait_stands_what_was_found_before_it(app: HolodeckApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("4")
        await until(pilot, lambda: isinstance(app.screen, SetupScreen) and "Looking" not in title(app))
        found = title(app)
        await choose_target(pilot, "azure")
        await until(pilot, lambda: "the Container Apps environments" in title(app))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SetupScreen))
        assert title(app) == found


async def test_a_deadline_ends_the_wait_and_says_what_had_no_answer(
    app: HolodeckApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[LookUp] = []

    def hasty(target: str, started: float) -> LookUp:
        made.append(LookUp(target, started))
        made[-1].looking.seconds = 0.5
        return made[-1]

    monkeypatch.setattr(setup_guide, "LookUp", hasty)
    async with app.run_test(size=(120, 40)) as pilot:
        await choose_target(pilot, "azure")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
        assert "environments: it took longer than 0.5 s" in told_above(app)
        assert made[0].looking.cancel.cancelled


async def test_who_goes_elsewhere_is_asked_on_the_way_back(azure: AzureServer, app: HolodeckApp) -> None:
    told: list[str] = []
    async with app.run_test(size=(120, 40)) as pilot:
        notify = app.notify
        app.notify = lambda text, **how: (told.append(text), notify(text, **how))  # type: ignore[method-assign]
        await choose_target(pilot, "azure")
        await until(pilot, lambda: "the Container Apps environments" in title(app))
        setup = app.screen
        assert isinstance(setup, SetupScreen)
        await pilot.press("1")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        setup.action_stop()
        await until(pilot, lambda: any("4 goes on with the set-up" in text for text in told))
        assert isinstance(app.screen, DashboardScreen)
        await pilot.press("4")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
        # Once: who says no to the questions is not asked them at every return.
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is setup)
        await pilot.press("1", "4")
        await until(pilot, lambda: app.screen is setup)
        assert not setup.waits


async def test_another_target_makes_an_end_of_the_first_wait(app: HolodeckApp, agent: object) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await choose_target(pilot, "azure")
        await until(pilot, lambda: "the Container Apps environments" in title(app))
        setup = app.screen
        assert isinstance(setup, SetupScreen)
        first = setup._guide._lookup
        assert first is not None
        await choose_target(pilot, "local")
        await until(pilot, lambda: not isinstance(app.screen, (SetupScreen, ChooseScreen)))
        assert first.looking.cancel.cancelled
        assert "target: local" in screen_text(app)

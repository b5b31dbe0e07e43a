"""What opens over a place, with long names, with hundreds of them, and with nothing at all."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from holodeck_tui.core.values import ServiceRef
from holodeck_tui.deployers.base import Destruction, Revision
from holodeck_tui.pipeline.types import ChatReply
from holodeck_tui.ui.screens import operate
from holodeck_tui.ui.screens.unsaved import UnsavedScreen
from holodeck_tui.ui.setting_up import Survey
from tests.ui.snapshots.conftest import Picture, Stage
from tests.ui.snapshots.set_ups import SURVEY, WELL
from tests.ui.snapshots.test_dashboard_snapshots import fleet
from tests.ui.snapshots.test_dialog_snapshots import DIFF, FOUND, LEGAL, TICKETS, chat, goes
from tests.ui.snapshots.test_pipeline_limits_snapshots import planned
from tests.ui.snapshots.values import FLEET, GCP, LOCAL, LONG, LONG_ONES, PLAN, service

pytestmark = pytest.mark.ui


async def long_ones(stage: Stage) -> None:
    """Deployments with long names."""
    stage.watch(GCP)
    stage.tell(GCP, LONG_ONES)
    await stage.until("a-very-long", "short")


def test_destroy_with_long_names(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    def says(ref: ServiceRef, _ctx: object) -> Destruction:
        return Destruction(ref, (f"container app {ref.name}", f"image {LONG}"), (f"environment {LONG}",))

    monkeypatch.setattr(f"{FOUND}.plan_destroy", says)

    async def before(stage: Stage) -> None:
        await long_ones(stage)
        operate.destroy(stage.app, [LONG_ONES[0].ref])
        await stage.until("goes", "stays")

    assert picture(before)


def test_destroy_many(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    monkeypatch.setattr(f"{FOUND}.plan_destroy", goes)
    refs = [service(f"agent-{number:02}", GCP).ref for number in range(12)]

    async def before(stage: Stage) -> None:
        await fleet(stage)
        operate.destroy(stage.app, refs)
        await stage.until("Destroy agent-00", "3 revisions")
        await stage.until_not("looking at")

    assert picture(before)


def test_destroy_when_the_name_is_typed(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    monkeypatch.setattr(f"{FOUND}.plan_destroy", goes)

    async def before(stage: Stage) -> None:
        await fleet(stage)
        operate.destroy(stage.app, [LEGAL.ref])
        await stage.until("goes", "stays")
        await stage.press(*"legal-assistant", "enter")
        await stage.until("legal-assistant")

    assert picture(before)


def test_destroy_what_is_gone(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    monkeypatch.setattr(f"{FOUND}.plan_destroy", lambda ref, _ctx: Destruction(ref, (), ()))

    async def before(stage: Stage) -> None:
        await fleet(stage)
        operate.destroy(stage.app, [LEGAL.ref])
        await stage.until("nothing of it is there any more")

    assert picture(before)


def test_a_long_conversation(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    answer = "\n".join(f"{number}. {LONG} 日本語の名前を持つ代理人" for number in range(30))
    monkeypatch.setattr(f"{FOUND}.chat", lambda *_: ChatReply(answer))

    async def before(stage: Stage) -> None:
        await chat(stage, "29.")

    assert picture(before)


def test_roll_back_among_many(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    now = datetime.now(timezone.utc) - timedelta(hours=5)
    known = [
        Revision(
            f"{LONG[:50]}{number:05}",
            f"registry.example/{LONG[:70]}:{number}",
            now - timedelta(days=number),
            active=not number,
        )
        for number in range(500)
    ]
    monkeypatch.setattr(f"{FOUND}.revisions", lambda *_: known)

    async def before(stage: Stage) -> None:
        await fleet(stage)
        operate.rollback(stage.app, TICKETS)
        await stage.until("Go back with", "00001")

    assert picture(before)


def test_pausing_is_asked_first(picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        await fleet(stage)
        operate.pause(stage.app, TICKETS)
        await stage.until("everything of it stays")

    assert picture(before)


@pytest.mark.parametrize("key", ["2", "3", "4"], ids=["pipeline", "config", "setup"])
def test_help_of_a_place(key: str, monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    monkeypatch.setattr(SURVEY, lambda *_: Survey(WELL))
    planned(monkeypatch, lambda: PLAN)

    async def before(stage: Stage) -> None:
        await stage.press(key)
        await stage.until({"2": "bundle", "3": "Provider", "4": "Ready"}[key])
        stage.app.action_help()
        await stage.until("esc closes this")

    assert picture(before, size=(120, 50))


def test_palette_before_anything_is_typed(picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        await fleet(stage)
        await stage.press("ctrl+p")
        await stage.until("Search for commands", "Roll back")

    assert picture(before)


def test_palette_finds_nothing(picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        await fleet(stage)
        await stage.press("ctrl+p", *"zzzz")
        await stage.until("No matches")

    assert picture(before)


def test_palette_among_hundreds_with_long_names(picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        stage.watch(GCP, LOCAL)
        stage.tell(GCP, LONG_ONES)
        stage.tell(LOCAL, [service(f"agent-{number:03}", LOCAL) for number in range(500)])
        await stage.until("a-very-long", "agent-000")
        await stage.press("ctrl+p", *"go to a")
        await stage.until("Go to agent-000", "an-environment")

    assert picture(before)


def test_leaving_many_edits(picture: Picture) -> None:
    lines = ("agent.yaml:", *DIFF[:-1], f"+    {LONG}: {LONG}", *(f"+    key_{n}: {n}" for n in range(99)))

    async def before(stage: Stage) -> None:
        await fleet(stage)
        stage.app.push_screen(UnsavedScreen(("agent.yaml", "deploy.yaml"), lines))
        await stage.until("Not saved: agent.yaml, deploy.yaml", "512Mi")

    assert picture(before)


def test_leaving_a_run_with_a_long_name(picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        await fleet(stage)
        stage.app.keeper.start(f"deploy {LONG} to this machine", lambda ctx: ctx.cancel.sleep(120))
        await stage.press("ctrl+q")
        await stage.until("Leave it running")

    assert picture(before)


def test_details_in_a_wide_terminal(picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        stage.watch(GCP)
        stage.tell(GCP, [FLEET[GCP][2]])
        await stage.until("failed")
        await stage.press("enter")
        await stage.until("y copies the line")

    assert picture(before, size=(120, 40))

"""What opens over a place: destroy, chat, choosing, details, help, leaving, a diff, the palette."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import ServiceRef
from holodeck_tui.deployers.base import Destruction, Revision
from holodeck_tui.pipeline.types import ChatReply
from holodeck_tui.ui.screens import operate
from holodeck_tui.ui.screens.diff import DiffScreen
from holodeck_tui.ui.screens.unsaved import UnsavedScreen
from tests.ui.snapshots.conftest import LOOKS, Picture, Stage
from tests.ui.snapshots.test_dashboard_snapshots import fleet
from tests.ui.snapshots.values import AZURE, FLEET, GCP, LONG_ONES

pytestmark = pytest.mark.ui
LEGAL, TICKETS = FLEET[AZURE][0], FLEET[GCP][0]
FOUND = "holodeck_tui.pipeline.found"
DIFF = (
    "@@ -44,5 +44,5 @@",
    "   target:",
    "     provider: gcp",
    "-    gcp: {project_id: my-project, memory: 256Mi, cpu: 2}",
    "+    gcp: {project_id: my-project, memory: 512Mi, cpu: 2}",
    "   environment:",
)


@pytest.fixture
def closed() -> Iterator[threading.Event]:
    """Set when the picture was taken: what is still asked may answer."""
    event = threading.Event()
    yield event
    event.set()


def goes(ref: ServiceRef, _ctx: object) -> Destruction:
    return Destruction(
        ref,
        (f"container app {ref.name}", "3 revisions", "2 secrets that carry our tag"),
        ("environment holodeck-env: others run in it", "registry repository org/legal: 5 images"),
    )


def test_destroy_looks_what_would_go(
    closed: threading.Event, monkeypatch: pytest.MonkeyPatch, picture: Picture
) -> None:
    def waits(ref: ServiceRef, ctx: object) -> Destruction:
        closed.wait(120)
        return goes(ref, ctx)

    monkeypatch.setattr(f"{FOUND}.plan_destroy", waits)

    async def before(stage: Stage) -> None:
        await fleet(stage)
        operate.destroy(stage.app, [LEGAL.ref])
        await stage.until("looking at what would go")

    assert picture(before)


@pytest.mark.parametrize(
    "look",
    [{}, {"theme": "holodeck-light"}, {"no_color": True, "ascii": True}],
    ids=["dark", "light", "no-colour-ascii"],
)
def test_destroy(look: dict[str, object], monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    monkeypatch.setattr(f"{FOUND}.plan_destroy", goes)

    async def before(stage: Stage) -> None:
        await fleet(stage)
        operate.destroy(stage.app, [LEGAL.ref])
        await stage.until("goes", "stays")

    assert picture(before, **look)


def test_destroy_several(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    monkeypatch.setattr(f"{FOUND}.plan_destroy", goes)

    async def before(stage: Stage) -> None:
        await fleet(stage)
        operate.destroy(stage.app, [LEGAL.ref, TICKETS.ref])
        await stage.until("Destroy legal-assistant", "Destroy ticket-routing", "goes")
        await stage.until_not("looking at")

    assert picture(before, size=(120, 40))


def test_destroy_of_what_cannot_be_asked(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    def says(_ref: ServiceRef, _ctx: object) -> Destruction:
        raise DeploymentError("credentials-expired", "The Azure login has expired.", remedy="az login")

    monkeypatch.setattr(f"{FOUND}.plan_destroy", says)

    async def before(stage: Stage) -> None:
        await fleet(stage)
        operate.destroy(stage.app, [LEGAL.ref])
        await stage.until("is not known", "az login")

    assert picture(before)


async def chat(stage: Stage, *more: str) -> None:
    """Open the chat with the one on this machine."""
    await fleet(stage)
    await stage.press("c")
    await stage.until("Each message stands alone")
    if more:
        await stage.press(*"where is my order?", "enter")
        await stage.until(*more)


def test_chat_before_the_first_message(picture: Picture) -> None:
    assert picture(chat)


def test_chat_is_waited_for(
    closed: threading.Event, monkeypatch: pytest.MonkeyPatch, picture: Picture
) -> None:
    def says(*_: object) -> ChatReply:
        closed.wait(120)
        return ChatReply("late")

    monkeypatch.setattr(f"{FOUND}.chat", says)

    async def before(stage: Stage) -> None:
        await chat(stage, "is asked …")

    assert picture(before)


def test_chat_is_answered(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    answer = "It left the warehouse this morning.\n\n- carrier: DHL\n- expected: tomorrow"
    monkeypatch.setattr(f"{FOUND}.chat", lambda *_: ChatReply(answer))

    async def before(stage: Stage) -> None:
        await chat(stage, "expected: tomorrow")

    assert picture(before)


def test_chat_is_refused(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    def says(*_: object) -> ChatReply:
        raise DeploymentError(
            "chat-failed",
            "The agent did not answer.",
            reason="500: the model is overloaded",
            remedy="Try again.",
        )

    monkeypatch.setattr(f"{FOUND}.chat", says)

    async def before(stage: Stage) -> None:
        await chat(stage, "no answer", "overloaded")

    assert picture(before)


def test_roll_back(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    # Ages in whole days: this screen asks the real clock.
    now = datetime.now(timezone.utc) - timedelta(hours=5)
    repository = "us-central1-docker.pkg.dev/my-project/agents/ticket-routing"
    known = [
        Revision("ticket-routing-00007-abc", f"{repository}:a1b2c3d", now - timedelta(days=1), active=True),
        Revision("ticket-routing-00006-def", f"{repository}:9f8e7d6", now - timedelta(days=3), active=False),
        Revision("ticket-routing-00005-ghi", None, None, active=False, detail="its image is gone"),
    ]
    monkeypatch.setattr(f"{FOUND}.revisions", lambda *_: known)

    async def before(stage: Stage) -> None:
        await fleet(stage)
        operate.rollback(stage.app, TICKETS)
        await stage.until("Go back with", "9f8e7d6", "esc leaves")

    assert picture(before)


def test_deploy_is_asked_first(picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        await fleet(stage)
        await stage.press("d")
        await stage.until("was not deployed from here")

    assert picture(before)


def test_columns(picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        await fleet(stage)
        await stage.press("C")
        await stage.until("space ticks")

    assert picture(before)


@pytest.mark.parametrize("which", [0, 1], ids=["usual", "long-names"])
def test_details(which: int, picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        stage.watch(GCP)
        stage.tell(GCP, [FLEET[AZURE][0]] if which == 0 else LONG_ONES)
        await stage.until("healthy" if which else "degraded")
        await stage.press("enter")
        await stage.until("y copies the line")

    assert picture(before)


@LOOKS
def test_help(look: dict[str, object], picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        await fleet(stage)
        await stage.press("question_mark")
        await stage.until("All that is known of this deployment")

    assert picture(before, **look)


@LOOKS
def test_palette(look: dict[str, object], picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        await fleet(stage)
        await stage.press("ctrl+p", *"roll")
        await stage.until("Roll back")

    assert picture(before, **look)


@LOOKS
def test_leaving_a_run(look: dict[str, object], picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        await fleet(stage)
        stage.app.keeper.start("deploy ticket-routing to this machine", lambda ctx: ctx.cancel.sleep(120))
        await stage.press("ctrl+q")
        await stage.until("still under way", "Leave it running")

    assert picture(before, **look)


def test_leaving_edits(picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        await fleet(stage)
        stage.app.push_screen(UnsavedScreen(("agent.yaml",), DIFF))
        await stage.until("Not saved: agent.yaml", "512Mi")

    assert picture(before)


@pytest.mark.parametrize("theme", ["holodeck-dark", "holodeck-light", "holodeck-colour-blind"])
def test_a_diff(theme: str, picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        await fleet(stage)
        stage.app.push_screen(DiffScreen("Write agent.yaml?", DIFF))
        await stage.until("Write (y)", "512Mi")

    assert picture(before, theme=theme)


def test_a_diff_with_a_problem(picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        await fleet(stage)
        problem = "agent.yaml:46: deployment.target.gcp.memory: 2 CPU need at least 512Mi"
        stage.app.push_screen(DiffScreen("Write agent.yaml?", DIFF, [problem]))
        await stage.until("Not written while", "2 CPU need")

    assert picture(before)

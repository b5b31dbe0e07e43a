"""The pipeline where there is nothing yet, or more than fits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from holodeck_tui.bundle.needs import Variable
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.events import (
    LogLines,
    Notice,
    Progress,
    Result,
    StepFailed,
    StepFinished,
    StepStarted,
    Waiting,
)
from holodeck_tui.core.values import Change, Deployment, ImageRef, Step
from holodeck_tui.pipeline.types import Plan
from holodeck_tui.ui.deploying import Planned
from tests.ui.snapshots.conftest import Picture, Stage
from tests.ui.snapshots.test_pipeline_snapshots import SIZES, begin, deploy, fail, ready
from tests.ui.snapshots.values import CRASHED, DIGEST, GCP, LONG, PLAN, service

pytestmark = pytest.mark.ui
WIDE = "日本語の名前を持つ代理人はとても長い名前を持っている"
HUGE = Plan(
    LONG,
    "live",
    PLAN.steps,
    (
        Change("image", f"registry.example/{LONG}:a1b2c3d", f"registry.example/{LONG}:9f8e7d6"),
        Change(f"env.{LONG.upper()}", None, WIDE * 3),
        *(Change(f"env.VARIABLE_{number:03}", None, number) for number in range(500)),
    ),
    (
        Variable("OPENAI_API_KEY", "missing", True, True, "model.provider openai"),
        Variable(LONG.upper(), "shell", False, False, "agent.yaml:12"),
    ),
    (f"{WIDE} {LONG}",),
)


@pytest.fixture
def closed() -> Iterator[threading.Event]:
    """Set when the picture was taken: what still goes on may end."""
    event = threading.Event()
    yield event
    event.set()


def planned(monkeypatch: pytest.MonkeyPatch, says: Callable[[], Plan]) -> None:
    """What the engine answers when it is asked for a plan."""
    monkeypatch.setattr(
        "holodeck_tui.ui.screens.pipeline.make_plan",
        lambda *_: Planned(says(), GCP, ("prod", "staging"), "prod", "gcp"),
    )


def test_planning(closed: threading.Event, monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    def says() -> Plan:
        closed.wait(120)
        return PLAN

    planned(monkeypatch, says)

    async def before(stage: Stage) -> None:
        await stage.press("2")
        await stage.until("Planning: reading the agent's files")

    assert picture(before)


def test_no_agent_file(picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        await stage.press("2")
        await stage.until("There is no plan", "does not exist")

    assert picture(before, agent=Path("/srv/agents/no-such-agent/agent.yaml"))


@SIZES
def test_a_long_plan(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    planned(monkeypatch, lambda: HUGE)

    async def before(stage: Stage) -> None:
        await stage.press("2")
        await stage.until("Changes", "env.A-VERY")

    assert picture(before, size=size)


def test_the_end_of_a_long_plan(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    planned(monkeypatch, lambda: HUGE)

    async def before(stage: Stage) -> None:
        await stage.press("2")
        await stage.until("Changes", "env.A-VERY")
        await stage.press("end")
        await stage.until("OPENAI_API_KEY  missing")

    assert picture(before)


def test_the_target_is_chosen(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    planned(monkeypatch, lambda: PLAN)

    async def before(stage: Stage) -> None:
        await stage.press("2")
        await stage.until("Changes")
        await stage.press("t", "down")
        await stage.until("Deploy where?", "Needs no registry")

    assert picture(before)


def test_the_environment_is_chosen_among_many(monkeypatch: pytest.MonkeyPatch, picture: Picture) -> None:
    planned(monkeypatch, lambda: PLAN)
    names = ("prod", LONG[:63], WIDE, *(f"customer-{number:03}" for number in range(500)))
    monkeypatch.setattr("holodeck_tui.ui.screens.where.environments", lambda _: names)

    async def before(stage: Stage) -> None:
        await stage.press("2")
        await stage.until("Changes")
        await stage.press("e")
        await stage.until("Which environment?")
        await stage.press("down", "down")
        await stage.until("laid over the rest")

    assert picture(before)


def test_stopping(closed: threading.Event, picture: Picture) -> None:
    def work(stage: Stage, ctx: Context) -> Result:
        begin(stage, ctx)
        ctx.emit(StepStarted("push"))
        ctx.emit(Waiting("push", "the registry to take the last layer", 60.0))
        closed.wait(120)
        return Result(True, 0, "ticket-routing")

    async def before(stage: Stage) -> None:
        await deploy(stage, work)
        await stage.until("waits for the registry")
        await stage.press("c")
        await stage.until("stopping")

    assert picture(before)


@SIZES
def test_much_of_everything(size: tuple[int, int], closed: threading.Event, picture: Picture) -> None:
    """500 layers at once, a log of 20,000 lines, long ones among them."""

    def work(stage: Stage, ctx: Context) -> Result:
        begin(stage, ctx)
        ctx.emit(Notice(f"{WIDE} {LONG}", "warning"))
        ctx.emit(LogLines("build", tuple(f"Step {number}: COPY {LONG}" for number in range(20_000))))
        ctx.emit(StepStarted("push"))
        ctx.emit(Progress("push", "total", 0, 5_000_000_000_000))
        stage.now += 10
        for number in range(500):
            ctx.emit(Progress("push", f"{number:012x}", 1_000_000, 10_000_000_000))
        ctx.emit(Progress("push", "total", 500_000_000, 5_000_000_000_000))
        closed.wait(120)
        return Result(True, 0, "ticket-routing")

    async def before(stage: Stage) -> None:
        stage.app.keeper.start(f"deploy {LONG} to gcp", partial(work, stage))
        await stage.press("2")
        await stage.until("more at once", "Step 19999")

    assert picture(before, size=size)


@SIZES
def test_a_long_failure(size: tuple[int, int], picture: Picture) -> None:
    error = DeploymentError(
        "deploy-failed",
        f"The new revision of {LONG} does not start.",
        reason=f"the container exited with 1 {'and said nothing of use ' * 6}",
        remedy=f"holodeck-deploy-tui logs {LONG} --target gcp --system",
        details=tuple(f"{WIDE} {LONG} line {number}" for number in range(300)),
    )

    async def before(stage: Stage) -> None:
        await deploy(stage, lambda stage, ctx: fail(stage, ctx, error))
        await stage.until("Why:", "Do:", "line 299")

    assert picture(before, size=size)


def test_a_retry_goes_on_from_the_step_that_failed(picture: Picture) -> None:
    def again(stage: Stage, steps: tuple[Step, ...], ctx: Context) -> Result:
        assert steps == ("bundle", "run", "verify")
        ctx.emit(StepStarted("bundle"))
        ctx.emit(StepFinished("bundle", 0.1, detail="7 files, 41 kB, 3f9a21c0"))
        ctx.emit(StepStarted("run"))
        ctx.emit(Waiting("run", "revision ticket-routing-00008-xyz to be made", 240.0))
        stage.now += 12
        ctx.cancel.sleep(120)
        return Result(True, 0, "ticket-routing")

    async def before(stage: Stage) -> None:
        stage.app.keeper.start(
            "deploy ticket-routing to gcp my-project/us-central1",
            lambda ctx: fail(stage, ctx, CRASHED),
            lambda steps: partial(again, stage, steps),
        )
        await stage.press("2")
        await stage.until("No module named 'numpy'")
        await stage.press("r")
        await stage.until("waits for revision", "earlier")

    assert picture(before)


def test_what_came_has_long_names_and_is_not_well(picture: Picture) -> None:
    def work(stage: Stage, ctx: Context) -> Result:
        ready(stage, ctx)
        stage.now += 180
        error = DeploymentError(
            "unhealthy",
            "The service answers, and is not ready.",
            reason="/ready answered 503 for 3 min: the model cannot be reached",
            remedy="holodeck-deploy-tui logs --target gcp",
        )
        ctx.emit(StepFailed("verify", error))
        ref = service(LONG, GCP).ref
        made = Deployment(
            ref, f"https://{LONG}.example/", "unhealthy", f"{LONG}-00008", ImageRef(LONG, DIGEST)
        )
        return Result(False, 1, LONG, made.image, made, error)

    async def before(stage: Stage) -> None:
        await deploy(stage, work)
        await stage.until("unhealthy", "503 for 3 min")

    assert picture(before)

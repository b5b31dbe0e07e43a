"""The pipeline from the plan to each of its ends."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.core.events import (
    LogLines,
    Progress,
    Result,
    StepFailed,
    StepFinished,
    StepStarted,
    Waiting,
)
from holodeck_tui.pipeline.types import Plan
from holodeck_tui.ui.deploying import Planned
from tests.ui.snapshots.conftest import Picture, Stage
from tests.ui.snapshots.values import CRASHED, GCP, IMAGE, PLAN, REFUSED, UP_TO_DATE, deployed

pytestmark = pytest.mark.ui
TITLE = "deploy ticket-routing to gcp my-project/us-central1"
SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
BUILT = (
    "Step 6/11 : COPY agent.yaml /app/agent.yaml",
    " ---> Using cache",
    "Step 7/11 : COPY instructions /app/instructions",
    " ---> 90aa1e5b7c21",
    "Successfully built 90aa1e5b7c21",
)
Says = Callable[[], Plan]


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch) -> Callable[[Says], None]:
    """What the engine answers when it is asked for a plan."""

    def answers(says: Says) -> None:
        monkeypatch.setattr(
            "holodeck_tui.ui.screens.pipeline.make_plan",
            lambda *_: Planned(says(), GCP, ("prod",), "prod", "gcp"),
        )

    return answers


@SIZES
def test_the_plan(size: tuple[int, int], plan: Callable[[Says], None], picture: Picture) -> None:
    plan(lambda: PLAN)

    async def before(stage: Stage) -> None:
        await stage.press("2")
        await stage.until("Changes", "absent → 80")

    assert picture(before, size=size)


def test_a_plan_that_changes_nothing(plan: Callable[[Says], None], picture: Picture) -> None:
    plan(lambda: UP_TO_DATE)

    async def before(stage: Stage) -> None:
        await stage.press("2")
        await stage.until("Up to date")

    assert picture(before)


def test_a_plan_that_read_only_only_reads(plan: Callable[[Says], None], picture: Picture) -> None:
    plan(lambda: PLAN)

    async def before(stage: Stage) -> None:
        await stage.press("2")
        await stage.until("Changes")

    assert picture(before, read_only=True)


def test_no_plan(plan: Callable[[Says], None], picture: Picture) -> None:
    def says() -> Plan:
        raise REFUSED

    plan(says)

    async def before(stage: Stage) -> None:
        await stage.press("2")
        await stage.until("There is no plan", "2 CPU need")

    assert picture(before)


def begin(stage: Stage, ctx: Context) -> None:
    """Bundle and build are done."""
    ctx.emit(StepStarted("bundle"))
    stage.now += 0.1
    ctx.emit(StepFinished("bundle", 0.1, detail="7 files, 41 kB, 3f9a21c0"))
    ctx.emit(StepStarted("build"))
    ctx.emit(LogLines("build", BUILT))
    stage.now += 12.4
    ctx.emit(StepFinished("build", 12.4, detail="8 of 11 steps cached"))


def push(stage: Stage, ctx: Context, share: int) -> None:
    """Two layers, ``share`` of a hundred of their bytes so far, 4 MB a second."""
    ctx.emit(StepStarted("push"))
    for hundredths in range(0, share + 1, 20):
        ctx.emit(Progress("push", "total", hundredths * 620_000, 62_000_000))
        ctx.emit(Progress("push", "a1b2c3d4e5f6", hundredths * 400_000, 40_000_000))
        ctx.emit(Progress("push", "0f9e8d7c6b5a", hundredths * 220_000, 22_000_000))
        stage.now += 3


def ready(stage: Stage, ctx: Context) -> None:
    """The new revision is up."""
    begin(stage, ctx)
    push(stage, ctx, 100)
    ctx.emit(StepFinished("push", 18.0, detail="62.0 MB in 2 layers"))
    ctx.emit(StepStarted("run"))
    stage.now += 8
    ctx.emit(StepFinished("run", 8.0, detail="revision 8 has all of the traffic"))
    ctx.emit(StepStarted("verify"))


async def deploy(stage: Stage, work: Callable[[Stage, Context], Result]) -> None:
    """Run ``work`` and show it."""
    stage.app.keeper.start(TITLE, partial(work, stage), lambda _steps: partial(work, stage))
    await stage.press("2")


def wait(ctx: Context) -> Result:
    """Nothing more happens until the app is closed."""
    ctx.cancel.sleep(120)
    raise AssertionError("the app was not closed")


@SIZES
def test_pushing(size: tuple[int, int], picture: Picture) -> None:
    def work(stage: Stage, ctx: Context) -> Result:
        begin(stage, ctx)
        push(stage, ctx, 60)
        return wait(ctx)

    async def before(stage: Stage) -> None:
        await deploy(stage, work)
        await stage.until("60%", "of 62.0 MB", "left", "Successfully built")

    assert picture(before, size=size)


def waiting(stage: Stage, ctx: Context) -> Result:
    """The health is waited for."""
    ready(stage, ctx)
    ctx.emit(Waiting("verify", "/health to answer: 503 so far", 180.0))
    stage.now += 41
    return wait(ctx)


@pytest.mark.parametrize("ascii", [False, True], ids=["unicode", "ascii"])
def test_waiting(ascii: bool, picture: Picture) -> None:  # noqa: A002 - the preference is called so
    async def before(stage: Stage) -> None:
        await deploy(stage, waiting)
        await stage.until("waits for /health", "at most 2 min 19 s")

    assert picture(before, ascii=ascii)


def test_the_run_stands_in_the_footer_of_another_place(picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        stage.watch("local")
        stage.tell("local", ())
        await deploy(stage, waiting)
        await stage.until("at most 2 min 19 s")
        await stage.press("1")
        await stage.until("01:19  verify: waits")

    assert picture(before)


@SIZES
def test_done(size: tuple[int, int], picture: Picture) -> None:
    def work(stage: Stage, ctx: Context) -> Result:
        ready(stage, ctx)
        stage.now += 2.3
        ctx.emit(StepFinished("verify", 2.3, detail="/health and /ready answer"))
        return Result(True, 0, "ticket-routing", IMAGE, deployed())

    async def before(stage: Stage) -> None:
        await deploy(stage, work)
        await stage.until("healthy", "image", "see it")

    assert picture(before, size=size)


def fail(stage: Stage, ctx: Context, error: DeploymentError) -> Result:
    """The service does not come up."""
    begin(stage, ctx)
    push(stage, ctx, 100)
    ctx.emit(StepFinished("push", 18.0, detail="62.0 MB in 2 layers"))
    ctx.emit(StepStarted("run"))
    stage.now += 8
    ctx.emit(StepFailed("run", error))
    return Result(False, int(error.exit_code), "ticket-routing", IMAGE, error=error)


@pytest.mark.parametrize(
    "look",
    [
        {},
        {"size": (120, 40)},
        {"theme": "holodeck-light"},
        {"theme": "ansi-dark"},
        {"theme": "holodeck-colour-blind"},
        {"no_color": True, "ascii": True},
    ],
    ids=["dark", "dark-120x40", "light", "ansi", "colour-blind", "no-colour-ascii"],
)
def test_failed_with_the_containers_last_lines(look: dict[str, object], picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        await deploy(stage, lambda stage, ctx: fail(stage, ctx, CRASHED))
        await stage.until("No module named 'numpy'", "retry", "keeps serving")

    assert picture(before, **look)


def test_cancelled(picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        goes_on = ("revision ticket-routing-00008-xyz is still being made at Cloud Run",)
        await deploy(stage, lambda stage, ctx: fail(stage, ctx, Cancelled(goes_on)))
        await stage.until("Interrupted", "still being made")

    assert picture(before)

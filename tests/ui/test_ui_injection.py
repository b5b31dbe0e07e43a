"""Hostile text in every place that shows text from outside: nothing of it reaches the terminal as control."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.events import Result, StepStarted
from holodeck_tui.core.redact import Redactor
from holodeck_tui.core.values import ServiceRef, Status
from holodeck_tui.deployers.accounts import Account
from holodeck_tui.deployers.base import Destruction, LogLine, Revision
from holodeck_tui.deployers.checks import Check
from holodeck_tui.deployers.login import Login
from holodeck_tui.deployers.looking import Found, SeenRegistry
from holodeck_tui.pipeline import discover, doctor, found
from holodeck_tui.pipeline.doctor import Diagnosis
from holodeck_tui.ui.app import HolodeckApp
from holodeck_tui.ui.screens import operate
from holodeck_tui.ui.screens.answers import AnswersScreen
from holodeck_tui.ui.screens.choose import ChooseScreen
from holodeck_tui.ui.widgets.log_view import LogView
from tests.ui.conftest import Eventually, screen_text

pytestmark = pytest.mark.ui
HOSTILE = (
    "\r\x1b]0;owned\x07\x1b[2J\x9b31m\x90q\x9c\x1bPq\x1b\\[bold]markup[/] [/nope] [@click=app.quit]go[/] "
    "\x00\x08\u202egnp.exe\u2066 \x1b]52;c;b3duZWQ=\x07 \x7f\udcff tail"
)
FORBIDDEN = {*map(chr, range(0x20)), "\x7f", *map(chr, range(0x80, 0xA0)), "\u202e", "\u2066", "\ufeff"}


def hostile_status(number: int = 1) -> Status:
    now = datetime.now(timezone.utc)
    ref = ServiceRef("aws", HOSTILE, f"n{number}{HOSTILE}", "aws:eu-west-1", f"a{number}{HOSTILE}", HOSTILE)
    return Status(
        ref, "degraded", HOSTILE, f"http://x/{HOSTILE}", f"i/{HOSTILE}:{HOSTILE}", HOSTILE, now, now
    )


def check(app: HolodeckApp) -> str:
    """Every segment of the screen as it goes to the terminal."""
    for strip in app.screen._compositor.render_strips():
        for segment in strip:
            assert not FORBIDDEN & set(segment.text), repr(segment.text)
            assert segment.control is None
    text = screen_text(app)
    assert "owned" not in text
    return text


@pytest.fixture
def hostile(quiet: HolodeckApp, monkeypatch: pytest.MonkeyPatch) -> HolodeckApp:
    """The app on a cloud whose every answer is hostile."""

    def lines(ref: ServiceRef, query: Any, ctx: Context) -> Any:
        for _ in range(30):
            yield LogLine(Redactor().clean(HOSTILE, keep_colour=True))
        yield LogLine(Redactor().clean("x" * 500_000 + HOSTILE, keep_colour=True))
        ctx.cancel.sleep(60)

    monkeypatch.setattr(found, "log_lines", lines)
    monkeypatch.setattr(found, "plan_destroy", lambda ref, ctx: Destruction(ref, (HOSTILE,), (HOSTILE,)))
    revisions = [Revision(HOSTILE, HOSTILE, None, False, HOSTILE), Revision("r", "i", None, True)]
    monkeypatch.setattr(found, "revisions", lambda ref, ctx: revisions)
    return quiet


def tell(app: HolodeckApp) -> None:
    app.fleet.poller.watch(["aws:eu-west-1", "gcp:my-project-1/europe-west1"])
    app.fleet.poller.due()
    app.fleet.poller.answered("aws:eu-west-1", [hostile_status(1), hostile_status(2)])
    error = DeploymentError("network", HOSTILE, reason=HOSTILE, remedy=HOSTILE, details=[HOSTILE])
    app.fleet.poller.failed("gcp:my-project-1/europe-west1", error)
    app.fleet.wrong = error
    app.fleet._publish()


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_the_dashboard_and_its_dialogs(
    hostile: HolodeckApp, eventually: Eventually, size: tuple[int, int]
) -> None:
    app = hostile
    async with app.run_test(size=size) as pilot:
        tell(app)
        await eventually(pilot, lambda: "degraded" in screen_text(app))
        assert "[bold]markup[/]" in check(app)
        for key in ("enter", "x", "b", "c", "question_mark", "ctrl+p", "y"):
            await pilot.press(key)
            await pilot.pause(0.3)
            check(app)
            if app.screen.is_modal:
                await pilot.press("escape")
                await pilot.pause(0.1)
        operate.tell(app, DeploymentError("network", HOSTILE, reason=HOSTILE, remedy=HOSTILE))
        await pilot.pause(0.3)
        check(app)


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_what_a_cloud_says_when_it_refuses(
    hostile: HolodeckApp, eventually: Eventually, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    def refuse(*_: Any) -> Any:
        raise DeploymentError("network", HOSTILE, reason=HOSTILE, remedy=HOSTILE, details=[HOSTILE])

    for name in ("plan_destroy", "revisions", "log_lines"):
        monkeypatch.setattr(found, name, refuse)
    app = hostile
    async with app.run_test(size=size, notifications=True) as pilot:
        tell(app)
        await eventually(pilot, lambda: "degraded" in screen_text(app))
        for key, words in (("x", "is not known"), ("b", "markup"), ("l", "markup")):
            await pilot.press(key)
            await eventually(pilot, lambda words=words: words in screen_text(app))
            assert "[bold]markup" in check(app)
            await pilot.press("escape")
            await eventually(pilot, lambda: not app.screen.is_modal)


async def test_the_line_of_a_run(hostile: HolodeckApp, eventually: Eventually) -> None:
    app = hostile

    def work(ctx: Context) -> Result:
        ctx.emit(StepStarted("build"))
        ctx.log("build", [HOSTILE])
        raise DeploymentError("network", HOSTILE, remedy=HOSTILE)

    async with app.run_test(size=(120, 30)) as pilot:
        tell(app)
        operate.start(app, "deploy it", work)
        await eventually(pilot, lambda: "deploy it" in screen_text(app) and "tail" in screen_text(app))
        check(app)


async def test_logs(hostile: HolodeckApp, eventually: Eventually) -> None:
    app = hostile
    async with app.run_test(size=(100, 30)) as pilot:
        tell(app)
        await eventually(pilot, lambda: "degraded" in screen_text(app))
        await pilot.press("space", "space", "l")
        await eventually(
            pilot, lambda: app.screen.query(LogView) and app.screen.query_one(LogView).shown > 50
        )
        assert "tail" in check(app)
        for key in ("w", "home", "t", "m", "L", "v", "y", "end"):
            await pilot.press(key)
            await pilot.pause(0.1)
            check(app)


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_setup_and_what_a_login_sees(
    hostile: HolodeckApp, eventually: Eventually, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    error = DeploymentError("network", HOSTILE, reason=HOSTILE, remedy=HOSTILE, details=[HOSTILE])
    several = (f"one {HOSTILE}", f"two {HOSTILE}")
    fields = ("region", "infrastructure_role_arn", "execution_role_arn")
    registry = SeenRegistry(HOSTILE, several, HOSTILE)
    logins = {"ghcr.io": Account(HOSTILE, HOSTILE), "docker.io": Account(broken=HOSTILE)}
    seen = Found(HOSTILE, dict.fromkeys(fields, several), (registry,), error, logins)
    monkeypatch.setattr(discover, "known_logins", lambda *_: (Login("azure", "skip", HOSTILE, HOSTILE),))
    checks = (Check(f"first {HOSTILE}", "fail", HOSTILE, HOSTILE), Check("second", "warn", HOSTILE, HOSTILE))
    monkeypatch.setattr(doctor, "examine", lambda *_, **__: Diagnosis(checks))
    monkeypatch.setattr(discover, "discover", lambda *_: seen)
    app = hostile
    async with app.run_test(size=size) as pilot:
        await pilot.press("4")
        await eventually(pilot, lambda: "second" in screen_text(app))
        assert "[bold]markup[/]" in check(app)
        await pilot.press("t")
        await eventually(pilot, lambda: isinstance(app.screen, ChooseScreen))
        await pilot.press("down", "down", "enter")
        await eventually(pilot, lambda: app.screen.query(".more"))
        assert "[bold]markup[/]" in check(app)
        for key in ("down", "down", "home"):
            await pilot.press(key)
            await pilot.pause(0.1)
            check(app)
        await pilot.press("enter")
        await eventually(pilot, lambda: isinstance(app.screen, AnswersScreen))
        assert "[bold]markup[/]" in check(app)
        for key in ("ctrl+n", "tab", "ctrl+n", "tab", "end"):
            await pilot.press(key)
            await pilot.pause(0.1)
            check(app)

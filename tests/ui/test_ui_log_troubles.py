"""A log that cannot be read says why and what to do, and is read again by one key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.widgets._toast import Toast

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import ServiceRef
from holodeck_tui.deployers.base import LogLine, LogQuery
from holodeck_tui.pipeline import found
from holodeck_tui.ui.app import HolodeckApp
from holodeck_tui.ui.screens.logs import LogsScreen
from holodeck_tui.ui.widgets.log_troubles import LogTroubles
from tests.ui.conftest import Eventually, screen_text

pytestmark = pytest.mark.ui
REF = ServiceRef("gcp", "id", "one", "gcp:p/r", "one")
GRANT = "Log in as who may: gcloud auth login"
OTHER = ServiceRef("gcp", "id2", "two", "gcp:p/r", "two")


async def test_what_to_do_is_copied_and_connecting_again_clears_it(
    quiet: HolodeckApp, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    granted: list[bool] = []

    def log_lines(_ref: ServiceRef, _query: LogQuery, ctx: Context) -> Iterator[LogLine]:
        yield LogLine("a line", None)
        if not granted:
            raise DeploymentError("permission-denied", "The log may not be read.", remedy=GRANT)
        ctx.cancel.sleep(120)

    monkeypatch.setattr(found, "log_lines", log_lines)
    async with quiet.run_test(size=(80, 24), notifications=True) as pilot:
        quiet.push_screen(LogsScreen([REF]))
        await eventually(pilot, lambda: f"Do:  {GRANT}   (y copies it)" in screen_text(quiet))
        assert "Why: the credentials lack a permission" in screen_text(quiet)
        assert "failed (R connects again)" in screen_text(quiet)
        await pilot.press("y")
        assert quiet.clipboard == "gcloud auth login"
        toasts = await eventually(pilot, lambda: [one for one in quiet.screen.query(Toast) if one.region])
        assert not any(one.region.overlaps(quiet.screen.query_one(LogTroubles).region) for one in toasts)
        # With a cursor the same key copies the line.
        await pilot.press("k")
        await eventually(pilot, lambda: "(y copies it)" not in screen_text(quiet))
        await pilot.press("y")
        assert quiet.clipboard == "a line"
        granted.append(True)
        await pilot.press("R")
        await eventually(pilot, lambda: GRANT not in screen_text(quiet))


async def test_a_view_that_is_held_says_so_beside_a_log_that_failed(
    quiet: HolodeckApp, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    def log_lines(ref: ServiceRef, _query: LogQuery, ctx: Context) -> Iterator[LogLine]:
        yield LogLine("a line", None)
        if ref is REF:
            raise DeploymentError("permission-denied", "The log may not be read.")
        ctx.cancel.sleep(120)

    monkeypatch.setattr(found, "log_lines", log_lines)
    async with quiet.run_test(size=(80, 24)) as pilot:
        quiet.push_screen(LogsScreen([REF, OTHER]))
        await eventually(pilot, lambda: "2 deployments  one: failed (R connects again)" in screen_text(quiet))
        await pilot.press("k")
        await eventually(pilot, lambda: "held, one: failed (R connects again)" in screen_text(quiet), 10)
        await pilot.press("G")
        await eventually(pilot, lambda: "held" not in screen_text(quiet), 10)


async def test_a_defect_in_one_log_is_told_and_kept_in_a_private_file(
    quiet: HolodeckApp, eventually: Eventually, monkeypatch: pytest.MonkeyPatch, sealed_home: Path
) -> None:
    def log_lines(*_: object) -> Iterator[LogLine]:
        raise AssertionError("canary-8d1f-secret is not \x1b[2J")
        yield

    monkeypatch.setattr(found, "log_lines", log_lines)
    async with quiet.run_test(size=(160, 24)) as pilot:
        quiet.push_screen(LogsScreen([REF]))
        await eventually(pilot, lambda: "Why: AssertionError: *** is not" in screen_text(quiet))
        (log,) = sealed_home.rglob("crash-*.log")
        assert "AssertionError" in log.read_text()
        assert "canary-8d1f" not in log.read_text()

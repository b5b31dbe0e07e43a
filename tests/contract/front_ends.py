"""One agent by both front ends: the keys of the terminal app, and the command line's own events.

:func:`journey` goes from the plan to an empty target again by keys alone. :func:`same` plays one scenario by
the command and then by the app, and compares the events, the state files, the journal and the exit codes.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from typing import Any

import pytest

from holodeck_tui.core.values import Deployment
from holodeck_tui.ui.screens.dashboard import DashboardScreen
from holodeck_tui.ui.screens.logs import LogsScreen
from holodeck_tui.ui.widgets.log_view import LogView
from tests.contract.keys import Keys, app_of, texts
from tests.contract.scenario import SECRET, Target
from tests.contract.told import Told, command, interrupted, lines_of, masked, of_app, waits
from tests.ui.conftest import screen_text


async def journey(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plan, deploy, dashboard, logs, a changed deploy, rollback, destroy."""
    target.write("one")
    app = app_of(target, monkeypatch)
    async with app.run_test(size=(140, 40)) as pilot:
        keys = Keys(app, pilot)
        first = await _deployed(keys)
        await keys.until(lambda: "healthy" in screen_text(app))
        assert target.served(first.url) == "one"

        await keys.dashboard("healthy")
        await keys.until(lambda: target.agent.lower()[:8] in screen_text(app).lower())
        await pilot.press("l")
        await keys.until(lambda: isinstance(app.screen, LogsScreen))
        log = app.screen.query_one(LogView)
        await keys.until(lambda: re.search(target.expect.log, "\n".join(texts(log))))
        assert SECRET not in "\n".join(texts(log)) + screen_text(app)
        await pilot.press("escape")

        target.write("two")
        second = await _deployed(keys)
        assert second.revision != first.revision
        assert target.served(second.url) == "two"
        await keys.dashboard("healthy")
        back = await keys.rollback(str(first.revision))
        assert back.ok, back.error
        assert target.served(second.url) == "one"

        await keys.dashboard("healthy")
        result = await keys.destroy()
        assert result.ok, result.error
        await keys.until(lambda: not app.fleet.snapshot.statuses)
        assert target.served(str(first.url or "http://127.0.0.1:9")) is None
        assert SECRET not in screen_text(app)


async def _deployed(keys: Keys) -> Deployment:
    result = await keys.deploy()
    assert result.ok, result.error
    assert result.deployment is not None
    assert result.deployment.state == "healthy"
    return result.deployment


async def same(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """Play it by the command, then by the app, and compare act by act."""
    by_command = await asyncio.to_thread(_by_command, target)
    shutil.rmtree(target.folder / ".holodeck")
    by_app = await _by_app(target, monkeypatch)
    assert list(by_command) == list(by_app)
    for act, told in by_command.items():
        alike(by_app[act], told, act)
    assert (by_command["cancelled"].exit_code, by_command["cancelled"].error) == (130, "interrupted")
    assert by_command["failed"].error == "unhealthy"


def alike(mine: Told, told: Told, act: str) -> None:
    """Hold what the app told to what the command did."""
    assert mine.steps == told.steps, act
    assert (mine.exit_code, mine.error) == (told.exit_code, told.error), act
    assert masked(mine.result) == masked(told.result), act
    assert mine.state == told.state, act
    assert mine.said == told.said, act
    assert mine.notices == told.notices, act


def _by_command(target: Target) -> dict[str, Told]:
    told: dict[str, Told] = {}
    # Other files than the app's: the registry keeps what was pushed.
    target.write("one")
    told["deploy"] = command(target, "deploy")
    told["unchanged"] = command(target, "deploy")
    target.write("two")
    told["changed"] = changed = command(target, "deploy")
    target.write("three")
    with target.held():
        told["cancelled"] = interrupted(target, "deploy")
    told["deployed again"] = command(target, "deploy")
    target.write("four", well=False)
    told["failed"] = command(target, "deploy")
    # What stands in the files is what a rollback goes by.
    target.write("three")
    revision = changed.result["deployment"]["revision"]
    told["rollback"] = command(target, "rollback", "--to", revision, "--yes")
    told["destroy"] = command(target, "destroy", "--yes")
    command(target, "deploy")
    command(target, "destroy", "--yes")
    told["destroy again"] = command(target, "destroy", "--yes")
    return told


async def _by_app(target: Target, monkeypatch: pytest.MonkeyPatch) -> dict[str, Told]:
    told: dict[str, Told] = {}
    target.write("app one")
    app = app_of(target, monkeypatch)

    def held(events: list[Any]) -> bool:
        return any(waits(target, line) for line in lines_of(events))

    async with app.run_test(size=(140, 40)) as pilot:
        keys = Keys(app, pilot)
        await keys.deploy()
        told["deploy"] = of_app(target, app)
        await keys.deploy()
        told["unchanged"] = of_app(target, app)
        target.write("app two")
        changed = await keys.deploy()
        assert changed.deployment is not None, changed.error
        told["changed"] = of_app(target, app)
        target.write("app three")
        with target.held():
            await keys.cancel(held)
        told["cancelled"] = of_app(target, app)
        await keys.deploy()
        told["deployed again"] = of_app(target, app)
        target.write("app four", well=False)
        await keys.deploy()
        told["failed"] = of_app(target, app)
        target.write("app three")
        await pilot.press("1")
        await keys.until(lambda: isinstance(app.screen, DashboardScreen) and app.screen.row is not None)
        await keys.rollback(str(changed.deployment.revision))
        told["rollback"] = of_app(target, app)
        await keys.dashboard("healthy")
        await keys.destroy()
        told["destroy"] = of_app(target, app)
        await keys.deploy()
        await keys.dashboard("healthy")
        await keys.ask_destroy()
        # Somebody else is quicker.
        await asyncio.to_thread(command, target, "destroy", "--yes")
        await keys.run("enter")
        told["destroy again"] = of_app(target, app)
    return told

"""A deployment of which nothing is known here but that a listing found it: the app does what the command does.

:func:`play` opens the app in an empty folder, takes every action of the dashboard by its key, and holds what
came of it to what the command tells with ``--service``. Every action must have gone through
:mod:`holodeck_tui.pipeline.found`, without settings, for there are none.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from holodeck_tui.pipeline import found
from holodeck_tui.ui.app import HolodeckApp
from holodeck_tui.ui.screens.chat import ChatScreen
from holodeck_tui.ui.screens.choose import AskScreen
from holodeck_tui.ui.screens.dashboard import DashboardScreen
from holodeck_tui.ui.screens.logs import LogsScreen
from holodeck_tui.ui.widgets.log_view import LogView
from tests.contract.front_ends import alike
from tests.contract.keys import Keys, app_of, texts
from tests.contract.scenario import Target
from tests.contract.told import Told, call, command, masked, of_app
from tests.ui.conftest import screen_text

# As Container Apps and local targets count them.
_NUMBER = (re.compile(r"(?<=-)r\d+\b"), "rN")
# What a listing tells of a deployment, too.
_LISTED = ("agent", "provider", "service_id", "service_name", "state", "url")


class Passing:
    """Notes what passes through a function of the engine on its way, and changes nothing."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
        self.passed: dict[str, Any] = {}
        for name in names:
            monkeypatch.setattr(found, name, self._noting(name, getattr(found, name)))

    def _noting(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def noting(*given: Any, **named: Any) -> Any:
            result = real(*given, **named)
            self.passed[name] = result
            return result

        return noting


async def play(target: Target, folder: Path, monkeypatch: pytest.MonkeyPatch, *, talks: bool) -> None:
    """Every action, by the command and by its key, in the empty ``folder``. ``talks``: its URL can be asked."""
    older, newer, name = _deployed_twice(target)
    named = ("--service", name, "--scope", target.expect.scope)
    ways = ["log_lines", "revisions", "rollback", "plan_destroy", "destroy"]
    ways += ["chat"] if talks else []
    ways += ["pause", "resume"] if target.expect.pauses else []
    through = Passing(monkeypatch, *ways, "settings_of")
    app = app_of(target, monkeypatch, folder)

    async def by_command(*words: str) -> Told:
        return await asyncio.to_thread(command, target, *words, *named, folder=folder)

    async def document(*words: str) -> Any:
        code, out = await asyncio.to_thread(call, target, *words, *named, folder=folder)
        assert code == 0, out
        return json.loads(out)

    async with app.run_test(size=(140, 40)) as pilot:
        keys = Keys(app, pilot)
        await keys.dashboard("healthy")
        asked = await document("status")
        assert _row(app) == {key: asked[key] for key in _LISTED}

        await _logs(keys, target, folder, named)
        if talks:
            said = await document("chat", "hello")
            await _chat(keys, said["reply"])
            assert through.passed["chat"].as_json() == said

        if target.expect.pauses:
            await _pause(keys, document, through)
        else:
            await _no_pause(keys, target, folder, named)

        back = await by_command("rollback", "--to", older, "--yes")
        await by_command("rollback", "--to", newer, "--yes")
        await keys.dashboard("healthy")
        await keys.rollback(older)
        _same(back, of_app(target, app), "rollback")

        gone = await by_command("destroy", "--yes")
        await asyncio.to_thread(command, target, "deploy")
        await keys.dashboard("healthy")
        await keys.destroy()
        _same(gone, of_app(target, app), "destroy")
        await keys.until(lambda: not app.fleet.snapshot.statuses)

    assert set(through.passed) == set(ways), "each by the way of the command, and without settings"
    assert not list(folder.iterdir()), "nothing is remembered where there is no agent"


def _deployed_twice(target: Target) -> tuple[str, str, str]:
    """The older and the newer revision, and the service's name."""
    target.write("one")
    first = command(target, "deploy")
    target.write("two")
    second = command(target, "deploy")
    assert (first.exit_code, second.exit_code) == (0, 0), second.result
    made = second.result["deployment"]
    return first.result["deployment"]["revision"], made["revision"], made["service_name"]


def _row(app: HolodeckApp) -> dict[str, Any]:
    screen = app.screen
    assert isinstance(screen, DashboardScreen)
    assert screen.row is not None
    shown = screen.row.status.as_json()
    return {key: shown[key] for key in _LISTED}


async def _logs(keys: Keys, target: Target, folder: Path, named: tuple[str, ...]) -> None:
    """``l`` shows every line that the command prints."""
    code, out = await asyncio.to_thread(call, target, "logs", *named, folder=folder)
    events = [json.loads(line) for line in out.splitlines()]
    told = {event["line"] for event in events if event["event"] == "log"}
    assert code == 0
    assert told, out
    await keys.pilot.press("l")
    await keys.until(lambda: isinstance(keys.app.screen, LogsScreen))
    log = keys.app.screen.query_one(LogView)
    await keys.until(lambda: told <= set(texts(log)))
    await keys.pilot.press("escape")
    await keys.until(lambda: isinstance(keys.app.screen, DashboardScreen))


async def _pause(keys: Keys, document: Callable[..., Awaitable[Any]], through: Passing) -> None:
    """``p`` and the command, each on what the other did."""
    paused = await document("pause")
    assert paused["state"] == "stopped"
    await keys.dashboard("stopped")
    await keys.pilot.press("p")
    await keys.until(lambda: "resume" in through.passed)
    await keys.dashboard("healthy")
    await _press_pause(keys)
    await keys.until(lambda: "pause" in through.passed)
    await keys.dashboard("stopped")
    assert masked(through.passed["pause"].as_json()) == masked(paused)
    resumed = await document("resume")
    await keys.dashboard("healthy")
    assert masked(through.passed["resume"].as_json()) == masked(resumed)


async def _no_pause(keys: Keys, target: Target, folder: Path, named: tuple[str, ...]) -> None:
    """The command says that it cannot be; the app does not offer it."""
    code, out = await asyncio.to_thread(call, target, "pause", *named, folder=folder)
    error = json.loads(out)["error"]
    assert (code, error["code"]) == (2, "unsupported")
    # What cannot be done is not offered.
    await keys.until(lambda: "p pause" not in screen_text(keys.app))
    await keys.pilot.press("p")
    await keys.pilot.pause(0.2)
    assert not keys.app.screen.is_modal


async def _press_pause(keys: Keys) -> None:
    await keys.pilot.press("p")
    await keys.until(lambda: isinstance(keys.app.screen, AskScreen))
    await keys.pilot.press("y")


async def _chat(keys: Keys, reply: str) -> None:
    """``c``, the message, the same answer."""
    await keys.pilot.press("c")
    await keys.until(lambda: isinstance(keys.app.screen, ChatScreen))
    screen = keys.app.screen
    await keys.pilot.press(*"hello", "enter")
    await keys.until(lambda: [one for one in screen.query(".answer") if reply in str(one.render())])
    assert not screen.query_one(Input).disabled
    await keys.pilot.press("escape")
    await keys.until(lambda: isinstance(keys.app.screen, DashboardScreen))


def _same(by_command: Told, by_app: Told, act: str) -> None:
    alike(_unnumbered(by_app), _unnumbered(by_command), act)


def _unnumbered(told: Told) -> Told:
    """Each act here comes after others, so that revisions that are made for it have another number.

    The agent's own folder is told of the deploys between them, and of nothing that is done here; what goes
    with the service (a notice of destroy) is what those deploys made.
    """
    parts = {name: masked(getattr(told, name), _NUMBER) for name in ("steps", "said", "result")}
    return replace(told, state={}, notices=[], **parts)

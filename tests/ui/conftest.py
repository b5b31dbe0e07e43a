"""The app as a test has it: an agent folder, a stand-in for ``holodeck``, no real account anywhere."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
import uuid
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from holodeck_tui.core.context import Context
from holodeck_tui.core.values import ServiceRef
from holodeck_tui.deployers.base import LogLine, LogQuery
from holodeck_tui.pipeline import found
from holodeck_tui.ui.app import HolodeckApp
from holodeck_tui.ui.launch import Launch
from holodeck_tui.ui.preferences import Preferences
from tests.integration.local.local_bench import STANDIN

Eventually = Callable[[Any, Callable[[], Any]], Awaitable[Any]]


@pytest.fixture
def agent(tmp_path: Path) -> Path:
    """An agent that runs as a process of this machine; its name is this test's own."""
    folder = tmp_path / "agent"
    folder.mkdir()
    lines = [f"name: t{uuid.uuid4().hex[:8]}", "model: {provider: ollama, name: llama3.2}"]
    lines += ["instructions: {inline: be kind}", "deployment:", "  environment:"]
    lines += ['    STANDIN: "lines"', '    STANDIN_NAME: "standin"']
    (folder / "agent.yaml").write_text("\n".join(lines) + "\n")
    (folder / "deploy.yaml").write_text("target: local\nhealth: {timeout: 60}\nlocal: {runtime: process}\n")
    return folder / "agent.yaml"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A shell with a stand-in for the real ``holodeck``, and a secret that must never be seen."""
    tools = tmp_path / "bin"
    tools.mkdir()
    program = tools / "holodeck"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -u {STANDIN} "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    # No engine: what others run in it is none of a test's business.
    nowhere = f"unix://{tmp_path}/no-engine.sock"
    return {
        "PATH": path,
        "TERM": "xterm-256color",
        "DOCKER_HOST": nowhere,
        "CANARY_API_KEY": "canary-8d1f-secret",
    }


@pytest.fixture
def launch(agent: Path, environ: dict[str, str], sealed_home: Path) -> Launch:
    return Launch(agent, agent.parent, sealed_home, environ, scopes=("local",))


@pytest.fixture
def app(launch: Launch) -> Iterator[HolodeckApp]:
    """The app with the real engine; what it deployed is removed."""
    yield HolodeckApp(launch, preferences=Preferences())
    if not (launch.home / ".local").exists():
        return
    from holodeck_tui.pipeline import api

    made = HolodeckApp(launch, preferences=Preferences()).backend.settings(target="local")
    api.destroy(made, Context(environ=launch.environ))


@pytest.fixture
def quiet(launch: Launch) -> HolodeckApp:
    """The app that asks no scope: the test says what is there."""
    made = HolodeckApp(launch, preferences=Preferences())
    made.fleet.open = lambda: None  # type: ignore[method-assign]
    return made


@pytest.fixture
def hundred_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every log has a hundred lines, and then waits for more."""

    def log_lines(_ref: ServiceRef, query: LogQuery, ctx: Context) -> Iterator[LogLine]:
        for number in range(100):
            yield LogLine(f"{'system' if query.system else 'line'} {number}", None)
        ctx.cancel.sleep(120)

    monkeypatch.setattr(found, "log_lines", log_lines)


@pytest.fixture
def eventually() -> Eventually:
    """Wait until a condition holds; fails after a minute with what is on the screen."""
    return wait_for


async def wait_for(pilot: Any, condition: Callable[[], Any], seconds: float = 60) -> Any:
    """Wait until ``condition`` holds, and give what it gave."""
    end = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < end:
        await pilot.pause(0.05)
        found = condition()
        if found:
            return found
    raise AssertionError("it did not come to be:\n" + screen_text(pilot.app))


def screen_text(app: Any) -> str:
    """What a reader sees."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)

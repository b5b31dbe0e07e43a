"""One agent by both front ends: the keys of the terminal app, and the command line's own events.

:func:`journey` goes from the plan to an empty target again by keys alone. :func:`same` plays one scenario by
the command and then by the app, and compares the events, the state files, the journal and the exit codes.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from holodeck_tui.core.events import Event, StepFailed, StepFinished, StepStarted
from holodeck_tui.headless import report
from holodeck_tui.ui.app import HolodeckApp
from holodeck_tui.ui.screens.dashboard import DashboardScreen
from holodeck_tui.ui.screens.logs import LogsScreen
from holodeck_tui.ui.widgets.log_view import LogView
from tests.contract.keys import Keys, app_of, texts
from tests.contract.scenario import SECRET, Target
from tests.ui.conftest import screen_text

# What differs from one run to the next: moments, ids, ports, and how long a thing took.
_MASKS = (
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)?"), "MOMENT"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f-]{27}\b"), "UUID"),
    (re.compile(r"-\d{5}-[a-z]{3}\b"), "-REVISION"),  # as Cloud Run names them
    (re.compile(r"(127\.0\.0\.1|localhost):\d+"), "ADDRESS"),
    (re.compile(r"(?<![\w])[0-9a-f]{4,64}(?![\w])"), "ID"),
    (re.compile(r"(?<=-)(?=[0-9a-z]*\d)[0-9a-z]{3,8}\b"), "PART"),
    (re.compile(r"\b\d+(\.\d+)? (s|bytes)\b"), "MEASURE"),
)


async def journey(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plan, deploy, dashboard, logs, destroy."""
    target.write("one")
    app = app_of(target, monkeypatch)
    async with app.run_test(size=(140, 40)) as pilot:
        keys = Keys(app, pilot)
        result = await keys.deploy()
        assert result.ok, result.error
        assert result.deployment is not None
        assert result.deployment.state == "healthy"
        await keys.until(lambda: "healthy" in screen_text(app))
        assert target.served(result.deployment.url) == "one"

        await keys.dashboard("healthy")
        await keys.until(lambda: target.agent.lower()[:8] in screen_text(app).lower())
        await pilot.press("l")
        await keys.until(lambda: isinstance(app.screen, LogsScreen))
        log = app.screen.query_one(LogView)
        await keys.until(lambda: re.search(target.expect.log, "\n".join(texts(log))))
        assert SECRET not in "\n".join(texts(log)) + screen_text(app)
        await pilot.press("escape")

        await keys.until(lambda: isinstance(app.screen, DashboardScreen))
        result = await keys.destroy()
        assert result.ok, result.error
        await keys.until(lambda: not app.fleet.snapshot.statuses)
        assert target.served(str(result.deployment.url or "http://127.0.0.1:9")) is None
        assert SECRET not in screen_text(app)


@dataclass
class Told:
    """One act, as either front end told it."""

    exit_code: int
    error: str | None
    steps: list[tuple[str, str, bool | None]] = field(default_factory=list)
    result: Any = None
    state: dict[str, Any] = field(default_factory=dict)


async def same(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """Play it by the command, then by the app, and compare act by act."""
    by_command = _by_command(target)
    shutil.rmtree(target.folder / ".holodeck")
    by_app = await _by_app(target, monkeypatch)
    assert list(by_command) == list(by_app)
    for act, told in by_command.items():
        mine = by_app[act]
        assert mine.steps == told.steps, f"{act}: {mine.error}"
        assert (mine.exit_code, mine.error) == (told.exit_code, told.error), act
        assert mine.result == told.result, act
        assert mine.state == told.state, act


def _by_command(target: Target) -> dict[str, Told]:
    told: dict[str, Told] = {}
    # Other files than the app's: the registry keeps what was pushed.
    target.write("one")
    told["deploy"] = first = command(target, "deploy")
    revision = first.result["deployment"]["revision"]
    told["unchanged"] = command(target, "deploy")
    target.write("two")
    told["changed"] = command(target, "deploy")
    target.write("three", well=False)
    told["failed"] = command(target, "deploy")
    # What stands in the files is what a rollback goes by.
    target.write("two")
    told["rollback"] = command(target, "rollback", "--to", revision, "--yes")
    told["destroy"] = command(target, "destroy", "--yes")
    command(target, "deploy")
    command(target, "destroy", "--yes")
    told["destroy again"] = command(target, "destroy", "--yes")
    for one in told.values():
        one.result = masked(one.result)
    return told


async def _by_app(target: Target, monkeypatch: pytest.MonkeyPatch) -> dict[str, Told]:
    told: dict[str, Told] = {}
    target.write("app one")
    app = app_of(target, monkeypatch)
    async with app.run_test(size=(140, 40)) as pilot:
        keys = Keys(app, pilot)
        result = await keys.deploy()
        assert result.deployment is not None, result.error
        revision = result.deployment.revision
        told["deploy"] = of_app(target, app)
        await keys.deploy()
        told["unchanged"] = of_app(target, app)
        target.write("app two")
        await keys.deploy()
        told["changed"] = of_app(target, app)
        target.write("app three", well=False)
        await keys.deploy()
        told["failed"] = of_app(target, app)
        target.write("app two")
        await pilot.press("1")
        await keys.until(lambda: isinstance(app.screen, DashboardScreen) and app.screen.row is not None)
        await keys.rollback(str(revision))
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


def call(target: Target, *words: str, folder: Path | None = None) -> tuple[int, str]:
    """The exit code and what is printed of the command in ``folder`` (default: the agent's)."""
    done = subprocess.run(
        [sys.executable, "-m", "holodeck_tui", *words, "--output", "json"],
        cwd=folder or target.folder,
        env=dict(target.environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    return done.returncode, done.stdout


def command(target: Target, *words: str, folder: Path | None = None) -> Told:
    """What a command that tells events told."""
    exit_code, out = call(target, *words, folder=folder)
    events = [json.loads(line) for line in out.splitlines()]
    result = {key: value for key, value in events[-1].items() if key not in {"event", "time"}}
    error = result["error"]
    steps = [
        (one["event"], one["step"], one.get("skipped"))
        for one in events
        if one["event"] in {"step.started", "step.finished", "step.failed"}
    ]
    return Told(exit_code, error and error["code"], steps, result, _state(target.folder))


def of_app(target: Target, app: HolodeckApp) -> Told:
    """What the app's last run told."""
    run = app.keeper.run
    assert run is not None
    assert run.result is not None
    end = run.result
    line = report.result_line(
        exit_code=end.exit_code,
        agent=end.agent,
        image=end.image and end.image.as_json(),
        deployment=end.deployment and end.deployment.as_json(),
        error=end.error,
    )
    result = {key: value for key, value in json.loads(line).items() if key not in {"event", "time"}}
    code = end.error and end.error.code
    return Told(end.exit_code, code, _steps(run.events), masked(result), _state(target.folder))


def _steps(events: Sequence[Event]) -> list[tuple[str, str, bool | None]]:
    told: list[tuple[str, str, bool | None]] = []
    for event in events:
        if isinstance(event, StepStarted):
            told.append(("step.started", event.step, None))
        elif isinstance(event, StepFinished):
            told.append(("step.finished", event.step, event.skipped))
        elif isinstance(event, StepFailed):
            told.append(("step.failed", event.step, None))
    return told


def _state(folder: Path) -> dict[str, Any]:
    """Every file that is remembered, without what differs from run to run."""
    found: dict[str, Any] = {}
    for path in sorted((folder / ".holodeck").rglob("*")):
        if path.suffix == ".json":
            found[path.name] = masked(json.loads(path.read_text()))
        elif path.suffix == ".jsonl":
            found[path.name] = [masked(json.loads(line)) for line in path.read_text().splitlines()]
        elif path.is_file() and path.suffix != ".lock":
            found[path.name] = "there"
    return found


def masked(value: Any) -> Any:
    """``value`` without what differs from run to run."""
    if isinstance(value, Mapping):
        # Who wrote it is another process each time.
        return {key: masked(one) for key, one in value.items() if key not in {"pid", "id", "run", "command"}}
    if isinstance(value, list):
        return [masked(one) for one in value]
    if isinstance(value, str):
        for pattern, word in _MASKS:
            value = pattern.sub(word, value)
        return value
    return "NUMBER" if isinstance(value, float) else value

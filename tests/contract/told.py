"""What either front end told of one act, without what differs from run to run: events, result, files, exit code.

The app's events are told in the words of the command (:mod:`holodeck_tui.headless.ndjson`), so both are
compared field by field.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from holodeck_tui.core.events import LogLines, Notice, Result
from holodeck_tui.headless import ndjson, report
from holodeck_tui.ui.app import HolodeckApp
from tests.contract.scenario import Target

# What differs from one run to the next: moments, ids, ports, and how long a thing took.
_MASKS = (
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)?"), "MOMENT"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f-]{27}\b"), "UUID"),
    (re.compile(r"-\d{5}-[a-z]{3}\b"), "-REVISION"),  # as Cloud Run names them
    (re.compile(r"(127\.0\.0\.1|localhost):\d+"), "ADDRESS"),
    (re.compile(r"(?<![\w])[0-9a-f]{4,64}(?![\w])"), "ID"),
    (re.compile(r"(?<=-)(?=[0-9a-z]*\d)[0-9a-z]{3,8}\b"), "PART"),
    (re.compile(r"\b\d+(\.\d+)? (s|k?B|MB)\b"), "MEASURE"),
    # The app deploys texts of its own: the registry keeps what the command pushed.
    (re.compile(r"\bapp (?=(one|two|three|four)\b)"), ""),
)
_STEPS = {"step.started", "step.finished", "step.failed"}


@dataclass
class Told:
    """One act. ``steps`` are the events that open and close steps, with all they say.

    ``said`` has, of each step, the kinds of everything else it told, what it waited for and its lines;
    how often and in which order depends on the moment in which somebody looked. ``notices`` are what the
    command says on stderr.
    """

    exit_code: int
    error: str | None
    steps: list[dict[str, Any]] = field(default_factory=list)
    said: dict[str, Any] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    result: Any = None
    state: dict[str, Any] = field(default_factory=dict)


def call(target: Target, *words: str, folder: Path | None = None) -> tuple[int, str]:
    """The exit code and what is printed of the command in ``folder`` (default: the agent's)."""
    exit_code, out, _ = _finish(_start(target, *words, folder=folder))
    return exit_code, out


def command(target: Target, *words: str, folder: Path | None = None) -> Told:
    """What a command that tells events told."""
    return _of_command(target, *_finish(_start(target, *words, folder=folder)))


def interrupted(target: Target, *words: str) -> Told:
    """The same of one that gets Ctrl-C as soon as it waits where a held target keeps it."""
    process = _start(target, *words)
    assert process.stdout is not None
    seen = ""
    for line in process.stdout:
        seen += line
        if waits(target, json.loads(line)):
            process.send_signal(signal.SIGINT)
            break
    exit_code, out, err = _finish(process)
    return _of_command(target, exit_code, seen + out, err)


def waits(target: Target, event: Mapping[str, Any]) -> bool:
    """Whether the event says that the run is where a held target keeps it."""
    line = str(event.get("line", ""))
    return event.get("step") == "run" and re.match(f"waiting for .*{target.expect.held}", line) is not None


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
    code = end.error and end.error.code
    notices = [f"{one.level}: {one.text}" for one in run.events if isinstance(one, Notice)]
    return _told(target, end.exit_code, code, lines_of(run.events), notices, json.loads(line))


def lines_of(events: Iterable[Any]) -> list[dict[str, Any]]:
    """Events of the engine as the command prints them without ``-v``."""
    shown = [one for one in events if not isinstance(one, Result)]
    shown = [one for one in shown if not (isinstance(one, LogLines) and one.detail)]
    return [{"event": name, **fields} for one in shown for name, fields in ndjson._fields(one)]


def _start(target: Target, *words: str, folder: Path | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "holodeck_tui", *words, "--output", "json"],
        cwd=folder or target.folder,
        env=dict(target.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    try:
        out, err = process.communicate(timeout=180)
    except BaseException:
        process.kill()
        raise
    return process.returncode, out, err


def _of_command(target: Target, exit_code: int, out: str, err: str) -> Told:
    events = [json.loads(line) for line in out.splitlines()]
    error = events[-1]["error"]
    notices = [line for line in err.splitlines() if line.startswith(("info: ", "warning: "))]
    return _told(target, exit_code, error and error["code"], events[:-1], notices, events[-1])


def _told(
    target: Target,
    exit_code: int,
    error: str | None,
    events: list[dict[str, Any]],
    notices: list[str],
    result: dict[str, Any],
) -> Told:
    plain = [{key: value for key, value in one.items() if key != "time"} for one in events]
    return Told(
        exit_code,
        error,
        [masked(one) for one in plain if one["event"] in _STEPS],
        _said(target, [one for one in plain if one["event"] not in _STEPS]),
        masked(notices),
        {key: value for key, value in result.items() if key not in {"event", "time"}},
        _state(target.folder),
    )


def _said(target: Target, events: list[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {}
    for one in events:
        step = found.setdefault(one["step"], {"kinds": set(), "lines": set()})
        step["kinds"].add(one["event"])
        if one["event"] == "step.log" and not re.search(target.expect.passing, one["line"]):
            step["lines"].add(masked(one["line"]))
    return found


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


def masked(value: Any, *more: tuple[re.Pattern[str], str]) -> Any:
    """``value`` without what differs from run to run, nor what ``more`` names."""
    if isinstance(value, Mapping):
        # Who wrote it is another process each time.
        return {
            key: masked(one, *more)
            for key, one in value.items()
            if key not in {"pid", "id", "run", "command"}
        }
    if isinstance(value, (list, set)):
        return type(value)(masked(one, *more) for one in value)
    if isinstance(value, str):
        for pattern, word in (*_MASKS, *more):
            value = pattern.sub(word, value)
        return value
    return "NUMBER" if isinstance(value, float) else value

"""The same events as text for people and as lines for scripts."""

from __future__ import annotations

import io
import json
from datetime import datetime, timezone

import pytest

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.events import (
    Event,
    LogLines,
    Notice,
    Progress,
    Result,
    ServiceLog,
    StepFailed,
    StepFinished,
    StepStarted,
    Waiting,
)
from holodeck_tui.headless.ndjson import JsonLines
from holodeck_tui.headless.streams import Streams
from holodeck_tui.headless.text import Narration

pytestmark = pytest.mark.unit

NOON = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)
EVENTS: tuple[Event, ...] = (
    StepStarted("build"),
    LogLines("build", ("Step 1/8 : FROM base",), detail=True),
    LogLines("build", ("the base image was pulled",)),
    Waiting("build", "the engine", 30.0),
    Progress("build", "layer-1", 1, 2),
    Progress("build", "total", 5, 10),
    Notice("memory is tight", "warning"),
    ServiceLog("svc", "hello", NOON),
    StepFinished("build", 1.5, detail="9 files"),
    StepFinished("push", 0.0, skipped=True, detail="already there"),
    StepFailed("run", DeploymentError("deploy-failed", "m", remedy="r")),
)


def as_lines(*, verbose: bool = False, quiet: bool = False) -> tuple[list[dict[str, object]], str]:
    out, err = io.StringIO(), io.StringIO()
    show = JsonLines(Streams(out, err), verbose=verbose, quiet=quiet)
    for event in EVENTS:
        show(event)
    return [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue()


def as_text(*, verbose: bool = False, quiet: bool = False, live: bool = False) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    show = Narration(Streams(out, err), verbose=verbose, quiet=quiet, colour=False, live=live)
    for event in EVENTS:
        show(event)
    show.close()
    return out.getvalue(), err.getvalue()


def test_json_lines_have_the_contracts_shapes() -> None:
    lines, err = as_lines()
    assert [line.pop("event") for line in lines] == [
        "step.started",
        "step.log",
        "step.log",
        "step.progress",
        "step.progress",
        "log",
        "step.finished",
        "step.finished",
        "step.failed",
    ]
    assert all(str(line.pop("time")).endswith("Z") for line in lines)
    assert lines[0] == {"step": "build"}
    assert lines[1] == {"step": "build", "line": "the base image was pulled"}
    assert lines[2] == {"step": "build", "line": "waiting for the engine (at most 30 s)"}
    assert lines[4] == {"step": "build", "id": "total", "current": 5, "total": 10}
    assert lines[5] == {"service": "svc", "line": "hello", "timestamp": "2026-01-31T12:00:00.000Z"}
    assert lines[6] == {"step": "build", "seconds": 1.5, "skipped": False, "detail": "9 files"}
    assert lines[8]["error"] == {"code": "deploy-failed", "message": "m", "remedy": "r"}
    assert err == "warning: memory is tight\n"


def test_json_detail_comes_with_v_and_nothing_but_data_with_q() -> None:
    assert "Step 1/8 : FROM base" in [line.get("line") for line in as_lines(verbose=True)[0]]
    lines, err = as_lines(quiet=True)
    assert [line["event"] for line in lines] == ["log"]
    assert err == ""


def test_text_narrates_on_stderr_and_keeps_data_on_stdout() -> None:
    out, err = as_text()
    assert out == "2026-01-31T12:00:00.000Z hello\n"
    assert err.splitlines() == [
        "build: started",
        "build: the base image was pulled",
        "build: waiting for the engine (at most 30 s)",
        "Warning: memory is tight",
        "build: done in 1.5 s (9 files)",
        "push: skipped (already there)",
        "run: failed",
    ]


def test_text_detail_comes_with_v_and_no_narration_with_q() -> None:
    assert "build: Step 1/8 : FROM base\n" in as_text(verbose=True)[1]
    out, err = as_text(quiet=True)
    assert (out, err) == ("2026-01-31T12:00:00.000Z hello\n", "")


def test_a_terminal_gets_one_moving_line_that_is_gone_at_the_end() -> None:
    err = as_text(live=True)[1]
    assert "\r\x1b[2Kbuild: 0 s  waiting for the engine (at most 30 s)" in err
    assert "build: started" not in err
    assert err.endswith("run: failed\n\r\x1b[2K")


def test_progress_in_a_file_says_something_every_few_seconds_only() -> None:
    now = [0.0]
    err = io.StringIO()
    show = Narration(
        Streams(io.StringIO(), err),
        verbose=False,
        quiet=False,
        colour=False,
        live=False,
        clock=lambda: now[0],
    )
    show(StepStarted("push"))
    for second in range(12):
        now[0] = float(second)
        show(Progress("push", "total", second * 1_000_000, 12_000_000))
    assert err.getvalue().splitlines()[1:] == ["push: 41 % of 12.0 MB", "push: 83 % of 12.0 MB"]


def test_the_result_is_written_by_result_alone() -> None:
    out = io.StringIO()
    show = JsonLines(Streams(out, io.StringIO()), verbose=False, quiet=True)
    show.result(Result(True, 0, "agent"))
    (line,) = out.getvalue().splitlines()
    assert json.loads(line)["ok"] is True

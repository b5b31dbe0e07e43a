"""Ctrl-C and SIGTERM end a real process with 130, in order; the second one at once; pipes may close."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(os.name != "posix", reason="signals are sent the POSIX way"),
]

# The real execute() around a command that only waits: the engine's own commands are tested with the engine.
SCRIPT = """
import sys, time
from holodeck_tui.headless import execute as e
from holodeck_tui.headless.answer import Answer
from holodeck_tui.headless.grammar import BY_NAME

def polite(session):
    session.ctx.log("run", ["waiting"])
    session.ctx.cancel.sleep(60)

def deaf(session):
    session.ctx.log("run", ["waiting"])
    time.sleep(60)

def broken(session):
    session.ctx.log("run", ["waiting"])
    raise RuntimeError("could not use " + session.environ["MY_TOKEN"])

def endless(session):
    from holodeck_tui.core.events import ServiceLog
    while True:
        session.ctx.cancel.check()
        session.ctx.emit(ServiceLog("svc", "x" * 500))

kind, name, output = sys.argv[1:4]
e._call = globals()[kind]
given = {"output": output, "verbose": False, "quiet": False, "no_color": False}
sys.exit(e.execute(BY_NAME[name], given))
"""


def start(kind: str, output: str, tmp_path: Path, name: str = "deploy") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, kind, name, output],
        cwd=tmp_path,
        env={**os.environ, "MY_TOKEN": "canary-4711-secret"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Started under nohup, this test run ignores SIGHUP, and a child would inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # noqa: PLW1509 - no threads here
    )


def until_waiting(process: subprocess.Popen[str], output: str) -> None:
    stream = process.stdout if output == "json" else process.stderr
    assert stream is not None
    while "waiting" not in stream.readline():
        pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("output", ["text", "json"])
def test_one_signal_stops_in_order(number: signal.Signals, output: str, tmp_path: Path) -> None:
    process = start("polite", output, tmp_path)
    until_waiting(process, output)
    process.send_signal(number)
    out, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "Error: Interrupted." in err
    if output == "json":
        (line,) = [json.loads(line) for line in out.splitlines()]
        assert (line["event"], line["exit_code"], line["error"]["code"]) == ("result", 130, "interrupted")


def test_the_second_signal_leaves_at_once_and_still_says_the_result(tmp_path: Path) -> None:
    process = start("deaf", "json", tmp_path)
    until_waiting(process, "json")
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    assert "once more" in process.stderr.readline()
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=10)
    assert process.returncode == 130
    assert time.monotonic() - begun < 5
    assert [json.loads(line)["exit_code"] for line in out.splitlines()] == [130]


@pytest.mark.parametrize("output", ["text", "json"])
def test_a_crash_is_1_with_a_redacted_traceback_and_a_private_log(output: str, tmp_path: Path) -> None:
    process = start("broken", output, tmp_path)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "Traceback" in err
    assert "RuntimeError: could not use ***" in err
    assert "canary" not in out + err
    (log,) = Path(os.environ["HOME"]).rglob("crash-*.log")
    assert str(log) in err
    assert "canary" not in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600
    if output == "json":
        assert json.loads(out.splitlines()[-1])["error"]["code"] == "internal-error"


@pytest.mark.parametrize("output", ["text", "json"])
def test_a_reader_that_leaves_ends_logs_quietly(output: str, tmp_path: Path) -> None:
    process = start("endless", output, tmp_path, name="logs")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=10) == 0
    assert process.stderr.read() == ""


def test_help_into_a_closed_pipe_is_no_traceback(tmp_path: Path) -> None:
    command = f"{sys.executable} -m holodeck_tui"
    words = f"{command} --help | head -1; {command} schema | head -1"
    done = subprocess.run(["bash", "-c", words], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr

"""Exit codes and last words of runs that are held up, refused, stopped or sick."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time

import pytest

from tests.integration.contract.conftest import STANDIN, Project
from tests.ports import free_port

pytestmark = pytest.mark.integration


@pytest.fixture
def here(project: Project, tmp_path) -> Project:
    """The stand-in as this machine's `holodeck`, in the process runtime, on a port of its own."""
    if os.name != "posix":
        pytest.skip("the stand-in is a shell script")
    tools = tmp_path / "bin"
    tools.mkdir()
    program = tools / "holodeck"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -u {STANDIN} "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    project.environ["PATH"] = f"{tools}{os.pathsep}{project.environ['PATH']}"
    overlay = {"target": "local", "local": {"runtime": "process", "port": free_port()}}
    project.write("deploy.yaml", json.dumps(overlay))
    yield project
    project.call("destroy", "--yes")


def standin(project: Project, mode: str, *, timeout: int = 60) -> None:
    """How the stand-in behaves from the next deploy on."""
    overlay = json.loads((project.folder / "deploy.yaml").read_text())
    overlay["health"] = {"timeout": timeout}
    project.write("deploy.yaml", json.dumps(overlay))
    agent = (project.folder / "agent.yaml").read_text().partition("deployment:")[0]
    project.write("agent.yaml", f"{agent}deployment: {{environment: {{STANDIN: '{mode}'}}}}\n")


def test_every_short_answer(here: Project) -> None:
    url = f"http://127.0.0.1:{json.loads((here.folder / 'deploy.yaml').read_text())['local']['port']}\n"
    assert here.call("plan", "--exit-code", "-q").code == 10
    first = here.call("deploy", "--output", "json")
    assert first.code == 0, first.err
    assert first.result["image"] is None
    events = [line["event"] for line in first.lines]
    assert events[-1] == "result"
    assert events.count("step.started") == events.count("step.finished") == 5
    for line in first.lines:
        keys = {
            "step.started": {"step"},
            "step.log": {"step", "line"},
            "step.progress": {"step", "id", "current", "total"},
            "step.finished": {"step", "seconds", "skipped", "detail"},
            "result": {"ok", "exit_code", "agent", "image", "deployment", "error"},
        }[line["event"]]
        assert set(line) == {"event", "time", *keys}

    assert here.call("deploy", "-q").out == url
    assert here.call("run", "-q").out == url
    assert here.call("status", "-q").out == "healthy\n"
    same = here.call("plan", "--exit-code", "--output", "json")
    assert (same.code, same.document["up_to_date"], same.document["changes"]) == (0, True, [])
    assert here.call("chat", "hi", "-q").out.strip().endswith("heard hi")
    (line, _result) = here.call("logs", "--tail", "1", "--output", "json").lines
    assert set(line) == {"event", "time", "service", "line", "timestamp"}
    assert here.call("logs", "--grep", "no such line", "-q").out == ""
    listed = here.call("list", "--scope", "local", "--output", "json").document
    assert set(listed) == {"deployments", "errors"}
    assert set(listed["deployments"][0]) == {
        *("agent", "provider", "service_id", "service_name", "url", "state", "detail"),
        *("image_uri", "revision", "checked_at"),
    }
    assert here.call("pause", "-q").out == "stopped\n"
    assert here.call("resume", "-q").out == "healthy\n"
    assert here.call("destroy", "--yes", "-q").out == "deleted\n"
    assert here.call("status", "-q").out == "missing\n"
    gone = here.call("logs", "--output", "json")
    assert (gone.code, gone.result["error"]["code"]) == (2, "not-deployed")


def test_what_is_not_healthy_is_5_with_the_last_lines_and_never_a_traceback(here: Project) -> None:
    standin(here, "unhealthy", timeout=4)
    text = here.call("deploy")
    assert text.code == 5
    assert text.out == ""
    _, why, remedy, *more = text.err[text.err.index("Error: ") :].splitlines()
    assert why.startswith("Why: ")
    assert remedy.startswith("Do: ")
    assert any("standin" in line for line in more)
    assert all(line.startswith("  ") for line in more)
    data = here.call("deploy", "--output", "json", "-q")
    assert (data.code, data.result["error"]["code"]) == (5, "unhealthy")
    assert [line["event"] for line in data.lines] == ["result"]


def test_a_second_run_is_6_and_names_the_first(here: Project) -> None:
    standin(here, "slow:60")
    running = here.start("deploy", "--output", "json")
    try:
        assert running.stdout is not None
        while '"run"' not in running.stdout.readline():
            assert running.poll() is None
        second = here.call("deploy", "--output", "json")
        assert (second.code, second.result["error"]["code"]) == (6, "locked")
        assert str(running.pid) in second.result["error"]["message"]
        # What only looks is not held up.
        assert here.call("status", "-q").code == 0
        assert here.call("plan", "-q").code == 0
    finally:
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=60)
    assert running.returncode == 130


def test_a_closed_pipe_and_an_unwritable_folder(here: Project) -> None:
    listing = here.start("schema")
    assert listing.stdout is not None
    listing.stdout.close()
    assert listing.stderr is not None
    assert listing.stderr.read() == ""
    assert listing.wait(30) == 0
    shutil.rmtree(here.folder / ".holodeck", ignore_errors=True)
    (here.folder / ".holodeck").write_text("a file where the folder belongs")
    ended = here.call("deploy", "--output", "json")
    assert (ended.code, ended.result["error"]["code"]) == (4, "state-unwritable")
    (here.folder / ".holodeck").unlink()


def test_a_confirmation_names_the_same_call(here: Project) -> None:
    words = ("destroy", "--target", "local", "--output", "json", str(here.folder / "agent.yaml"))
    ended = here.call(*words)
    assert (ended.code, ended.result["error"]["code"]) == (2, "confirmation-needed")
    agent = here.folder / "agent.yaml"
    assert ended.result["error"]["remedy"] == f"holodeck-deploy-tui destroy --yes --target local {agent}"


def test_logs_follow_until_stopped(here: Project) -> None:
    standin(here, "lines")
    assert here.call("deploy", "-q").code == 0
    following = here.start("logs", "-f", "--output", "json", "--tail", "3")
    assert following.stdout is not None
    seen = [json.loads(following.stdout.readline()) for _ in range(10)]
    following.send_signal(signal.SIGINT)
    rest, _ = following.communicate(timeout=30)
    numbers = [int(line["line"].rsplit(" ", 1)[1]) for line in seen]
    assert numbers == list(range(numbers[0], numbers[0] + 10))
    last = json.loads(rest.splitlines()[-1])
    assert (following.returncode, last["event"], last["exit_code"]) == (130, "result", 130)


def test_nothing_is_left_of_a_run_that_is_killed(here: Project) -> None:
    standin(here, "slow:2")
    running = here.start("deploy")
    assert running.stderr is not None
    while "run: started" not in running.stderr.readline():
        assert running.poll() is None
    time.sleep(0.3)
    running.kill()
    running.communicate(timeout=30)
    again = here.call("deploy", "--output", "json")
    assert again.code == 0, again.err
    assert "did not come to its end" in again.err
    done = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    mine = [line for line in done.stdout.splitlines() if "serve" in line and here.environ["HOME"] in line]
    assert len([line for line in mine if str(STANDIN) in line]) <= 1

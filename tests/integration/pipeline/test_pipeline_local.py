"""Whole runs on this machine with the real holodeck-ai as a process: kills, Ctrl-C, two at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.integration,
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="signals and kill -9 are of POSIX"),
]

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def agent(folder: Path, environ: dict[str, str], holodeck_bin: str, sealed_home: Path) -> Iterator[str]:
    """An agent for the process runtime; whatever runs of it in the end is destroyed."""
    name = f"greeter-{uuid.uuid4().hex[:8]}"
    (folder / "agent.yaml").write_text(
        f"name: {name}\nmodel: {{provider: ollama, name: llama3}}\ninstructions: {{file: prompt.md}}\n"
    )
    (folder / "deploy.yaml").write_text("target: local\nlocal: {runtime: process}\nhealth: {timeout: 90}\n")
    environ["PATH"] = f"{Path(holodeck_bin).parent}{os.pathsep}{environ['PATH']}"
    environ["HOME"] = str(sealed_home)
    yield name
    call(folder, environ, "destroy", "--yes").communicate(timeout=60)


def call(folder: Path, environ: dict[str, str], *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "holodeck_tui", *words, "--output", "json"],
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def start(agent: str, folder: Path, environ: dict[str, str]) -> Iterator[Start]:
    started = []

    def run(*words: str) -> subprocess.Popen[str]:
        started.append(call(folder, environ, *words))
        return started[-1]

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def ended(process: subprocess.Popen[str]) -> tuple[int, list[dict], str]:
    out, err = process.communicate(timeout=150)
    return process.returncode, [json.loads(line) for line in out.splitlines()], err


def until_running(process: subprocess.Popen[str], folder: Path) -> None:
    """Wait until the new revision has been started but is not proven yet."""
    for line in process.stdout:
        if json.loads(line) | {"time": ""} == {"event": "step.started", "step": "run", "time": ""}:
            break
    journal = folder / ".holodeck" / "journal.jsonl"
    for _ in range(200):
        if journal.exists() and "local.revision" in journal.read_text():
            time.sleep(0.7)
            return
        time.sleep(0.02)
    pytest.fail("the run step did not begin a revision")


def test_a_deploy_is_healthy_then_unchanged_then_changed_then_gone(start, agent, folder):
    code, lines, err = ended(start("deploy"))
    assert code == 0, err
    steps = [line["step"] for line in lines if line["event"] == "step.finished"]
    assert steps == ["bundle", "build", "push", "run", "verify"]
    result = lines[-1]
    assert result["image"] is None
    assert result["deployment"]["state"] == "healthy"

    code, lines, _ = ended(start("deploy"))
    assert code == 0
    again = lines[-1]["deployment"]
    assert again["revision"] == result["deployment"]["revision"]
    assert {line["step"] for line in lines if line.get("skipped")} == {"build", "push", "run"}
    code, (document,), _ = ended(start("plan", "--exit-code"))
    assert (code, document["up_to_date"], document["source"]) == (0, True, "live")

    (folder / "prompt.md").write_text("Be kinder.\n")
    code, (document,), _ = ended(start("plan", "--exit-code"))
    assert code == 10
    assert [change["path"] for change in document["changes"]] == ["content_hash"]
    code, lines, _ = ended(start("run"))
    assert code == 0
    assert lines[-1]["deployment"]["url"] == again["url"]
    assert lines[-1]["deployment"]["revision"] != again["revision"]

    assert ended(start("destroy", "--yes"))[0] == 0
    code, (document,), _ = ended(start("status"))
    assert (code, document["state"]) == (0, "missing")


def test_a_run_killed_half_way_is_told_and_finished_by_the_next(start, agent, folder):
    first = start("deploy")
    until_running(first, folder)
    first.kill()
    first.wait()
    code, lines, err = ended(start("deploy"))
    assert code == 0, err
    assert "The last run did not come to its end" in err
    assert f"process {first.pid} " in err
    assert "It was stopped during" in err
    assert lines[-1]["deployment"]["state"] == "healthy"
    code, (document,), _ = ended(start("list", "--scope", "local"))
    assert [one["agent"] for one in document["deployments"]].count(agent) == 1
    code, lines, err = ended(start("deploy"))
    assert code == 0
    assert "stopped during" not in err


def test_ctrl_c_leaves_nothing_half_made(start, agent, folder):
    running = start("deploy")
    until_running(running, folder)
    running.send_signal(signal.SIGINT)
    began = time.monotonic()
    code, lines, err = ended(running)
    assert code == 130, err
    assert time.monotonic() - began < 15
    assert [line["event"] for line in lines[-2:]] == ["step.failed", "result"]
    assert lines[-1]["error"]["code"] == "interrupted"
    assert ended(start("status"))[1][0]["state"] == "missing"
    left = subprocess.run(["pgrep", "-f", agent], capture_output=True, text=True, check=False)
    assert left.stdout == ""


def test_of_two_runs_at_once_one_deploys_and_the_other_names_it(start, agent):
    both = [start("deploy"), start("deploy")]
    ends = [ended(process) for process in both]
    codes = [code for code, _, _ in ends]
    assert sorted(codes) == [0, 6], ends
    winner, loser = both[codes.index(0)], ends[codes.index(6)]
    assert loser[1][-1]["error"]["code"] == "locked"
    assert f"process {winner.pid} on " in loser[1][-1]["error"]["message"]


def test_an_agent_that_ends_at_once_is_exit_5_with_its_last_lines(start, folder, agent, environ):
    text = (folder / "agent.yaml").read_text().replace("ollama", "anthropic")
    (folder / "agent.yaml").write_text(text)
    del environ["ANTHROPIC_API_KEY"]
    code, lines, err = ended(start("deploy"))
    assert code == 5, err
    failed = [line for line in lines if line["event"] == "step.failed"]
    assert [line["step"] for line in failed] == ["run"]
    assert "ANTHROPIC_API_KEY" in lines[-1]["error"]["message"]

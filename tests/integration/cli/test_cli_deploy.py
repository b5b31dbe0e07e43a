"""The whole way by the real command: the real holodeck-ai as a process, scripted as CI would."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.integration.cli.cli_calls import Call
from tests.ports import free_port

pytestmark = [pytest.mark.integration, pytest.mark.slow]


@pytest.fixture
def here(agent: Path, environ: dict[str, str], holodeck_bin: str) -> int:
    """The agent, to be run as a process on a free port, which is returned."""
    port = free_port()
    (agent.parent / "deploy.yaml").write_text(f"target: local\nlocal: {{runtime: process, port: {port}}}\n")
    environ["PATH"] = f"{Path(holodeck_bin).parent}{os.pathsep}{environ['PATH']}"
    environ["OPENAI_API_KEY"] = "sk-canary-4711-of-the-test"
    return port


def test_deploy_look_and_destroy(call: Call, here: int) -> None:
    url = f"http://127.0.0.1:{here}"
    ended = call("--no-ui", "--output", "json", "-v")
    try:
        assert ended.code == 0, ended.err
        assert ended.result["deployment"]["url"] == url
        assert ended.result["deployment"]["state"] == "healthy"
        assert ended.result["image"] is None
        steps = [line["step"] for line in ended.lines if line["event"] == "step.finished"]
        assert steps == ["bundle", "build", "push", "run", "verify"]
        with urllib.request.urlopen(f"{url}/health", timeout=10) as answer:
            assert json.load(answer)["status"] == "healthy"
        assert call("deploy", "-q").out == f"{url}\n"
        assert call("status", "-q").out == "healthy\n"
        assert call("plan", "--exit-code", "-q").out == "up to date\n"
        # Other tests may have containers on the same engine.
        listed = call("list", "--scope", "local", "--output", "json").document["deployments"]
        (found,) = (one for one in listed if one["url"] == url)
        assert (found["agent"], found["state"]) == ("helper", "healthy")
        logs = call("logs", "--tail", "5", "--output", "json")
        assert [line["event"] for line in logs.lines[:-1]] == ["log"] * (len(logs.lines) - 1)
        assert logs.result["ok"] is True
        told = ended.out + ended.err + logs.out
    finally:
        gone = call("destroy", "--yes", "-q")
    assert (gone.code, gone.out) == (0, "deleted\n")
    assert call("status", "-q").out == "missing\n"
    assert "canary" not in told


@pytest.mark.skipif(os.name != "posix", reason="signals are sent the POSIX way")
def test_ctrl_c_in_the_middle_is_130_and_leaves_nothing(
    call: Call, here: int, environ: dict[str, str], tmp_path: Path
) -> None:
    words = [sys.executable, "-m", "holodeck_tui", "--no-ui", "--output", "json"]
    process = subprocess.Popen(
        words, cwd=tmp_path, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    while "to become healthy" not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    results = [line for line in map(json.loads, out.splitlines()) if line["event"] == "result"]
    assert [line["exit_code"] for line in results] == [130]
    assert call("status", "-q").out == "missing\n"
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", here)) != 0

"""The `base` command builds the real base image; its entrypoint checks its input and passes signals on."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

pytestmark = [pytest.mark.integration, pytest.mark.docker, pytest.mark.slow]

BASE = "holodeck-base:test"
TOOL = Path(sys.executable).with_name("holodeck-deploy-tui")
HARDENED = ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--tmpfs", "/tmp"]
AGENT = "name: probe\nmodel: {provider: openai, name: gpt-4o}\ninstructions: {inline: hi}\n"


def docker(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=check)


def test_base_builds_from_the_folder_that_ships() -> None:
    # On the base that the environment made already: installing again finds everything there and is short.
    environment = {**os.environ, "HOLODECK_BASE_FROM": BASE}
    done = subprocess.run(
        [str(TOOL), "base", "--extras", "openai-agents", "-q"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    name = done.stdout.strip()
    try:
        assert name == "holodeck-base:0.7.1-openai-agents"
        labels = docker("image", "inspect", "-f", "{{json .Config.Labels}}", name).stdout
        assert '"com.holodeck.extras":"openai-agents"' in labels
    finally:
        docker("rmi", name, check=False)


def test_a_wrong_extra_is_refused_before_anything_is_built() -> None:
    done = subprocess.run(
        [str(TOOL), "base", "--extras", "chromadb;rm -rf"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "--extras" in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("HOLODECK_PORT", "99999", "HOLODECK_PORT"),
        ("HOLODECK_PORT", "8080;id", "HOLODECK_PORT"),
        ("HOLODECK_PROTOCOL", "both", "HOLODECK_PROTOCOL"),
        ("HOLODECK_LOG_LEVEL", "loud", "HOLODECK_LOG_LEVEL"),
        ("HOLODECK_AGENT_CONFIG", "/nowhere/agent.yaml", "/nowhere/agent.yaml"),
    ],
)
def test_the_entrypoint_refuses_wrong_input_with_a_sentence(name: str, value: str, said: str) -> None:
    done = docker("run", "--rm", "-e", f"{name}={value}", BASE, check=False)
    assert done.returncode == 64
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_hardened_container_serves_and_stops_on_sigterm(tmp_path: Path) -> None:
    (tmp_path / "agent.yaml").write_text(AGENT)
    tmp_path.chmod(0o755)
    container = f"base-test-{uuid.uuid4().hex[:8]}"
    try:
        mount = f"{tmp_path}/agent.yaml:/app/agent.yaml:ro"
        docker(
            "run", "-d", "--name", container, *HARDENED, "-v", mount, "-e", "OPENAI_API_KEY=sk-dummy", BASE
        )
        probe = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8080/health').read().decode())"
        end = time.monotonic() + 120
        while '"healthy"' not in (
            said := docker("exec", container, "python3", "-c", probe, check=False).stdout
        ):
            assert time.monotonic() < end, docker("logs", container).stdout
            time.sleep(0.5)
        assert '"healthy"' in said
        docker("stop", "-t", "60", container)
        state = docker("inspect", "-f", "{{.State.ExitCode}}", container).stdout.strip()
        assert state == "0", "killed after the grace time instead of stopping"
    finally:
        docker("rm", "-f", container, check=False)

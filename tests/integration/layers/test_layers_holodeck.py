"""The real HoloDeck, in an image that no engine made, pulled and run hardened: it says it is healthy."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from tests.integration.layers.conftest import Place
from tests.integration.layers.registries import push_base, workshop
from tests.parts import need_image

pytestmark = [pytest.mark.integration, pytest.mark.docker, pytest.mark.slow]

SAMPLE = Path(__file__).resolve().parents[3] / "holodeck_tui" / "sample"
HARDENED = ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--tmpfs", "/tmp"]


def docker(*words: str) -> str:
    """What the real docker command says, its errors included."""
    done = subprocess.run(
        ["docker", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True
    )
    return done.stdout.strip()


def test_the_shipped_sample_is_healthy(open_place: Place, tmp_path: Path) -> None:
    base = push_base(need_image("holodeck-base:test"), open_place.host, "real/base:1")
    agent = tmp_path / "agent"
    shutil.copytree(SAMPLE, agent)
    with (agent / "agent.yaml").open("a") as file:
        file.write(
            f"\ndeployment:\n  registry: {{url: '{open_place.host}', repository: real/agent}}\n"
            "  target: {provider: azure, azure: {subscription_id: 00000000-0000-0000-0000-000000000001,\n"
            "    resource_group: rg, environment_name: env}}\n"
        )
    (agent / "deploy.yaml").write_text(json.dumps({"target": "local", "image": {"base": base}}))
    image = workshop(agent / "agent.yaml", {"OPENAI_API_KEY": "sk-test-dummy-key"}).build()
    key = ["-e", "OPENAI_API_KEY=sk-test-dummy-key"]
    run = ["run", "-d", *key, "-p", "127.0.0.1:0:8080", *HARDENED]
    container = ""
    try:
        # Above the id the engine says what it pulls.
        container = docker(*run, image.pinned).splitlines()[-1]
        port = docker("port", container, "8080").split(":")[-1]
        for _ in range(240):
            try:
                answer = httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False).json()
                break
            except (httpx.TransportError, ValueError):
                time.sleep(0.5)
        else:
            pytest.fail(docker("logs", "--tail", "30", container))
        assert answer["status"] == "healthy", answer
        docker("exec", container, "python3", "/opt/holodeck/healthcheck.py", "/health")
    finally:
        if container:
            subprocess.run(["docker", "rm", "-f", container], capture_output=True, check=False)
        subprocess.run(["docker", "rmi", "-f", image.pinned], capture_output=True, check=False)

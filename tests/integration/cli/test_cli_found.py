"""Commands on a deployment that is named by its service, from a folder that knows nothing of it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.integration.cli.cli_calls import Call
from tests.integration.local.local_bench import STANDIN

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(os.name != "posix", reason="the stand-in is a shell script"),
]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """A stand-in for ``holodeck``, and no engine: the agent runs as a process."""
    tools = tmp_path / "bin"
    tools.mkdir()
    program = tools / "holodeck"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -u {STANDIN} "$@"\n')
    program.chmod(0o755)
    path = f"{tools}{os.pathsep}{environ['PATH']}"
    return {**environ, "PATH": path, "DOCKER_HOST": f"unix://{tmp_path}/none.sock", "OPENAI_API_KEY": "sk-x"}


@pytest.fixture
def service(call: Call, agent: Path) -> str:
    """The service's name; it was deployed twice."""
    agent.with_name("deploy.yaml").write_text("target: local\n")
    assert call("deploy").code == 0
    agent.with_name("instructions").joinpath("prompt.md").write_text("You help more.\n")
    ended = call("deploy", "--output", "json")
    assert ended.code == 0, ended.err
    return str(ended.result["deployment"]["service_name"])


def test_all_that_can_be_done_to_it(call: Call, service: str, elsewhere: Path) -> None:
    named = ("--service", service, "--scope", "local")
    ended = call("status", *named, "--output", "json", cwd=elsewhere)
    assert ended.code == 0, ended.err
    assert (ended.document["agent"], ended.document["state"]) == ("helper", "healthy")
    assert call("chat", "hello", *named, "-q", cwd=elsewhere).code == 0
    logs = call("logs", *named, "--tail", "3", "--output", "json", cwd=elsewhere)
    assert logs.code == 0, logs.err
    assert {line["service"] for line in logs.lines if line["event"] == "log"} == {service}

    ended = call("rollback", *named, "--yes", "--output", "json", cwd=elsewhere)
    assert ended.code == 0, ended.err
    steps = [(line["event"], line["step"]) for line in ended.lines if line["event"].startswith("step.f")]
    assert steps == [("step.finished", "run"), ("step.finished", "verify")]
    assert ended.result["deployment"]["state"] == "healthy"

    assert call("pause", *named, "-q", cwd=elsewhere).out == "stopped\n"
    ended = call("resume", *named, "--output", "json", cwd=elsewhere)
    assert ended.document["state"] in {"healthy", "deploying"}
    assert "waiting for" in ended.err, "what it waits for is no part of the document"

    ended = call("destroy", *named, "--dry-run", cwd=elsewhere)
    assert "would be removed" in ended.out
    assert call("status", *named, "-q", cwd=elsewhere).out != "missing\n"
    assert call("destroy", *named, cwd=elsewhere).code == 2
    ended = call("destroy", *named, "--yes", "-q", cwd=elsewhere)
    assert (ended.code, ended.out) == (0, "deleted\n"), ended.err
    assert not (elsewhere / ".holodeck").exists()
    gone = call("status", *named, "--output", "json", cwd=elsewhere)
    assert (gone.code, gone.document["error"]["code"]) == (2, "not-deployed")


def test_in_the_agents_own_folder_it_is_recorded_as_ever(call: Call, service: str) -> None:
    assert call("destroy", "--service", service, "--yes").code == 0
    document = call("status", "--output", "json").document
    # A record that was left would say that it was deployed from here and is gone.
    assert (document["state"], document["detail"]) == ("missing", "nothing is deployed")


def test_the_name_of_an_agent_leads_to_that_of_its_service(call: Call, service: str) -> None:
    ended = call("status", "--service", "helper", "--scope", "local")
    assert ended.code == 2
    assert f"what is deployed of it is called {service}" in ended.err
    assert f"--service {service}" in ended.err
    assert call("destroy", "--yes").code == 0


def test_where_to_look_without_what_to_look_for_is_an_error(call: Call) -> None:
    ended = call("status", "--scope", "local", "--output", "json")
    assert (ended.code, ended.document["error"]["code"]) == (2, "usage")
    assert "--service" in ended.err


def test_a_refused_question_can_be_pasted_with_yes(call: Call, service: str, elsewhere: Path) -> None:
    ended = call("destroy", "--service", service, "--scope", "local", cwd=elsewhere)
    assert f"destroy --yes --service {service} --scope local" in ended.err
    assert call("destroy", "--yes", "--service", service, "--scope", "local", cwd=elsewhere).code == 0

"""Commands that print events: one result, always last; dry runs; questions; secrets nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.cli.cli_calls import Call

pytestmark = pytest.mark.integration

CANARY = "canary-4711-of-the-test"


@pytest.mark.parametrize(
    "words", [("--no-ui", "--dry-run"), ("deploy", "--dry-run"), ("--dry-run", "agent.yaml", "--no-ui")]
)
def test_a_dry_run_says_every_step_and_changes_nothing(
    call: Call, agent: Path, words: tuple[str, ...]
) -> None:
    before = sorted(agent.parent.rglob("*"))
    ended = call(*words, "--target", "local", "--output", "json", env={"DOCKER_HOST": "unix:///none.sock"})
    assert ended.code == 0, ended.err
    assert ended.result["ok"] is True
    assert ended.result["agent"] == "helper"
    finished = [line["step"] for line in ended.lines if line["event"] == "step.finished"]
    assert finished == ["bundle", "build", "push", "run", "verify"]
    assert sorted(agent.parent.rglob("*")) == before


def test_a_dry_run_in_text_is_the_result_on_stdout(call: Call, agent: Path) -> None:
    ended = call("--no-ui", "--dry-run", "--target", "local")
    assert ended.code == 0
    assert ended.out.startswith("helper: a dry run, nothing was changed\n")
    assert [line.split()[0] for line in ended.out.splitlines()[1:]] == [
        "bundle",
        "build",
        "push",
        "run",
        "verify",
    ]


def test_a_missing_variable_is_2_before_anything_is_built_and_a_warning_in_a_dry_run(
    call: Call, agent: Path
) -> None:
    agent.write_text(agent.read_text() + "description: for ${WHOM}\n")
    ended = call("--no-ui", "--target", "local", "--output", "json")
    assert ended.code == 2
    assert ended.result["error"]["code"] == "variable-missing"
    assert "WHOM" in ended.result["error"]["message"]
    assert not [line for line in ended.lines if line.get("step") == "build"]
    ended = call("--no-ui", "--target", "local", "--dry-run")
    assert ended.code == 0
    assert "WHOM" in ended.err


def test_destroy_without_yes_and_without_a_terminal_does_nothing(call: Call, agent: Path) -> None:
    for name in ("destroy", "rollback"):
        ended = call(name, "--target", "local", "--output", "json", stdin="y\n")
        assert ended.code == 2
        assert ended.result["error"]["code"] == "confirmation-needed"
        assert "--yes" in ended.result["error"]["remedy"]


def test_a_rehearsed_destroy_says_on_stdout_what_would_go(call: Call, agent: Path) -> None:
    ended = call("destroy", "--target", "local", "--dry-run")
    assert ended.code == 0
    first, *rest = ended.out.splitlines()
    assert first == "helper: a dry run, nothing was changed"
    assert rest == ["  Nothing is deployed; there is nothing to destroy."]


def test_destroying_nothing_is_deleted(call: Call, agent: Path) -> None:
    ended = call("destroy", "--target", "local", "--yes", "-q")
    assert (ended.code, ended.out) == (0, "deleted\n")


def test_logs_of_nothing_is_2(call: Call, agent: Path) -> None:
    ended = call("logs", "--target", "local", "--output", "json")
    assert ended.code == 2
    assert ended.result["error"]["code"] == "not-deployed"
    ended = call("logs", "--target", "local", "--grep", "(")
    assert ended.code == 2
    assert "--grep" in ended.err


@pytest.mark.slow
@pytest.mark.parametrize("where", ["environment", ".env", "broken"])
def test_a_secret_is_in_no_output(call: Call, agent: Path, where: str) -> None:
    text = agent.read_text() + "description: key ${MY_CANARY}\n"
    env = {"MY_CANARY": CANARY} if where != ".env" else {}
    if where == ".env":
        (agent.parent / ".env").write_text(f"MY_CANARY={CANARY}\n")
    if where == "broken":
        text += "deployment:\n  port: ${MY_CANARY}\n  registry: {url: '${MY_CANARY}', repository: '//'}\n"
    agent.write_text(text)
    for words in (
        ("--no-ui", "--dry-run", "--target", "local", "-v", "--output", "json"),
        ("plan", "--target", "local", "-v"),
        ("validate",),
        ("bundle", "--output", "json"),
    ):
        ended = call(*words, env=env)
        assert CANARY not in ended.out + ended.err
        assert "Traceback" not in ended.err

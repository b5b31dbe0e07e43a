"""What the shell sees before anything runs: help, versions, wrong words, no terminal."""

from __future__ import annotations

import pytest

from holodeck_tui.headless.grammar import BY_NAME
from tests.integration.cli.cli_calls import Call

pytestmark = pytest.mark.integration

CONTRACT = [
    "build",
    "push",
    "run",
    "deploy",
    "plan",
    "status",
    "list",
    "logs",
    "destroy",
    "rollback",
    "pause",
    "resume",
    "chat",
    "doctor",
    "init",
    "set",
    "unset",
    "validate",
    "bundle",
    "base",
    "schema",
]


def test_the_commands_are_those_of_the_contract() -> None:
    assert list(BY_NAME) == CONTRACT


def test_help_names_the_three_forms_and_every_command(call: Call) -> None:
    ended = call("--help")
    assert ended.code == 0
    assert ended.err == ""
    for form in ("[OPTIONS] [AGENT]", "--no-ui [OPTIONS] [AGENT]", "COMMAND [OPTIONS] [AGENT]"):
        assert form in ended.out
    for name in CONTRACT:
        assert f"\n  {name} " in ended.out


@pytest.mark.parametrize("name", CONTRACT)
def test_every_command_has_help_with_the_common_options(call: Call, name: str) -> None:
    ended = call(name, "--help")
    assert ended.code == 0
    for option in ("--output [text|json]", "-v, --verbose", "-q, --quiet", "--no-color"):
        assert option in ended.out


def test_the_version(call: Call) -> None:
    assert call("--version").out.startswith("holodeck-deploy-tui 0.")


@pytest.mark.parametrize("words", [(), ("agent.yaml",), ("--read-only", "agent.yaml"), ("--dry-run",)])
def test_the_ui_without_a_terminal_ends_with_2_and_says_what_to_use(
    call: Call, words: tuple[str, ...]
) -> None:
    ended = call(*words)
    assert ended.code == 2
    assert ended.out == ""
    assert "Use --no-ui" in ended.err
    assert len(ended.err.splitlines()) == 3


@pytest.mark.parametrize(
    "words",
    [
        ("--bogus",),
        ("deploy", "--target", "mars"),
        ("deploy", "a.yaml", "b.yaml"),
        ("build", "--output", "xml"),
        ("build", "--follow"),
        ("logs", "--tail", "-3"),
        ("set",),
        ("set", "deployment.port"),
        ("chat",),
        ("--no-ui", "build"),
    ],
)
def test_wrong_words_are_three_lines_and_2(call: Call, words: tuple[str, ...]) -> None:
    ended = call(*words)
    assert ended.code == 2
    assert ended.out == ""
    first, second, third = ended.err.splitlines()
    assert first == "Error: The command line is wrong."
    assert second.startswith("Why: ")
    assert third.startswith("Do: ")
    assert "--help" in third


def test_a_wrong_stream_command_still_ends_in_one_result(call: Call) -> None:
    ended = call("deploy", "--bogus", "--output", "json")
    assert ended.code == 2
    assert ended.result["exit_code"] == 2
    assert ended.result["error"]["code"] == "usage"


def test_a_wrong_document_command_still_ends_in_one_document(call: Call) -> None:
    ended = call("--output=json", "status", "--bogus")
    assert ended.code == 2
    assert list(ended.document) == ["error"]
    assert set(ended.document["error"]) == {"code", "message", "remedy"}


@pytest.mark.parametrize("name", ["build", "push", "run", "deploy", "destroy", "rollback", "logs"])
def test_a_missing_agent_file_is_2_in_every_stream(call: Call, name: str) -> None:
    ended = call(
        name, "--output", "json", "--target", "local", *(["--yes"] if name in {"destroy", "rollback"} else [])
    )
    assert ended.code == 2
    assert ended.result["error"]["code"] == "agent-not-found"
    assert ended.result["agent"] is None


@pytest.mark.parametrize("name", ["plan", "status", "bundle", "pause", "resume", "init"])
def test_a_missing_agent_file_is_2_in_every_document(call: Call, name: str) -> None:
    ended = call(name, "none.yaml", "--output", "json")
    assert ended.code == 2
    assert ended.document["error"]["code"] == "agent-not-found"
    assert ended.err.startswith("Error: ")

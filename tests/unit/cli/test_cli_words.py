"""Options anywhere, the command first or after the agent file, and nothing taken for another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holodeck_tui.headless.grammar import BY_NAME
from holodeck_tui.headless.options import valued
from holodeck_tui.headless.words import arrange, settle, wants_json

pytestmark = pytest.mark.unit
VALUED = valued()


def arranged(*argv: str) -> tuple[str | None, list[str]]:
    words = arrange(argv, BY_NAME, VALUED)
    return words.command, list(words.rest)


def test_the_command_is_found_behind_options_and_their_values() -> None:
    assert arranged("--target", "local", "-v", "deploy", "a.yaml", "--tag", "x") == (
        "deploy",
        ["--target", "local", "-v", "a.yaml", "--tag", "x"],
    )


def test_an_options_value_is_never_the_command() -> None:
    assert arranged("--tag", "build", "a.yaml") == (None, ["--tag", "build", "a.yaml"])
    assert arranged("--tag=build", "status") == ("status", ["--tag=build"])


def test_a_first_word_that_is_no_command_is_the_agent_file() -> None:
    assert arranged("mine.yaml", "--no-ui") == (None, ["--no-ui", "mine.yaml"])
    assert arranged("mine.yaml", "status", "-q") == ("status", ["-q", "mine.yaml"])
    assert arranged("mine.yaml", "other.yaml", "status") == (None, ["mine.yaml", "other.yaml", "status"])


def test_after_two_dashes_a_commands_name_is_a_file() -> None:
    assert arranged("--no-ui", "--", "build") == (None, ["--no-ui", "--", "build"])


@given(
    st.lists(
        st.sampled_from(["-v", "-q", "--dry-run", "--target", "--output=json", "a.yaml", "build", "--", "x"])
    )
)
def test_arranging_loses_and_invents_no_word(argv: list[str]) -> None:
    command, rest = arranged(*argv)
    assert sorted([*rest, *([command] if command else [])]) == sorted(argv)


@given(st.lists(st.text(max_size=8), max_size=8))
def test_any_words_can_be_arranged(argv: list[str]) -> None:
    command, rest = arranged(*argv)
    assert sorted([*rest, *([command] if command else [])]) == sorted(argv)


@pytest.mark.parametrize(
    ("argv", "json"),
    [
        (["--output", "json"], True),
        (["build", "--bogus", "--output=json"], True),
        (["--output", "text"], False),
        (["--output"], False),
        (["--", "--output", "json"], False),
    ],
)
def test_json_is_recognised_on_wrong_lines_too(argv: list[str], json: bool) -> None:
    assert wants_json(argv) is json


def test_set_tells_the_agent_file_from_assignments() -> None:
    assert settle("set", ["a/agent.yaml", "deployment.port=1", "deployment.x=b.yaml"]) == (
        ("deployment.port=1", "deployment.x=b.yaml"),
        "a/agent.yaml",
    )
    with pytest.raises(ValueError, match="neither KEY=VALUE"):
        settle("set", ["deployment.port"])
    with pytest.raises(ValueError, match="at least one KEY=VALUE"):
        settle("set", ["agent.yaml"])


def test_unset_tells_the_agent_file_from_keys() -> None:
    assert settle("unset", ["deployment.port", "agent.yaml"]) == (("deployment.port",), "agent.yaml")
    with pytest.raises(ValueError, match="one agent file"):
        settle("unset", ["a.yaml", "b.yaml", "deployment.port"])


def test_chat_takes_a_quoted_message() -> None:
    assert settle("chat", ["hello you", "x.yaml"]) == (("hello you",), "x.yaml")
    assert settle("chat", ["hello"]) == (("hello",), None)
    with pytest.raises(ValueError, match="quotes"):
        settle("chat", ["hello", "you"])

from __future__ import annotations

import errno
import json
import os

import pytest

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.redact import Redactor
from holodeck_tui.pipeline.job import journalled
from holodeck_tui.state import journal as module
from holodeck_tui.state.folder import StateFolder
from holodeck_tui.state.journal import FileJournal
from holodeck_tui.state.lock import Key
from tests.room import little_room

pytestmark = pytest.mark.unit
KEY = Key("agent", None, "local")


@pytest.fixture
def state(tmp_path):
    return StateFolder(tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="a limit of file sizes is set the POSIX way")
def test_what_is_not_to_be_committed_is_said_after_there_was_no_room_for_it(state):
    with little_room(), pytest.raises(DeploymentError):
        state.make()
    state.make()
    assert "journal.jsonl" in (state.path / ".gitignore").read_text()


def test_what_a_full_disk_ended_is_not_open(state):
    ours = FileJournal(state, KEY, Redactor())
    with pytest.raises(OSError, match="full"), journalled(Context(journal=ours), "deploy"):
        raise OSError(errno.ENOSPC, "full")
    assert not ours.open_intents()


def test_only_intents_without_an_outcome_are_open_and_only_of_this_key(state):
    ours = FileJournal(state, KEY, Redactor())
    done, left = ours.intent("pull image"), ours.intent("create container", port=8080)
    FileJournal(state, Key("agent", "staging", "local"), Redactor()).intent("create container")
    ours.outcome(done, "done")
    (one,) = ours.open_intents()
    assert (one.id, one.action, dict(one.facts)) == (left, "create container", {"port": 8080})
    assert "create container (port 8080) at 20" in str(one)


def test_a_torn_line_loses_itself_only(state):
    ours = FileJournal(state, KEY, Redactor())
    ours.intent("one")
    path = state.file(module.NAME)
    with path.open("ab") as file:
        file.write(b'{"id": "torn", "act')
    ours.intent("two")
    assert [one.action for one in ours.open_intents()] == ["one", "two"]


def test_secrets_are_masked(state):
    FileJournal(state, KEY, Redactor(["hunter2hunter2"])).intent("set secret", value="x hunter2hunter2 y")
    assert "hunter2" not in state.file(module.NAME).read_text()


def test_a_long_journal_is_cut_to_what_is_open(state, monkeypatch):
    monkeypatch.setattr(module, "_COMPACT_BYTES", 2000)
    ours = FileJournal(state, KEY, Redactor())
    ours.intent("left open")
    for number in range(40):
        ours.outcome(ours.intent("step", number=number), "done")
    assert state.file(module.NAME).stat().st_size < 4000
    assert [one.action for one in ours.open_intents()] == ["left open"]


def test_lines_are_json_with_times(state):
    ours = FileJournal(state, KEY, Redactor())
    ours.outcome(ours.intent("step"), "failed", code="timeout")
    lines = [json.loads(line) for line in state.file(module.NAME).read_text().splitlines()]
    assert [set(line) >= {"id", "time", "facts"} for line in lines] == [True, True]
    assert lines[1]["result"] == "failed"

from __future__ import annotations

import os
import socket
import threading

import pytest

from holodeck_tui.core.errors import DeploymentError, ExitCode
from holodeck_tui.core.redact import Redactor
from holodeck_tui.state.folder import StateFolder
from holodeck_tui.state.journal import FileJournal
from holodeck_tui.state.lock import Key, RunLock, command_name

pytestmark = pytest.mark.unit
KEY = Key("agent", None, "local")


def test_a_second_run_is_told_who_holds_the_lock_and_a_killed_holder_frees_it(tmp_path, start):
    holder = start("hold", tmp_path)
    assert holder.stdout.readline() == "held\n"
    state = StateFolder(tmp_path)
    with pytest.raises(DeploymentError) as caught, RunLock(state, KEY):
        pass
    error = caught.value
    assert error.code == "locked"
    assert error.exit_code is ExitCode.LOCKED
    for part in (str(holder.pid), socket.gethostname(), "holodeck-deploy-tui deploy", "since 20"):
        assert part in error.reason
    assert "S3CRET" not in error.reason
    assert str(holder.pid) in error.remedy

    holder.kill()
    holder.wait()
    with RunLock(state, KEY) as lock:
        assert lock.left_by is not None
        assert lock.left_by.pid == holder.pid
        open_ones = FileJournal(state, KEY, Redactor()).open_intents()
        assert [(one.action, one.facts) for one in open_ones] == [("create container", {"service": "svc-1"})]
    with RunLock(state, KEY) as lock:
        assert lock.left_by is None


def test_other_agents_environments_and_targets_are_not_locked_out(tmp_path):
    state = StateFolder(tmp_path)
    others = [Key("agent", "staging", "local"), Key("agent", None, "aws"), Key("a/gent", None, "local")]
    with RunLock(state, KEY):
        for key in others:
            with RunLock(state, key):
                pass


def test_names_that_read_alike_have_locks_of_their_own():
    names = [("a-b", None, "c"), ("a", "b", "c"), ("a/b", None, "c"), ("a_b", None, "c")]
    slugs = {Key(*parts).slug for parts in names}
    assert len(slugs) == 4
    assert all("/" not in slug for slug in slugs)


def test_a_torn_note_still_says_that_the_lock_is_held(tmp_path):
    state = StateFolder(tmp_path)
    with RunLock(state, KEY) as lock:
        lock.note.write_text("{")
        with pytest.raises(DeploymentError, match="its lock is held"), RunLock(state, KEY):
            pass


def test_a_holder_that_has_not_written_its_note_yet_is_waited_for(tmp_path):
    state = StateFolder(tmp_path)
    with RunLock(state, KEY) as lock:
        text = lock.note.read_text()
        # What a killed run left behind is not who holds the lock now.
        lock.note.write_text(text.replace(f'"pid": {os.getpid()}', '"pid": 2147483646'))
        late = threading.Timer(0.2, lock.note.write_text, [text])
        late.start()
        with pytest.raises(DeploymentError, match=f"held by process {os.getpid()} on "), RunLock(state, KEY):
            pass
        late.join()


def test_a_folder_that_cannot_be_made_is_an_error_with_a_remedy(tmp_path):
    (tmp_path / ".holodeck").write_text("in the way")
    with pytest.raises(DeploymentError) as caught, RunLock(StateFolder(tmp_path), KEY):
        pass
    assert caught.value.code == "state-unwritable"
    assert caught.value.exit_code == 4


@pytest.mark.parametrize(
    ("argv", "name"),
    [
        (["/usr/bin/holodeck-deploy-tui", "deploy", "agent.yaml"], "holodeck-deploy-tui deploy"),
        (["holodeck-deploy-tui", "--no-ui", "--tag", "TOKEN=x"], "holodeck-deploy-tui"),
        ([], "python"),
    ],
)
def test_the_command_is_named_without_its_arguments(argv, name):
    assert command_name(argv) == name

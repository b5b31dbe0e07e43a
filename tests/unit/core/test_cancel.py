"""Waits end when somebody asks, and deadlines name what they waited for."""

from __future__ import annotations

import threading
import time

import pytest

from holodeck_tui.core.cancel import CancelToken, Deadline
from holodeck_tui.core.errors import CODES, Cancelled, DeploymentError, ExitCode

pytestmark = pytest.mark.unit


def test_a_sleeping_wait_ends_at_once() -> None:
    token = CancelToken()
    threading.Timer(0.05, token.cancel).start()
    begun = time.monotonic()
    with pytest.raises(Cancelled) as raised:
        token.sleep(30)
    assert time.monotonic() - begun < 5
    assert raised.value.exit_code == ExitCode.INTERRUPTED


def test_callbacks_run_once_and_can_be_taken_back() -> None:
    token = CancelToken()
    seen: list[str] = []
    token.on_cancel(lambda: seen.append("kept"))
    forget = token.on_cancel(lambda: seen.append("forgotten"))
    forget()
    token.cancel()
    token.cancel()
    token.on_cancel(lambda: seen.append("late"))
    assert seen == ["kept", "late"]


def test_a_deadline_names_what_it_waited_for() -> None:
    now = [100.0]
    deadline = Deadline(5, "the new revision", clock=lambda: now[0])
    deadline.check()
    now[0] = 105.0
    with pytest.raises(DeploymentError) as raised:
        deadline.check(remedy="Look at the logs.")
    assert raised.value.code == "timeout"
    assert "the new revision" in raised.value.message
    assert deadline.left == 0


def test_every_code_is_a_slug_with_an_exit_code() -> None:
    for code, (exit_code, meaning) in CODES.items():
        assert code == code.lower().replace("_", "-").replace(" ", "-")
        assert isinstance(exit_code, ExitCode)
        assert meaning


def test_an_unlisted_code_is_a_defect() -> None:
    with pytest.raises(ValueError, match="unlisted"):
        DeploymentError("no-such-code", "x")


def test_json_holds_reason_and_details() -> None:
    error = DeploymentError(
        "file-missing", "2 files are missing.", reason="r", remedy="m", details=("a", "b")
    )
    assert error.as_json() == {
        "code": "file-missing",
        "message": "2 files are missing: r\na\nb",
        "remedy": "m",
    }

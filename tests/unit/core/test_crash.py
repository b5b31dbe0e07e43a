"""A crash tells what is needed to report it, and no secret."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from holodeck_tui.core import crash
from holodeck_tui.core.redact import Redactor

pytestmark = pytest.mark.unit
CANARY = "canary-4711-secret"


def failing() -> BaseException:
    try:
        raise RuntimeError(f"cannot use {CANARY}\x1b[31m")
    except RuntimeError as error:
        return error


def test_the_traceback_is_redacted_and_safe_for_a_terminal() -> None:
    trace = crash.describe(failing(), Redactor([CANARY]))
    assert trace.startswith("Traceback")
    assert trace.endswith("RuntimeError: cannot use ***")


def test_the_log_file_is_private(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    path = crash.write_log("the trace", "deploy", "1.2.3")
    assert path is not None
    assert "1.2.3" in path.read_text()
    assert "the trace" in path.read_text()
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600


def test_the_error_names_the_file_and_what_happened() -> None:
    error = crash.as_error(failing(), Path("crash.log"), Redactor([CANARY]))
    assert error.exit_code == 1
    assert error.reason == "RuntimeError: cannot use ***"
    assert "crash.log" in error.remedy

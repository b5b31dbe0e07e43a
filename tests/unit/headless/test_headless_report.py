"""Errors are three lines, lists indented below; causes only on request."""

from __future__ import annotations

import json

import click
import pytest

from holodeck_tui.core.errors import CODES, DeploymentError
from holodeck_tui.headless.report import as_json, error_lines, result_line

pytestmark = pytest.mark.unit


def plain(error: DeploymentError, *, verbose: bool = False) -> list[str]:
    return [click.unstyle(line) for line in error_lines(error, verbose=verbose)]


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_has_three_lines_even_when_nobody_said_why(code: str) -> None:
    lines = plain(DeploymentError(code, "It did not\nwork."))
    assert len(lines) == 3
    assert lines[0] == "Error: It did not work."
    assert all(line.split(":", 1)[1].strip() for line in lines)


def test_lists_stand_indented_below() -> None:
    lines = plain(
        DeploymentError("file-missing", "m", reason="r", remedy="d", details=["a.txt\nb.txt", "c.txt"])
    )
    assert lines[3:] == ["  a.txt", "  b.txt", "  c.txt"]


def test_causes_show_with_v_only() -> None:
    error = DeploymentError("network", "m")
    error.__cause__ = ConnectionRefusedError("port 5000")
    assert len(plain(error)) == 3
    assert plain(error, verbose=True)[3:] == ["  cause: ConnectionRefusedError: port 5000"]


def test_a_result_has_every_field_of_the_contract() -> None:
    line = json.loads(result_line(exit_code=4, error=DeploymentError("docker-unreachable", "m", remedy="r")))
    assert list(line) == ["event", "time", "ok", "exit_code", "agent", "image", "deployment", "error"]
    assert (line["ok"], line["exit_code"]) == (False, 4)
    assert line["error"] == {"code": "docker-unreachable", "message": "m", "remedy": "r"}
    assert line["time"].endswith("Z")


def test_json_is_ascii_and_one_line_for_any_pipe() -> None:
    text = as_json({"line": "größe\n\udcff \u2028"})
    assert text.isascii()
    assert "\n" not in text
    assert json.loads(text)["line"] == "größe\n\udcff \u2028"

"""A third party's target that crashes, fails and talks with every secret in hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.canary.conftest import Cage
from tests.integration.canary.targets import install

pytestmark = pytest.mark.integration

COMMANDS = {
    "needs": ("deploy",),
    "find": ("destroy", "--yes"),
    "deploy": ("deploy",),
    "status": ("status",),
    "logs": ("logs",),
}


@pytest.fixture
def evil(cage: Cage, tmp_path: Path) -> Cage:
    cage.write(overlay="allow_plain: [STANDIN_SECRET, DATABASE_URL]\n")
    cage.environ["PYTHONPATH"] = install(tmp_path / "dist")
    cage.environ["EVIL_NAMES"] = ",".join(
        ["WEATHER_STATION", "DOT_PLAIN", "DB_WORD", "HOME_SECRET", "ANTHROPIC_API_KEY", "IN_COMMENT"]
    )
    return cage


@pytest.mark.parametrize("output", ["text", "json"])
@pytest.mark.parametrize("where", COMMANDS)
def test_a_crash_shows_its_way_and_no_value(evil: Cage, where: str, output: str) -> None:
    told = evil.call(
        *COMMANDS[where],
        "--target",
        "evil",
        "-v",
        "--output",
        output,
        code=1,
        EVIL_AT=where,
        EVIL_HOW="crash",
    )
    assert "RuntimeError" in told
    assert "canary_targets.py" in told, "the traceback is there"
    assert "***" in told
    (log,) = evil.home.rglob("crash-*.log")
    assert "RuntimeError" in log.read_text()
    assert evil.found() == []


@pytest.mark.parametrize("how", ["fail", "talk"])
@pytest.mark.parametrize("where", ["needs", "deploy"])
def test_a_failure_and_its_talk_hold_no_value(evil: Cage, where: str, how: str) -> None:
    words = ("deploy", "--target", "evil", "-v")
    code = 3 if how == "fail" else 0
    for output in ("text", "json"):
        told = evil.call(*words, "--output", output, code=code, EVIL_AT=where, EVIL_HOW=how)
        assert "***" in told
    if how == "talk":
        assert '"token": "***"' in (evil.folder / ".holodeck" / "journal.jsonl").read_text()
    assert evil.found() == []


def test_logs_of_a_talkative_agent_hold_no_value(evil: Cage) -> None:
    for output in ("text", "json"):
        told = evil.call("logs", "--target", "evil", "--output", output)
        assert "WEATHER_STATION is ***" in told
    assert evil.found() == []


def test_the_cage_would_notice(evil: Cage) -> None:
    """The search that finds nothing above does find what is there."""
    assert evil.found() == []
    (evil.home / "leak").write_text(f"x={evil.canaries['HOME_SECRET']}")
    evil.said["by hand"] = evil.canaries["WEATHER_STATION"]
    found = evil.found()
    assert len({hit.partition(": ")[0] for hit in found}) == 2

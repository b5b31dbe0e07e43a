"""Programs that the tests of state start as processes of their own."""

from __future__ import annotations

import sys
import time
from datetime import datetime, timezone
from pathlib import Path

from holodeck_tui.core.redact import Redactor
from holodeck_tui.core.values import ImageRef, ServiceRef
from holodeck_tui.state.folder import StateFolder
from holodeck_tui.state.journal import FileJournal
from holodeck_tui.state.lock import Key, RunLock
from holodeck_tui.state.records import Records
from holodeck_tui.state.scopes import ScopeMemory
from holodeck_tui.state.values import BuildRecord, DeployedRecord

NOW = datetime(2026, 11, 23, 12, 0, 0, 5000, timezone.utc)


def build(tag: str = "t1") -> BuildRecord:
    image = ImageRef(f"registry.test/team/agent:{tag}", "sha256:" + "a" * 64)
    return BuildRecord(image, "c" * 64, "k" * 64, "docker", "base:latest", None, NOW)


def deployed(key: Key, service: str = "svc-1", state: str = "healthy") -> DeployedRecord:
    return DeployedRecord(
        ServiceRef(key.target, service, key.agent, f"{key.target}:here", key.agent, key.environment),
        "http://127.0.0.1:8080",
        state,
        "r1",
        ImageRef("registry.test/team/agent:t1", "sha256:" + "a" * 64, in_registry=True),
        "c" * 64,
        "sha256:" + "d" * 64,
        NOW,
        NOW,
    )


def hold(folder: Path) -> None:
    """Take the lock, note an intent, say so and stay."""
    state, key = StateFolder(folder), Key("agent", None, "local")
    with RunLock(state, key, argv=["holodeck-deploy-tui", "deploy", "--set", "S3CRET=1"]):
        FileJournal(state, key, Redactor()).intent("create container", service="svc-1")
        print("held", flush=True)
        time.sleep(60)


def write_many(folder: Path, name: str, count: int) -> None:
    """Save ``count`` records and journal entries, as a busy run does."""
    state = StateFolder(folder)
    records = Records(state, print)
    for number in range(count):
        key = Key(f"{name}-{number}", None, "aws")
        journal = FileJournal(state, key, Redactor())
        intent = journal.intent("create service")
        records.save_build(key, build())
        records.save_deployed(key, deployed(key))
        if number % 2:
            journal.outcome(intent, "done")
        ScopeMemory(folder / "home", print).remember(f"aws:eu-west-{number}")


if __name__ == "__main__":
    if sys.argv[1] == "hold":
        hold(Path(sys.argv[2]))
    else:
        write_many(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))

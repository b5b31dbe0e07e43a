"""deployments.json, read and changed by holodeck-ai's own code."""

from __future__ import annotations

import json
import subprocess
from datetime import datetime, timezone

import pytest

from holodeck_tui.core.values import ImageRef, ServiceRef
from holodeck_tui.state.folder import StateFolder
from holodeck_tui.state.lock import Key
from holodeck_tui.state.records import Records
from holodeck_tui.state.values import DeployedRecord

pytestmark = pytest.mark.integration

LOAD = """
import sys, json
from pathlib import Path
from holodeck.deploy.state import get_deployment_record, get_state_path, update_deployment_record
path = get_state_path(Path(sys.argv[1]))
record = get_deployment_record(path, sys.argv[2])
print(record.model_dump_json())
update_deployment_record(path, "theirs", record.model_copy(update={"status": "Running"}))
"""


def deployed(key: Key) -> DeployedRecord:
    moment = datetime(2026, 11, 23, 12, 0, 0, 5000, timezone.utc)
    image = ImageRef("ghcr.io/team/agent:1", "sha256:" + "a" * 64, in_registry=True)
    ref = ServiceRef(key.target, "arn:x", "agent", "aws:eu-west-1", key.agent, None)
    return DeployedRecord(ref, None, "healthy", "r1", image, "c" * 64, "sha256:" + "d" * 64, moment, moment)


def test_holodeck_reads_what_we_write_and_we_read_what_it_writes(tmp_path, holodeck_python):
    told: list[str] = []
    records = Records(StateFolder(tmp_path), told.append)
    for target in ("gcp", "azure", "aws"):
        key = Key("agent", None, target)
        records.save_deployed(key, deployed(key))
    done = subprocess.run(
        [holodeck_python, "-c", LOAD, str(tmp_path / "agent.yaml"), "agent"],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    read = json.loads(done.stdout.splitlines()[-1])
    assert (read["provider"], read["service_id"], read["status"]) == ("aws", "arn:x", "healthy")
    assert read["created_at"] == "2026-11-23T12:00:00.005000Z"

    theirs = Key("theirs", None, "aws")
    found = records.get(theirs).deployed
    assert found is not None
    assert found.state == "Running"
    records.save_deployed(theirs, deployed(theirs))
    assert records.get(Key("agent", None, "azure")).deployed == deployed(Key("agent", None, "azure"))
    assert told == []

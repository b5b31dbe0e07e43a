from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.redact import Redactor
from holodeck_tui.state.folder import StateFolder
from holodeck_tui.state.journal import FileJournal
from holodeck_tui.state.lock import Key
from holodeck_tui.state.records import NAME, Records
from holodeck_tui.state.scopes import ScopeMemory
from tests.unit.state.state_workers import NOW, build, deployed

pytestmark = pytest.mark.unit
AWS = Key("agent", None, "aws")
LOCAL = Key("agent", None, "local")


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def records(tmp_path, told) -> Records:
    return Records(StateFolder(tmp_path), told.append)


def theirs(folder: Path) -> dict:
    return json.loads((folder / ".holodeck" / "deployments.json").read_text())


def test_reading_makes_nothing(records, tmp_path):
    assert records.get(AWS).build is None
    assert list(tmp_path.iterdir()) == []


def test_what_is_saved_is_read_again(records):
    for key in (AWS, LOCAL, Key("agent", "staging", "gcp")):
        records.save_build(key, build())
        records.save_deployed(key, deployed(key))
        assert records.get(key).build == build()
        assert records.get(key).deployed == deployed(key)


def test_only_cloud_deployments_without_environment_stand_in_holodecks_file(records, tmp_path):
    records.save_deployed(LOCAL, deployed(LOCAL))
    records.save_deployed(Key("agent", "staging", "aws"), deployed(Key("agent", "staging", "aws")))
    assert not (tmp_path / ".holodeck" / "deployments.json").exists()
    records.save_deployed(AWS, deployed(AWS))
    data = theirs(tmp_path)
    assert data["version"] == "1.0"
    assert data["deployments"]["agent"] == {
        "provider": "aws",
        "service_id": "svc-1",
        "service_name": "agent",
        "url": "http://127.0.0.1:8080",
        "status": "healthy",
        "created_at": "2026-11-23T12:00:00.005Z",
        "updated_at": "2026-11-23T12:00:00.005Z",
        "image_uri": "registry.test/team/agent:t1",
        "config_hash": "sha256:" + "d" * 64,
    }


def test_the_first_creation_time_stays_and_a_new_service_has_its_own(records, tmp_path):
    later = NOW.replace(year=2027)
    records.save_deployed(AWS, deployed(AWS))
    records.save_deployed(AWS, replace(deployed(AWS), created_at=later, updated_at=later))
    assert records.get(AWS).deployed.created_at == NOW
    assert records.get(AWS).deployed.updated_at == later
    assert theirs(tmp_path)["deployments"]["agent"]["created_at"].startswith("2026")
    records.save_deployed(AWS, replace(deployed(AWS, "svc-2"), created_at=later, updated_at=later))
    assert records.get(AWS).deployed.created_at == later


def test_forgetting_a_deployment_keeps_the_build_and_other_agents(records, tmp_path):
    other = Key("other", None, "gcp")
    records.save_build(AWS, build())
    records.save_deployed(AWS, deployed(AWS))
    records.save_deployed(other, deployed(other))
    records.save_deployed(AWS, None)
    assert records.get(AWS).deployed is None
    assert records.get(AWS).build == build()
    assert set(theirs(tmp_path)["deployments"]) == {"other"}


def test_forgetting_the_deployment_to_one_cloud_leaves_that_to_another(records, tmp_path):
    gcp = Key("agent", None, "gcp")
    records.save_deployed(AWS, deployed(AWS))
    records.save_deployed(gcp, deployed(gcp))
    records.save_deployed(AWS, None)
    assert theirs(tmp_path)["deployments"]["agent"]["provider"] == "gcp"


def test_a_record_that_holodeck_wrote_is_read(records, tmp_path):
    folder = tmp_path / ".holodeck"
    folder.mkdir()
    entry = {
        "provider": "azure",
        "service_id": "/subscriptions/x",
        "service_name": "agent",
        "url": None,
        "status": "Running",
        "created_at": "2026-01-02T03:04:05.123456Z",
        "updated_at": None,
        "image_uri": "ghcr.io/team/agent:1",
        "config_hash": "sha256:0",
    }
    (folder / "deployments.json").write_text(json.dumps({"version": "1.0", "deployments": {"agent": entry}}))
    found = records.get(Key("agent", None, "azure")).deployed
    assert found.ref.service_id == "/subscriptions/x"
    assert found.created_at.isoformat() == "2026-01-02T03:04:05.123456+00:00"
    assert records.get(AWS).deployed is None
    records.save_deployed(Key("mine", None, "aws"), deployed(Key("mine", None, "aws")))
    assert theirs(tmp_path)["deployments"]["agent"] == entry


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"\xff\xfe",
        b"[]",
        b'{"version": "1.0", "deployments": []}',
        b'{"deployments": {"a": {"provider": "x"}}}',
    ],
)
def test_a_damaged_file_of_holodeck_is_set_aside_whole(records, tmp_path, told, content):
    folder = tmp_path / ".holodeck"
    folder.mkdir()
    (folder / "deployments.json").write_bytes(content)
    records.save_deployed(AWS, deployed(AWS))
    (aside,) = folder.glob("deployments.json.damaged-*")
    assert aside.read_bytes() == content
    assert set(theirs(tmp_path)["deployments"]) == {"agent"}
    assert any("set aside" in text and aside.name in text for text in told)


@pytest.mark.parametrize("content", ["{", "[]", '{"version": 1, "records": {}}', '{"version": 1}', "null"])
def test_a_damaged_file_of_ours_is_told_by_a_read_and_set_aside_by_a_write(records, tmp_path, told, content):
    folder = tmp_path / ".holodeck"
    folder.mkdir()
    (folder / NAME).write_text(content)
    assert records.get(LOCAL).build is None
    assert "damaged" in told[-1]
    assert (folder / NAME).read_text() == content
    records.save_build(LOCAL, build())
    (aside,) = folder.glob(f"{NAME}.damaged-*")
    assert aside.read_text() == content
    assert records.get(LOCAL).build == build()


def test_whole_records_of_a_damaged_file_are_kept(records, tmp_path):
    records.save_build(LOCAL, build())
    path = tmp_path / ".holodeck" / NAME
    data = json.loads(path.read_text())
    data["records"].append({"agent": "broken", "environment": None, "target": "local", "build": {"image": 3}})
    path.write_text(json.dumps(data))
    records.save_build(AWS, build("t2"))
    assert records.get(LOCAL).build == build()
    assert records.get(AWS).build == build("t2")


def test_a_file_of_a_newer_version_is_not_touched(records, tmp_path):
    folder = tmp_path / ".holodeck"
    folder.mkdir()
    (folder / NAME).write_text('{"version": 2}')
    with pytest.raises(DeploymentError, match="newer version"):
        records.save_build(LOCAL, build())
    assert (folder / NAME).read_text() == '{"version": 2}'


def test_two_processes_at_once_lose_nothing(tmp_path, start):
    count = 12
    both = [start("write", tmp_path, name, count) for name in ("one", "two")]
    assert [process.wait(60) for process in both] == [0, 0]
    keys = {Key(f"{name}-{number}", None, "aws") for name in ("one", "two") for number in range(count)}
    ours = Records(StateFolder(tmp_path), print).all()
    assert set(ours) == keys
    assert all(record.build and record.deployed for record in ours.values())
    assert set(theirs(tmp_path)["deployments"]) == {key.agent for key in keys}
    for key in keys:
        left = FileJournal(StateFolder(tmp_path), key, Redactor()).open_intents()
        assert len(left) == (0 if int(key.agent[4:]) % 2 else 1)
    assert len(ScopeMemory(tmp_path / "home", print).all()) == min(count, 10)


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is of POSIX")
def test_a_writer_killed_at_any_moment_leaves_whole_files(tmp_path, start, told):
    records = Records(StateFolder(tmp_path), told.append)
    for pause in (0.15, 0.22, 0.3, 0.38):
        writer = start("write", tmp_path, f"at{pause}", 500)
        time.sleep(pause)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        records.save_build(LOCAL, build(f"t{pause}"))
        assert records.get(LOCAL).build == build(f"t{pause}")
        if (tmp_path / ".holodeck" / "deployments.json").exists():
            assert theirs(tmp_path)["version"] == "1.0"
    assert told == []


def test_what_was_pushed_is_remembered_once_each_with_the_newest_last(records):
    def pushed(letter: str, day: int) -> None:
        made = build(letter)
        image = replace(made.image, digest="sha256:" + letter * 64, in_registry=True)
        records.save_build(AWS, replace(made, image=image, built_at=NOW.replace(day=day)))

    for letter, day in (("a", 1), ("b", 2), ("a", 3)):
        pushed(letter, day)
    records.save_build(AWS, build())
    assert [digest[-1] for digest, _ in records.get(AWS).pushes] == ["b", "a"]
    records.save_deployed(AWS, None)
    records.forget_pushes(AWS, {"sha256:" + "b" * 64})
    assert records.get(AWS).pushes == (("sha256:" + "a" * 64, NOW.replace(day=3)),)

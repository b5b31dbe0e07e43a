from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.base import BaseDeployer, Listable, Pausable, Plannable, Reversible
from holodeck_tui.deployers.catalog import create_deployer, providers
from holodeck_tui.deployers.local_docker_logs import assemble
from holodeck_tui.deployers.local_docker_view import read_unit
from holodeck_tui.deployers.local_env import hashes
from holodeck_tui.deployers.local_names import revision_name, revision_number, service_name
from holodeck_tui.deployers.local_status import judge
from holodeck_tui.deployers.local_times import parse_time, split_time
from holodeck_tui.deployers.local_values import Facts, Pointer, Unit, View

pytestmark = pytest.mark.unit

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
FACTS = Facts("holodeck-a", "a", None, "c" * 64, "sha256:1", "a:1", {"X": "h"}, 8080, "rest", None)


def test_catalog_knows_local_and_says_so() -> None:
    made = create_deployer("local")
    assert isinstance(made, BaseDeployer)
    for capability in (Listable, Plannable, Reversible, Pausable):
        assert isinstance(made, capability)
    assert "local" in providers()
    with pytest.raises(DeploymentError) as caught:
        create_deployer("mars")
    assert caught.value.code == "unsupported"
    assert "local" in caught.value.reason


def test_names_that_look_alike_stay_apart() -> None:
    names = [
        service_name("my-agent", None),
        service_name("My Agent", None),
        service_name("my_agent", None),
        service_name("my", "agent"),
        service_name("my-agent-r7", None),
        service_name("ü", None),
        service_name("ö", None),
    ]
    assert names[0] == "holodeck-my-agent"
    assert len(set(names)) == len(names)
    assert service_name("my", "prod") == "holodeck-my--prod"


@given(
    st.text(min_size=1, max_size=80),
    st.none() | st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}", fullmatch=True),
)
def test_every_name_is_a_dns_label_even_with_a_revision(agent: str, environment: str | None) -> None:
    name = service_name(agent, environment)
    revision = revision_name(name, 12345)
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", revision)
    assert len(revision) <= 63
    assert revision_number(name, revision) == 12345
    assert revision_number(name, name) is None


@given(st.binary(max_size=60))
def test_a_damaged_pointer_is_no_pointer(data: bytes) -> None:
    assert Pointer.parse(data) is None or isinstance(Pointer.parse(data), Pointer)


def test_pointer_switches_and_remembers() -> None:
    one = Pointer().to("s-r1", "h", 1, 2)
    three = one.to("s-r2", "h", 1, 2).to("s-r3", "h", 1, 2)
    assert (three.active, three.previous) == ("s-r3", ("s-r2", "s-r1"))
    back = three.to("s-r1", "h", 1, 2)
    assert (back.active, back.previous) == ("s-r1", ("s-r3", "s-r2"))
    assert Pointer.parse(back.to_bytes()) == back
    assert Pointer().to("s-r2", "h", 1, 0).previous == ()


def test_a_lost_pointer_is_guessed_from_what_was_proven() -> None:
    units = [
        Unit("s-r1", None, "stopped", confirmed=True),
        Unit("s-r2", None, "running", confirmed=True),
        Unit("s-r3", None, "running"),
    ]
    found = Pointer.guess("s", units)
    assert (found.active, found.previous) == ("s-r2", ("s-r1",))
    assert Pointer.guess("s", units[2:]) == Pointer()


def test_facts_survive_a_label_and_tell_what_differs() -> None:
    assert Facts.parse(FACTS.to_json()) == FACTS
    assert Facts.parse("{}") is None
    assert Facts.parse("nonsense") is None
    other = Facts(**{**FACTS.__dict__, "image": "sha256:2", "env": {"X": "i", "Y": "j"}})
    seen = [(change.path, change.before, change.after) for change in FACTS.differences(other)]
    assert seen == [
        ("image", "sha256:1", "sha256:2"),
        ("environment.X", "***", "***"),
        ("environment.Y", None, "***"),
    ]


def test_hashes_need_the_key() -> None:
    values = {"A": "secret"}
    assert hashes(values, b"1" * 32) == hashes(values, b"1" * 32)
    assert hashes(values, b"1" * 32) != hashes(values, b"2" * 32)
    assert hashes({"A": "x"}, b"1") != hashes({"B": "x"}, b"1")


def test_times_of_engine_and_runner() -> None:
    moment = parse_time("2026-11-23T13:55:25.123456789Z")
    assert moment == datetime(2026, 11, 23, 13, 55, 25, 123456, tzinfo=timezone.utc)
    assert parse_time("2026-11-23T14:55:25+01:00") == datetime(2026, 11, 23, 13, 55, 25, tzinfo=timezone.utc)
    assert parse_time("0001-01-01T00:00:00Z") is None
    assert split_time("no time here") == (None, "no time here")
    assert split_time("2026-11-23T13:55:25Z hello you")[1] == "hello you"


def test_pieces_become_lines() -> None:
    pieces = [
        b"2026-01-01T00:00:00.1Z one\n2026-01-01T00:00:00.2Z tw\xc3",
        b"2026-01-01T00:00:00.3Z \xb6 three\r\n",
        b"2026-01-01T00:00:00.4Z last",
    ]
    assert [line.text for line in assemble(pieces, "r1")] == ["one", "twö three", "last"]


@given(st.text(alphabet=st.characters(exclude_characters="\n", exclude_categories=("Cs",)), max_size=60))
def test_any_text_comes_back_as_one_line(text: str) -> None:
    piece = f"2026-01-01T00:00:00.1Z {text}\n".encode()
    assert [line.text for line in assemble([piece], "r1")] == [text.rstrip("\r")]


def view(unit: Unit | None, front: str = "up") -> View:
    pointer = Pointer("holodeck-a-r1") if unit else Pointer()
    units = {unit.name: unit} if unit else {}
    return View("holodeck-a", "docker", 9, front, pointer, units, "a")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("unit", "front", "state", "word"),
    [
        (None, "up", "failed", "interrupted"),
        (Unit("holodeck-a-r1", FACTS, "stopped"), "up", "stopped", "paused"),
        (Unit("holodeck-a-r1", FACTS, "ended", exit_code=3), "up", "failed", "exit code 3"),
        (Unit("holodeck-a-r1", FACTS, "restarting", exit_code=1, restarts=4), "up", "failed", "4 times"),
        (Unit("holodeck-a-r1", FACTS, "running"), "down", "unhealthy", "port"),
        (
            Unit("holodeck-a-r1", FACTS, "running", started_at=NOW - timedelta(seconds=5)),
            "up",
            "deploying",
            "started 5 s ago",
        ),
        (
            Unit("holodeck-a-r1", FACTS, "running", started_at=NOW - timedelta(seconds=500)),
            "up",
            "unhealthy",
            "nothing listens",
        ),
        (
            Unit("holodeck-a-r1", FACTS, "running", started_at=NOW, restarts=3),
            "up",
            "failed",
            "restarted 3 times",
        ),
    ],
)
def test_states_are_judged_honestly(unit: Unit | None, front: str, state: str, word: str) -> None:
    # Port 9 (discard) of the loopback: nothing listens there.
    status = judge(view(unit, front), Context(), clock=lambda: NOW)
    assert (status.state, status.ref.service_id) == (state, "holodeck-a")
    assert word in status.detail


def test_a_container_that_ran_out_of_memory_says_so() -> None:
    unit = read_unit(
        {
            "Name": "/holodeck-a-r1",
            "Config": {"Labels": {}},
            "State": {"Status": "exited", "OOMKilled": True, "ExitCode": 137},
            "HostConfig": {"RestartPolicy": {"Name": "no"}},
            "NetworkSettings": {"Ports": {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": "4711"}]}},
        }
    )
    assert (unit.phase, unit.note, unit.exit_code) == ("ended", "it ran out of memory", 137)
    assert unit.url == "http://127.0.0.1:4711"

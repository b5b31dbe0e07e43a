"""Turns of writers: taken twice, not to be had, not to be waited for."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from filelock import FileLock

from holodeck_tui.config import turns
from holodeck_tui.config.turns import turn
from holodeck_tui.core.errors import DeploymentError

pytestmark = pytest.mark.unit


def _lock(home: Path) -> Path:
    (found,) = home.rglob("edits.lock")
    return found


def test_a_turn_within_a_turn_is_the_same(sealed_home: Path) -> None:
    with turn("agent.yaml"), turn("deploy.yaml"):
        assert not _is_free(_lock(sealed_home))
    assert _is_free(_lock(sealed_home))


def test_another_thread_waits_for_its_turn() -> None:
    order = []

    def other() -> None:
        with turn("agent.yaml"):
            order.append("other")

    with turn("agent.yaml"):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(0.1)
        order.append("first")
    thread.join(10)
    assert order == ["first", "other"]


def test_a_turn_that_does_not_come_is_told(sealed_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_SECONDS", 0.05)
    with turn("agent.yaml"):
        path = _lock(sealed_home)
    with FileLock(path), pytest.raises(DeploymentError) as caught, turn("agent.yaml"):
        pass
    assert caught.value.code == "locked"
    assert str(caught.value).startswith("agent.yaml was not written")


def test_where_no_lock_can_be_it_goes_on_without(
    sealed_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(file / "state"))
    monkeypatch.setenv("HOME", str(file))
    done = []
    with turn("agent.yaml"):
        done.append(True)
    assert done
    assert list(sealed_home.iterdir()) == []


def _is_free(path: Path) -> bool:
    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except TimeoutError:
        return False
    lock.release()
    return True

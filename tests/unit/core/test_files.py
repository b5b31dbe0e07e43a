"""A file is replaced whole or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from holodeck_tui.core.files import atomic_write
from tests.room import little_room

pytestmark = pytest.mark.unit


def test_replaces_the_content_and_leaves_nothing_behind(tmp_path: Path) -> None:
    target = tmp_path / "agent.yaml"
    target.write_bytes(b"old")
    atomic_write(target, b"new")
    assert target.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.skipif(os.name != "posix", reason="POSIX modes")
def test_keeps_the_mode_and_follows_a_link(tmp_path: Path) -> None:
    target = tmp_path / "real.yaml"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link = tmp_path / "agent.yaml"
    link.symlink_to(target)
    atomic_write(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(os.name != "posix", reason="POSIX modes")
def test_a_new_file_gets_the_mode_asked_for(tmp_path: Path) -> None:
    atomic_write(tmp_path / "key", b"x", mode=0o600)
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_root_does_not_take_a_users_file(tmp_path: Path) -> None:
    target = tmp_path / "agent.yaml"
    target.write_bytes(b"old")
    os.chown(target, 1234, 1235)
    atomic_write(target, b"new")
    assert (target.stat().st_uid, target.stat().st_gid) == (1234, 1235)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "agent.yaml"
    target.write_bytes(b"old")
    with pytest.raises(TypeError):
        atomic_write(target, "text is not bytes")  # type: ignore[arg-type]
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.skipif(os.name != "posix", reason="a limit of file sizes is set the POSIX way")
def test_a_write_for_which_there_is_no_room_names_its_file(tmp_path: Path) -> None:
    target = tmp_path / "agent.yaml"
    with little_room(), pytest.raises(OSError, match="too large") as caught:
        atomic_write(target, b"x" * 9000)
    assert caught.value.filename == str(target)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_survives_kill_at_any_moment(tmp_path: Path) -> None:
    target = tmp_path / "state.json"
    size = 200_000
    target.write_bytes(b"0" * size)
    script = (
        "import sys; from pathlib import Path; from holodeck_tui.core.files import atomic_write\n"
        "print('up', flush=True)\n"
        "n = 0\n"
        "while True:\n"
        f"    n += 1; atomic_write(Path(sys.argv[1]), str(n % 10).encode() * {size})\n"
    )
    for delay in (0.0, 0.003, 0.007, 0.011, 0.017):
        process = subprocess.Popen([sys.executable, "-c", script, str(target)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay)
        process.kill()
        process.wait()
        process.stdout.close()
        content = target.read_bytes()
        assert len(content) == size
        assert len(set(content)) == 1

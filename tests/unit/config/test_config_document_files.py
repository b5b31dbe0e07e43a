"""Saving: whole or not at all, the same file, and never over somebody else's change."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from holodeck_tui.config.document import Document
from holodeck_tui.config.reading import read_document
from holodeck_tui.core.errors import DeploymentError

pytestmark = pytest.mark.unit

posix = pytest.mark.skipif(os.name != "posix", reason="modes and symlinks of POSIX")


def saved(path: Path, key: str, value: object) -> None:
    document = Document.read(path)
    document.set((key,), value)
    assert document.save()


def test_save_writes_the_bytes_and_nothing_when_nothing_changed(tmp_path):
    path = tmp_path / "agent.yaml"
    path.write_bytes(b"a: 1\r\n")
    saved(path, "a", 2)
    assert path.read_bytes() == b"a: 2\r\n"
    document = Document.read(path)
    document.set(("a",), 2)
    before = path.stat().st_ino
    assert not document.save()
    assert path.stat().st_ino == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_changed_since_it_was_read_is_not_overwritten(tmp_path):
    path = tmp_path / "agent.yaml"
    path.write_bytes(b"a: 1\n")
    document = Document.read(path)
    document.set(("a",), 2)
    path.write_bytes(b"a: 3\n")
    with pytest.raises(DeploymentError) as caught:
        document.save()
    assert caught.value.code == "file-changed"
    assert path.read_bytes() == b"a: 3\n"
    path.unlink()
    with pytest.raises(DeploymentError, match="removed"):
        document.save()
    assert not path.exists()


def test_a_new_file_is_made_but_not_over_one_that_came_up(tmp_path):
    path = tmp_path / "deploy.yaml"
    first, second = Document.new(path), Document.new(path)
    first.set(("target",), "local")
    second.set(("target",), "aws")
    assert first.save()
    with pytest.raises(DeploymentError, match="made"):
        second.save()
    assert path.read_bytes() == b"target: local\n"


def test_several_saves_of_one_document(tmp_path):
    path = tmp_path / "agent.yaml"
    path.write_bytes(b"a: 1\n")
    document = Document.read(path)
    for value in (2, 3):
        document.set(("a",), value)
        assert document.save()
    assert path.read_bytes() == b"a: 3\n"


@posix
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
def test_the_mode_stays(tmp_path, mode):
    path = tmp_path / "agent.yaml"
    path.write_bytes(b"a: 1\n")
    path.chmod(mode)
    saved(path, "a", 2)
    assert path.stat().st_mode & 0o7777 == mode


@posix
def test_a_symlink_stays_one_and_its_file_changes(tmp_path):
    real = tmp_path / "real" / "agent.yaml"
    real.parent.mkdir()
    real.write_bytes(b"a: 1\n")
    link = tmp_path / "agent.yaml"
    link.symlink_to(Path("real") / "agent.yaml")
    saved(link, "a", 2)
    assert link.is_symlink()
    assert real.read_bytes() == b"a: 2\n"


KILLED = """
import sys
from pathlib import Path
from holodeck_tui.config.document import Document
from holodeck_tui.config.reading import read_document

path = Path(sys.argv[1])
value = Document.read(path).get(("port",))
while True:
    value += 1
    document = Document.read(path)
    document.set(("port",), value)
    document.save()
    print(value, flush=True)
"""


@posix
def test_killed_at_any_moment_the_file_is_whole(tmp_path):
    path = tmp_path / "agent.yaml"
    padding = "".join(f"# line {n} of what must survive\n" for n in range(2000))
    path.write_text(f"port: 0\n{padding}end: true\n")
    done = 0
    for attempt in range(6):
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]
        )
        assert process.stdout is not None
        done = int(process.stdout.readline())
        time.sleep(0.013 * attempt)
        process.send_signal(signal.SIGKILL)
        process.wait()
        done = max([done, *map(int, process.stdout.read().split())])
        process.stdout.close()
        first, rest = path.read_text().split("\n", 1)
        # What was said to be saved is saved; the one after it may be.
        assert int(first.removeprefix("port: ")) in {done, done + 1}
        assert rest == f"{padding}end: true\n"
    assert done >= 6


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe")
def test_what_has_no_end_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "agent.yaml")
    with pytest.raises(OSError, match="no regular file"):
        Document.read(tmp_path / "agent.yaml")
    with pytest.raises(DeploymentError, match="cannot be read: it is no regular file"):
        read_document(tmp_path / "agent.yaml")

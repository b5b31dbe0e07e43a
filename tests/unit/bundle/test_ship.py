"""Writing the tree, and what happens when a file changes after or while it is read."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from holodeck_tui.bundle.bundle import Bundle, BundleFile, content_hash
from holodeck_tui.bundle.paths import Found, NotShippable
from holodeck_tui.bundle.reading import read
from holodeck_tui.bundle.ship import write_tree
from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled, DeploymentError

from .conftest import Bundles, Make, vectorstore

pytestmark = pytest.mark.unit


def never(_found: Found, _head: bytes) -> None:
    return None


FILES = {"data/a.md": "first", "data/b c/run.sh": "#!/bin/sh\n", "data/empty": ""}


@pytest.fixture
def made(bundle_of: Bundles, make: Make) -> tuple[Path, Bundle]:
    agent = make(vectorstore("data"), FILES)
    if os.name == "posix":
        (agent.parent / "data/b c/run.sh").chmod(0o700)
    return agent.parent, bundle_of(agent)


def test_the_tree_holds_exactly_the_bundle(made: tuple[Path, Bundle], tmp_path: Path) -> None:
    _, bundle = made
    out = tmp_path / "new" / "out"
    write_tree(bundle, out, Context())
    written = {path.relative_to(out).as_posix(): path for path in out.rglob("*") if path.is_file()}
    assert sorted(written) == [file.path for file in bundle.files]
    for file in bundle.files:
        assert written[file.path].read_bytes() == file.open().read()
        if os.name == "posix":
            assert written[file.path].stat().st_mode & 0o777 == file.mode


def test_the_tree_bundles_to_itself(bundle_of: Bundles, made: tuple[Path, Bundle], tmp_path: Path) -> None:
    _, bundle = made
    write_tree(bundle, tmp_path / "out", Context())
    assert bundle_of(tmp_path / "out" / "agent.yaml").content_hash == bundle.content_hash


def test_an_empty_folder_is_taken_and_a_full_one_is_not(made: tuple[Path, Bundle], tmp_path: Path) -> None:
    _, bundle = made
    (tmp_path / "out").mkdir()
    write_tree(bundle, tmp_path / "out", Context())
    with pytest.raises(DeploymentError) as caught:
        write_tree(bundle, tmp_path / "out", Context())
    assert caught.value.code == "usage"


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.write_text("other"),
        lambda path: path.write_text("longer than before"),
        lambda path: path.write_text("less"),
        lambda path: path.write_text(""),
        lambda path: path.unlink(),
    ],
)
def test_a_file_that_changed_since_is_not_shipped(
    made: tuple[Path, Bundle], tmp_path: Path, change: object
) -> None:
    folder, bundle = made
    change(folder / "data/a.md")  # type: ignore[operator]
    with pytest.raises(DeploymentError) as caught:
        write_tree(bundle, tmp_path / "out", Context())
    assert caught.value.code in {"file-changed", "file-unreadable"}
    assert "data/a.md" in caught.value.message
    assert list(tmp_path.glob("*out*")) == []


@pytest.mark.parametrize("size", [1, 3, 5, 6, 100])
def test_the_change_is_seen_however_it_is_read(made: tuple[Path, Bundle], size: int) -> None:
    folder, bundle = made
    file = bundle.get("data/a.md")
    assert file is not None
    with file.open() as stream:
        parts = []
        while part := stream.read(size):
            parts.append(part)
    assert b"".join(parts) == b"first"
    (folder / "data/a.md").write_text("FIRST")
    with file.open() as stream, pytest.raises(DeploymentError, match="changed while it was being shipped"):
        list(iter(lambda: stream.read(size), b""))


def test_a_file_that_grows_while_it_is_read_is_found_out(tmp_path: Path) -> None:
    path = tmp_path / "growing"
    path.write_bytes(b"x" * 3_000_000)

    class Growing(CancelToken):
        def check(self) -> None:
            with path.open("ab") as file:
                file.write(b"y")

    with pytest.raises(NotShippable) as caught:
        read(Found("growing", path, is_folder=False), never, Growing())
    assert caught.value.code == "file-changed"


def test_a_file_rewritten_in_place_while_it_is_read_is_found_out(tmp_path: Path) -> None:
    path = tmp_path / "rewritten"
    path.write_bytes(b"x" * 3_000_000)

    class Rewriting(CancelToken):
        def check(self) -> None:
            with path.open("r+b") as file:
                file.write(b"y")

    with pytest.raises(NotShippable) as caught:
        read(Found("rewritten", path, is_folder=False), never, Rewriting())
    assert caught.value.code == "file-changed"


def test_reading_and_writing_stop_when_cancelled(made: tuple[Path, Bundle], tmp_path: Path) -> None:
    folder, bundle = made
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        write_tree(bundle, tmp_path / "out", Context(cancel=token))
    assert list(tmp_path.glob("*out*")) == []
    with pytest.raises(Cancelled):
        read(Found("data/a.md", folder / "data/a.md", is_folder=False), never, token)


def test_names_that_fall_together_are_refused(tmp_path: Path) -> None:
    files = (BundleFile.of("a.md", b"1"), BundleFile.of("./a.md", b"2"))
    with pytest.raises(DeploymentError) as caught:
        write_tree(Bundle(files, content_hash(files)), tmp_path / "out", Context())
    assert caught.value.code == "file-name"


def test_no_thread_is_left(bundle_of: Bundles, make: Make) -> None:
    files = {f"data/{number}.md": str(number) for number in range(300)}
    assert len(bundle_of(make(vectorstore("data"), files)).files) == 301
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("bundle")]


def test_the_document_of_the_bundle_command(made: tuple[Path, Bundle]) -> None:
    _, bundle = made
    document = bundle.to_json()
    assert set(document) == {"content_hash", "files", "warnings"}
    assert [set(entry) for entry in document["files"]] == [{"path", "bytes", "sha256"}] * 4
    assert len(document["content_hash"]) == 64

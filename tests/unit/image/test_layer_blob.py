"""Layers are the same bytes whoever packs them, and cost no memory."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holodeck_tui.bundle.bundle import BundleFile
from holodeck_tui.image.blob_cache import BlobCache
from holodeck_tui.image.layer_blob import gzip_stream, pack
from holodeck_tui.image.plan import EPOCH, ImageFile, Layer

pytestmark = pytest.mark.unit


def quiet() -> None:
    return None


def file(path: str, content: bytes) -> ImageFile:
    return ImageFile(path, 0o444, origin=BundleFile.of(path, content))


def test_what_is_inside_is_what_was_planned() -> None:
    long = "app/" + "d" * 90 + "/" + "f" * 120 + "ü.md"
    entries = (
        ImageFile("app", 0o555, folder=True),
        file("app/agent.yaml", b"name: x\n"),
        file(long, b"\0" * 700),
    )
    blob = pack(Layer("agent", entries), quiet, BlobCache(None))
    data = b"".join(blob.open())
    assert blob.descriptor.size == len(data)
    assert blob.descriptor.digest == f"sha256:{hashlib.sha256(data).hexdigest()}"
    plain = gzip.decompress(data)
    assert blob.diff_id == f"sha256:{hashlib.sha256(plain).hexdigest()}"
    with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
        members = archive.getmembers()
        assert [member.name for member in members] == ["app", "app/agent.yaml", long]
        assert {(m.uid, m.gid, m.uname, m.gname, m.mtime) for m in members} == {(0, 0, "", "", EPOCH)}
        assert members[0].isdir()
        # The extended headers are there only where the old ones do not do.
        assert [bool(member.pax_headers) for member in members] == [False, False, True]


def test_the_header_tells_nothing_of_the_machine() -> None:
    assert b"".join(gzip_stream([b"x"], 6))[:10] == b"\x1f\x8b\x08\0\0\0\0\0\0\xff"


@settings(deadline=None, max_examples=30)
@given(st.lists(st.binary(max_size=5000), max_size=8), st.sampled_from([1, 6]))
def test_any_bytes_come_out_again(chunks: list[bytes], level: int) -> None:
    assert gzip.decompress(b"".join(gzip_stream(chunks, level))) == b"".join(chunks)


def test_a_big_layer_is_packed_once_to_be_known(tmp_path: object) -> None:
    reads = 0

    class Counted(BundleFile):
        def open(self) -> io.BytesIO:  # type: ignore[override]
            nonlocal reads
            reads += 1
            return io.BytesIO(b"a" * self.size)

    content = b"a" * (33 << 20)
    origin = Counted("big", len(content), hashlib.sha256(content).hexdigest())
    layer = Layer("data", (ImageFile("app/big", 0o444, origin=origin),))
    store = BlobCache(None)
    first = pack(layer, quiet, store)
    second = pack(layer, quiet, store)
    assert reads == 1
    assert (first.descriptor, first.diff_id) == (second.descriptor, second.diff_id)
    data = b"".join(second.open())
    assert f"sha256:{hashlib.sha256(data).hexdigest()}" == first.descriptor.digest


def test_what_is_remembered_is_checked(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path)) / "cache"
    good = hashlib.sha256(b"document").hexdigest()
    BlobCache(folder).put(f"sha256:{good}", b"document")
    assert BlobCache(folder).get(f"sha256:{good}") == b"document"
    assert [oct(one.stat().st_mode)[-3:] for one in folder.iterdir()] == ["600"]
    (folder / f"sha256-{good}").write_bytes(b"something else")
    assert BlobCache(folder).get(f"sha256:{good}") is None
    assert BlobCache(folder).get("sha256:../../../etc/passwd") is None


def test_a_cache_that_cannot_be_written_is_no_failure(tmp_path: object) -> None:
    from pathlib import Path

    file_in_the_way = Path(str(tmp_path)) / "file"
    file_in_the_way.write_text("x")
    cache = BlobCache(file_in_the_way)
    digest = f"sha256:{hashlib.sha256(b'x').hexdigest()}"
    cache.put(digest, b"x")
    assert cache.get(digest) == b"x"

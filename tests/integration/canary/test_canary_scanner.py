"""The search for canaries can fail: it finds what is planted, however it is wrapped."""

from __future__ import annotations

import base64
import gzip
import io
import json
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from tests.integration.canary.scanner import Scanner

pytestmark = pytest.mark.unit

CANARY = "canary-ü-7f3a/b+9c=="
SCANNER = Scanner({"ONE": CANARY})


def tar(data: bytes) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        member = tarfile.TarInfo("etc/some/file")
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return made.getvalue()


def zipped(data: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("file", data)
    return made.getvalue()


WRAPPINGS: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda data: data,
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "zstd": zstandard.compress,
    "zip": zipped,
    "tar": tar,
    "a gzipped layer": lambda data: gzip.compress(tar(data)),
    "a layer in an image's tar": lambda data: tar(gzip.compress(tar(data))),
    "base64": base64.b64encode,
    "base64 behind one byte": lambda data: base64.b64encode(b"x" + data),
    "base64 behind two bytes": lambda data: base64.b64encode(b"xx" + data),
    "base64url": base64.urlsafe_b64encode,
    "a docker login": lambda data: json.dumps(
        {"auths": {"h": {"auth": base64.b64encode(b"user:" + data).decode()}}}
    ).encode(),
    "gzip in base64": lambda data: base64.b64encode(gzip.compress(data)),
    "JSON": lambda data: json.dumps({"value": data.decode()}).encode(),
    "hex": lambda data: data.hex().encode(),
    "UTF-16": lambda data: data.decode().encode("utf-16-le"),
}


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_a_planted_canary_is_found(wrapping: str) -> None:
    wrap = WRAPPINGS[wrapping]
    text = f"Some words before, {CANARY} and some behind.\n" * 2
    assert SCANNER.data(wrap(text.encode()), "here")
    assert SCANNER.data(wrap(CANARY.encode()), "here")


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_nothing_is_found_where_there_is_nothing(wrapping: str) -> None:
    text = f"Some words before, {CANARY[:-3]} and some behind.\n" * 2
    assert SCANNER.data(WRAPPINGS[wrapping](text.encode()), "here") == []


def test_names_links_and_contents_of_a_folder_are_looked_at(tmp_path: Path) -> None:
    scanner = Scanner({"ONE": "canary-0815"})
    assert scanner.tree(tmp_path) == []
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "known").write_bytes(gzip.compress(b"canary-0815"))
    (tmp_path / "deep" / "canary-0815.txt").write_text("nothing")
    (tmp_path / "link").symlink_to("/somewhere/canary-0815")
    assert len(scanner.tree(tmp_path)) == 3
    assert len(scanner.tree(tmp_path, but=[tmp_path / "deep" / "known"])) == 2

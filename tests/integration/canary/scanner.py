"""Looks for canaries in anything: plain, escaped, base64, hex, reversed; in gzip, zlib, zstd, tar and zip."""

from __future__ import annotations

import base64
import bz2
import contextlib
import gzip
import io
import json
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

# A canary this far inside of archives within archives is nobody's accident.
_DEEPEST = 6
_BEGINNING = 6


class Scanner:
    """Finds any of ``canaries`` (name → value). A hit is ``"where: name (how)"``."""

    def __init__(self, canaries: dict[str, str]) -> None:
        self.canaries = dict(canaries)
        self._forms: dict[bytes, str] = {}
        beginnings: dict[bytes, None] = {}
        for name, value in canaries.items():
            for how, form in _forms(value):
                self._forms.setdefault(form, f"{name} ({how})")
            # Many canaries begin alike: what holds no beginning of any need not be searched for each.
            beginnings |= dict.fromkeys(form for _, form in _forms(value[:_BEGINNING]))
        self._beginnings = tuple(beginnings)

    def text(self, text: str, where: str) -> list[str]:
        return self.data(text.encode("utf-8", "surrogatepass"), where)

    def data(self, data: bytes, where: str, depth: int = 0) -> list[str]:
        """All hits in ``data`` and in whatever is packed in it."""
        hits = []
        if any(beginning in data for beginning in self._beginnings):
            hits = [f"{where}: {what}" for form, what in self._forms.items() if form in data]
        if depth < _DEEPEST:
            for inside, content in _unpacked(data):
                hits += self.data(content, f"{where}!{inside}", depth + 1)
        return hits

    def tree(self, folder: Path, *, but: Iterable[Path] = ()) -> list[str]:
        """All hits in names and contents below ``folder``, except for the files ``but``."""
        left_out = {path.resolve() for path in but}
        hits = []
        for path in sorted(folder.rglob("*")):
            hits += self.text(str(path.relative_to(folder)), f"the name of {path}")
            if path.is_symlink():
                hits += self.text(str(path.readlink()), f"the link {path}")
            elif path.is_file() and path.resolve() not in left_out:
                with contextlib.suppress(FileNotFoundError):
                    hits += self.data(path.read_bytes(), str(path))
        return hits


def _forms(value: str) -> Iterator[tuple[str, bytes]]:
    raw = value.encode()
    yield "plain", raw
    yield "in JSON", json.dumps(value)[1:-1].encode()
    yield "in a URL", quote(value, safe="").encode()
    yield "hex", raw.hex().encode()
    yield "HEX", raw.hex().upper().encode()
    yield "reversed", raw[::-1]
    yield "UTF-16", value.encode("utf-16-le")
    for shift in range(3):
        # Wherever it begins within a longer text; the characters that its neighbours decide are cut off.
        for how, encode in (("base64", base64.b64encode), ("base64url", base64.urlsafe_b64encode)):
            whole = encode(b"\0" * shift + raw + b"\0" * (-(shift + len(raw)) % 3))
            begin, end = -(-shift * 8 // 6), (shift + len(raw)) * 8 // 6
            yield how, whole[begin:end]


def _unpacked(data: bytes) -> Iterator[tuple[str, bytes]]:
    if data[:2] == b"\x1f\x8b":
        yield from _one("gzip", lambda: gzip.decompress(data))
    elif data[:4] == b"\x28\xb5\x2f\xfd":
        yield from _one("zstd", lambda: _zstd(data))
    elif data[:3] == b"BZh":
        yield from _one("bzip2", lambda: bz2.decompress(data))
    elif data[:6] == b"\xfd7zXZ\0":
        yield from _one("xz", lambda: lzma.decompress(data))
    elif data[:1] == b"\x78" and len(data) > 2 and int.from_bytes(data[:2], "big") % 31 == 0:
        yield from _one("zlib", lambda: zlib.decompress(data))
    elif data[257:262] == b"ustar":
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for member in archive:
                content = archive.extractfile(member) if member.isfile() else None
                if content is not None:
                    # Its own bytes were seen with the archive's already; what is packed in it was not.
                    yield from ((f"{member.name}!{name}", one) for name, one in _unpacked(content.read()))
    elif data[:4] == b"PK\x03\x04":
        with contextlib.suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(data)) as packed:
            for name in packed.namelist():
                yield name, packed.read(name)
    elif len(data) > 32 and _is_base64(data):
        yield from _one("base64", lambda: base64.b64decode(data))


def _one(name: str, unpack: object) -> Iterator[tuple[str, bytes]]:
    with contextlib.suppress(OSError, EOFError, ValueError, zlib.error, lzma.LZMAError):
        yield name, unpack()  # type: ignore[operator]


def _zstd(data: bytes) -> bytes:
    import zstandard

    with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data)) as reader:
        return reader.read()


def _is_base64(data: bytes) -> bool:
    try:
        base64.b64decode(b"".join(data.split()), validate=True)
    except ValueError:
        return False
    return True

"""A layer as a blob: gzip that is the same everywhere, computed twice rather than kept on a disk.

The first pass finds digest and size, because a registry is asked for a blob before it is sent; the
second is sent. Both stream: neither memory nor disk grows with the data.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from holodeck_tui.image.blob_cache import BlobCache
from holodeck_tui.image.manifest import OCI_GZIP, Descriptor
from holodeck_tui.image.plan import Layer
from holodeck_tui.image.tar import tar_length, tar_stream

# RFC 1952: deflate, no flags, no time, no hint, and no operating system, which would tell Windows apart.
_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
# Text shrinks well at 6. Big data is mostly packed already (PDF, parquet), and 1 is four times as fast.
_LEVEL, _LEVEL_BIG = 6, 1
_BIG = 32 << 20
# Up to this, the packed bytes are kept between the passes.
_KEEP = 4 << 20
_CHUNK = 1 << 18


@dataclass(frozen=True)
class LayerBlob:
    """A layer ready to be sent. ``diff_id`` is the digest of the tar inside; ``open`` gives the bytes."""

    name: str
    descriptor: Descriptor
    diff_id: str
    open: Callable[[], Iterable[bytes]] = field(compare=False, repr=False)


def pack(layer: Layer, check: Callable[[], None], store: BlobCache) -> LayerBlob:
    """The blob of ``layer``; for big ones ``store`` spares the first pass when nothing changed.

    ``check`` is called often and may raise to stop. Raises ``file-changed`` when a file is no longer
    what was bundled.
    """
    level = _LEVEL_BIG if tar_length(layer.entries) > _BIG else _LEVEL

    def stream() -> Iterator[bytes]:
        return gzip_stream(tar_stream(layer.entries, check), level)

    key = _identity(layer, level)
    known = store.note(key) if level == _LEVEL_BIG else None
    if known is not None:
        descriptor = Descriptor(OCI_GZIP, str(known["digest"]), int(known["size"]))
        return LayerBlob(layer.name, descriptor, str(known["diff_id"]), stream)
    packed, inner, size = hashlib.sha256(), hashlib.sha256(), 0
    kept: list[bytes] | None = []
    for chunk in gzip_stream(_seen(tar_stream(layer.entries, check), inner.update), level):
        packed.update(chunk)
        size += len(chunk)
        if kept is not None:
            kept.append(chunk)
            if size > _KEEP:
                kept = None
    digest, diff_id = f"sha256:{packed.hexdigest()}", f"sha256:{inner.hexdigest()}"
    if level == _LEVEL_BIG:
        store.remember(key, {"digest": digest, "size": size, "diff_id": diff_id})
    data = None if kept is None else b"".join(kept)
    return LayerBlob(
        layer.name, Descriptor(OCI_GZIP, digest, size), diff_id, stream if data is None else lambda: (data,)
    )


def gzip_stream(chunks: Iterable[bytes], level: int) -> Iterator[bytes]:
    """RFC 1952 with nothing in it but the data; pieces of about 256 KiB."""
    packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    crc, length = 0, 0
    pending = bytearray(_GZIP_HEADER)
    for chunk in chunks:
        crc = zlib.crc32(chunk, crc)
        length += len(chunk)
        pending += packer.compress(chunk)
        if len(pending) >= _CHUNK:
            yield bytes(pending)
            pending.clear()
    pending += packer.flush() + struct.pack("<LL", crc, length & 0xFFFFFFFF)
    yield bytes(pending)


def _seen(chunks: Iterable[bytes], see: Callable[[bytes], None]) -> Iterator[bytes]:
    for chunk in chunks:
        see(chunk)
        yield chunk


def _identity(layer: Layer, level: int) -> str:
    """64 hex digits over all that the packed bytes depend on."""
    entries = [
        (
            entry.path,
            entry.mode,
            entry.uid,
            entry.gid,
            entry.folder,
            entry.origin.sha256 if entry.origin else hashlib.sha256(entry.content or b"").hexdigest(),
        )
        for entry in layer.entries
    ]
    facts = [entries, level, zlib.ZLIB_RUNTIME_VERSION, _GZIP_HEADER.hex()]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

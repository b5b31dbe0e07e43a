"""Layers as tar streams: never whole in memory, and the same bytes on every machine."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterable, Iterator

from holodeck_tui.image.plan import EPOCH, ImageFile

BLOCK = tarfile.BLOCKSIZE
_CHUNK = 1 << 20
# Two empty blocks end an archive (POSIX.1-2001, pax).
END = b"\0" * (2 * BLOCK)


def header(path: str, size: int, mode: int, *, uid: int = 0, gid: int = 0, folder: bool = False) -> bytes:
    """The header blocks of one member: pax, so that long and non-ASCII names and big files work."""
    info = tarfile.TarInfo(f"{path}/" if folder else path)
    info.type = tarfile.DIRTYPE if folder else tarfile.REGTYPE
    info.size, info.mode, info.uid, info.gid, info.mtime = size, mode, uid, gid, EPOCH
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def tar_length(entries: Iterable[ImageFile]) -> int:
    """Bytes that :func:`tar_stream` gives for the same entries."""
    return sum(len(_header(entry)) + _padded(entry.size) for entry in entries) + len(END)


def tar_stream(entries: Iterable[ImageFile], check: Callable[[], None] = lambda: None) -> Iterator[bytes]:
    """The archive in chunks of at most 1 MiB; ``check`` is called before each and may raise to stop."""
    for entry in entries:
        check()
        yield _header(entry)
        if entry.folder or not entry.size:
            continue
        with entry.open() as file:
            left = entry.size
            while left:
                check()
                chunk = file.read(min(left, _CHUNK))
                if not chunk:
                    raise EOFError(f"{entry.path} ended {left} bytes early")
                left -= len(chunk)
                yield chunk
        yield padding(entry.size)
    yield END


def padding(size: int) -> bytes:
    """Zeros that fill the last block of a member of ``size`` bytes."""
    return b"\0" * (_padded(size) - size)


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _header(entry: ImageFile) -> bytes:
    size = 0 if entry.folder else entry.size
    return header(entry.path, size, entry.mode, uid=entry.uid, gid=entry.gid, folder=entry.folder)

"""Reading files once: size, hash, mode and the first bytes, and whether they held still meanwhile."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from holodeck_tui.bundle.bundle import EXECUTABLE, PLAIN, BundleFile
from holodeck_tui.bundle.lint import SNIFF_BYTES
from holodeck_tui.bundle.paths import Found, NotShippable, reason_of
from holodeck_tui.core.cancel import CancelToken

_BLOCK = 1024 * 1024
_BATCH = 64
# Hashing releases the interpreter's lock; more threads than this only fight over the disk.
_THREADS = min(4, os.cpu_count() or 1)


@dataclass(frozen=True)
class Read:
    """One file as it was read: what ships, and its first bytes for the credential check."""

    file: BundleFile
    head: bytes


def read_all(found: Iterable[Found], cancel: CancelToken) -> Iterator[tuple[Found, Read | NotShippable]]:
    """Each file with what was read of it, or why it cannot ship; in any order, memory bounded."""
    todo = list(found)
    batches = [todo[at : at + _BATCH] for at in range(0, len(todo), _BATCH)]
    if len(todo) <= _THREADS:
        batches = [[one] for one in todo]
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="bundle") as pool:
        pending = [pool.submit(_read_batch, batch, cancel) for batch in batches]
        try:
            for future in pending:
                yield from future.result()
        finally:
            for future in pending:
                future.cancel()


def _read_batch(batch: list[Found], cancel: CancelToken) -> list[tuple[Found, Read | NotShippable]]:
    return [(found, _try_read(found, cancel)) for found in batch]


def _try_read(found: Found, cancel: CancelToken) -> Read | NotShippable:
    try:
        return read(found, cancel)
    except NotShippable as why:
        return why
    except OSError as error:
        return reason_of(error)


def read(found: Found, cancel: CancelToken) -> Read:
    """Hash one file. Raises OSError, or NotShippable("file-changed") when it changed meanwhile."""
    cancel.check()
    digest = hashlib.sha256()
    size = 0
    head = b""
    with found.real.open("rb", buffering=0) as file:
        before = os.fstat(file.fileno())
        buffer = bytearray(min(_BLOCK, before.st_size + 1))
        view = memoryview(buffer)
        # A file that grows as fast as it is read would never end.
        while size <= before.st_size and (count := file.readinto(buffer)):
            if not size:
                head = bytes(view[: min(count, SNIFF_BYTES)])
            digest.update(view[:count])
            size += count
            cancel.check()
        after = os.fstat(file.fileno())
    if size != before.st_size or _state(before) != _state(after):
        raise NotShippable("file-changed", "it was changed while it was read")
    mode = EXECUTABLE if os.name == "posix" and before.st_mode & stat.S_IXUSR else PLAIN
    return Read(BundleFile(found.path, size, digest.hexdigest(), mode, found.real), head)


def _state(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ino

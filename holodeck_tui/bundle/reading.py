"""Reading files once: size, hash, mode and the first bytes, and whether they held still meanwhile."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from holodeck_tui.bundle.bundle import EXECUTABLE, PLAIN, BundleFile
from holodeck_tui.bundle.lint import SNIFF_BYTES
from holodeck_tui.bundle.paths import Found, NotShippable, reason_of
from holodeck_tui.core.cancel import CancelToken

_BLOCK = 1024 * 1024
_BATCH = 64
# Hashing releases the interpreter's lock; more threads than this only fight over the disk.
_THREADS = min(4, os.cpu_count() or 1)


Judge = Callable[[Found, bytes], str | None]
"""Why a file that begins with these bytes must not ship, or None."""


def read_all(
    found: Iterable[Found], judge: Judge, cancel: CancelToken
) -> Iterator[tuple[Found, BundleFile | NotShippable]]:
    """Each file as it ships, or why it cannot; memory does not grow with the size of the files."""
    todo = list(found)
    batches = [todo[at : at + _BATCH] for at in range(0, len(todo), _BATCH)]
    if len(todo) <= _THREADS:
        batches = [[one] for one in todo]
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="bundle") as pool:
        pending = [pool.submit(_read_batch, batch, judge, cancel) for batch in batches]
        try:
            for future in pending:
                yield from future.result()
        finally:
            for future in pending:
                future.cancel()


def _read_batch(
    batch: list[Found], judge: Judge, cancel: CancelToken
) -> list[tuple[Found, BundleFile | NotShippable]]:
    return [(found, _try_read(found, judge, cancel)) for found in batch]


def _try_read(found: Found, judge: Judge, cancel: CancelToken) -> BundleFile | NotShippable:
    try:
        return read(found, judge, cancel)
    except NotShippable as why:
        return why
    except OSError as error:
        return reason_of(error)


def read(found: Found, judge: Judge, cancel: CancelToken) -> BundleFile:
    """Hash one file. Raises OSError, or NotShippable: it changed meanwhile, or ``judge`` refuses it."""
    cancel.check()
    digest = hashlib.sha256()
    size = 0
    refusal: str | None = None
    with found.real.open("rb", buffering=0) as file:
        before = os.fstat(file.fileno())
        buffer = bytearray(min(_BLOCK, before.st_size + 1))
        view = memoryview(buffer)
        # A file that grows as fast as it is read would never end.
        while size <= before.st_size and (count := file.readinto(buffer)):
            if not size:
                refusal = judge(found, bytes(view[: min(count, SNIFF_BYTES)]))
            digest.update(view[:count])
            size += count
            cancel.check()
        after = os.fstat(file.fileno())
    if size != before.st_size or _state(before) != _state(after):
        raise NotShippable("file-changed", "it was changed while it was read")
    refusal = refusal if size else judge(found, b"")
    if refusal:
        raise NotShippable("file-secret", refusal)
    mode = EXECUTABLE if os.name == "posix" and before.st_mode & stat.S_IXUSR else PLAIN
    return BundleFile(found.path, size, digest.hexdigest(), mode, found.real)


def _state(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ino

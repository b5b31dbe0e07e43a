"""The one place that writes files: whole or not at all, also when the process is killed. Reads only files."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
from pathlib import Path


def read_regular(path: Path) -> bytes:
    """What the file holds. Raises OSError, also for what is there and is no file."""
    # A pipe or a device is waited for, or read, without an end.
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    return path.read_bytes()


def atomic_write(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """Replace ``path`` by ``data``: temporary file beside it, fsync, ``os.replace``, fsync of the folder.

    A symlink is followed and stays one. ``mode`` defaults to that of the file replaced, else to
    0o666 less the umask; the owner stays too where the system lets us (root editing a user's file).
    Missing folders are not made. Raises OSError; the old file then stands.
    """
    target = Path(os.path.realpath(path))
    before: os.stat_result | None = None
    with contextlib.suppress(FileNotFoundError):
        before = target.stat()
    if mode is None:
        mode = stat.S_IMODE(before.st_mode) if before else 0o666 & ~_umask()
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if before is not None and hasattr(os, "chown"):
            with contextlib.suppress(OSError):
                os.chown(name, before.st_uid, before.st_gid)
        # Not fchmod: Windows lacks it.
        os.chmod(name, mode)
        os.replace(name, target)
    except BaseException as error:
        # The system names no file where a write finds the disk full.
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(path)
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
    _sync_folder(target.parent)


def _umask() -> int:
    # The only portable way to read it; the window is a few instructions.
    current = os.umask(0o022)
    os.umask(current)
    return current


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError:
        pass  # some network file systems refuse to sync a folder; the rename is done all the same
    finally:
        os.close(descriptor)

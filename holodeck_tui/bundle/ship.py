"""A bundle written out as a folder, each byte checked against what was bundled."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from pathlib import Path, PurePosixPath

from holodeck_tui.bundle.bundle import Bundle, BundleFile
from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.redact import sanitize

_BLOCK = 1024 * 1024


def write_tree(bundle: Bundle, folder: Path, ctx: Context) -> None:
    """Write the files below ``folder``, which must be empty or not exist. Whole or not at all.

    Raises ``usage`` when something is in it, ``disk-full``, ``file-changed`` when a source is no longer
    what was bundled, ``file-name`` when two names fall together on this disk.
    """
    target = Path(os.path.realpath(folder))
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise DeploymentError(
                "usage",
                f"{sanitize(str(folder))} is not an empty folder.",
                reason="what is there would mix with the bundle",
                remedy="Name a folder that does not exist yet.",
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent))
        try:
            for file in bundle.files:
                _write_file(file, made, ctx.cancel)
            made.chmod(0o755)
            if target.exists():
                target.rmdir()  # Windows does not rename onto a folder, not even an empty one
            made.rename(target)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
    except OSError as error:
        raise _failed(error, folder) from error


def _write_file(file: BundleFile, base: Path, cancel: CancelToken) -> None:
    target = base.joinpath(*PurePosixPath(file.path).parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = target.open("xb")
    except FileExistsError as error:
        raise DeploymentError(
            "file-name",
            f"{sanitize(file.path)} cannot be written.",
            reason="this disk takes its name and that of another file for the same",
            remedy="Rename one of the two so that more than upper and lower case differs.",
        ) from error
    with handle, contextlib.closing(file.open()) as source:
        while block := source.read(_BLOCK):
            cancel.check()
            handle.write(block)
    target.chmod(file.mode)


def _failed(error: OSError, folder: Path) -> DeploymentError:
    full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    return DeploymentError(
        "disk-full" if full else "usage",
        f"The bundle could not be written to {sanitize(str(folder))}.",
        reason="there is no space left" if full else sanitize(error.strerror or str(error)).lower(),
        remedy="Free some space, or name another folder." if full else "Name a folder you may write to.",
    )

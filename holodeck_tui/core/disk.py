"""A full disk is nobody's defect, wherever it shows."""

from __future__ import annotations

import errno

from holodeck_tui.core.errors import DeploymentError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def is_full(error: BaseException) -> bool:
    """Whether ``error`` says that there is no space left, or that a quota of it is used up."""
    return isinstance(error, OSError) and error.errno in _FULL


def disk_full(error: OSError) -> DeploymentError:
    """``disk-full``; names the file where the system does."""
    where = f"{error.filename} could not be written" if error.filename else "a file could not be written"
    return DeploymentError(
        "disk-full",
        "There is no space left on this machine.",
        reason=f"{where}: {(error.strerror or str(error)).lower()}",
        remedy="df -h  (then free some space and run the command again)",
    )

"""Reading a YAML file for an edit and writing it back, with errors people can act on."""

from __future__ import annotations

import errno
import os
import shlex
from pathlib import Path

from holodeck_tui.config.document import Document, YamlError
from holodeck_tui.config.turns import turn
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.redact import sanitize


def read_document(path: Path) -> Document:
    """Raises ``agent-not-found``, ``agent-unreadable``, ``yaml-syntax``."""
    name = sanitize(str(path))
    try:
        return Document.read(path)
    except YamlError as error:
        raise DeploymentError(
            "yaml-syntax",
            f"{name} is not valid YAML.",
            reason=f"line {error.line}, column {error.column}: {sanitize(error.message)}",
            remedy=f"Correct line {error.line} in an editor.",
        ) from None
    except FileNotFoundError:
        raise DeploymentError(
            "agent-not-found",
            f"{name} does not exist.",
            reason="there is no such file",
            remedy="Name the agent file as the last word.",
        ) from None
    except OSError as error:
        raise DeploymentError(
            "agent-unreadable",
            f"{name} cannot be read.",
            reason=error.strerror or type(error).__name__,
            remedy=f"Check the file: ls -l {shlex.quote(name)}",
        ) from None


def write_document(document: Document) -> None:
    """Save the document. Raises ``file-changed``, ``file-unwritable``, ``disk-full``, ``locked``."""
    path = document.path
    assert path is not None
    name = sanitize(str(path))
    if path.exists() and not os.access(path, os.W_OK):
        # Replacing it would succeed where the folder is writable; its owner said no.
        raise _unwritable(path, "it is read-only", path)
    try:
        # Between the look at the file and its replacement nobody else may write.
        with turn(name):
            document.save()
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise DeploymentError(
                "disk-full",
                f"{name} was not written.",
                reason=error.strerror or "no space is left",
                remedy="Make room and run the same command again.",
            ) from None
        # The file is replaced: that is a matter of its folder.
        raise _unwritable(path, error.strerror or type(error).__name__, path.parent) from None


def _unwritable(path: Path, reason: str, refuses: Path) -> DeploymentError:
    return DeploymentError(
        "file-unwritable",
        f"{sanitize(str(path))} was not written.",
        reason=reason,
        remedy=f"chmod u+w {shlex.quote(sanitize(str(refuses)))}",
    )

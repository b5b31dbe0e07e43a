"""The user's own editor on this terminal, while the app stands aside."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from holodeck_tui.core.errors import DeploymentError

_REMEDY = "Name one that is installed: export EDITOR=nano"


def editor_words(environ: Mapping[str, str]) -> tuple[str, ...]:
    """``$VISUAL``, else ``$EDITOR``, else vi (notepad on Windows), as words; the first is a program.

    Raises ``usage`` where it cannot be read as words or there is no such program.
    """
    posix = os.name == "posix"
    given = next((name for name in ("VISUAL", "EDITOR") if environ.get(name, "").strip()), None)
    text = environ[given].strip() if given else "vi" if posix else "notepad"
    name = f"${given}" if given else text
    try:
        # Elsewhere a backslash is a folder's, and quotes stay.
        words = shlex.split(text) if posix else [one.strip('"') for one in shlex.split(text, posix=False)]
    except ValueError as error:
        raise DeploymentError(
            "usage", f"{name} cannot be read.", reason=f"{text}: {error}", remedy=_REMEDY
        ) from error
    program = shutil.which(words[0], path=environ.get("PATH")) if words and words[0] else None
    if program is None:
        raise DeploymentError(
            "usage", "No editor was opened.", reason=f"{name}: there is no program {text}", remedy=_REMEDY
        )
    return (program, *words[1:])


def run_editor(words: tuple[str, ...], path: Path, environ: Mapping[str, str]) -> None:
    """Wait for it. Raises ``usage`` where it cannot be started or ends with another code than 0."""
    try:
        code = subprocess.run([*words, str(path)], env=dict(environ), check=False).returncode
    except OSError as error:
        reason = f"{words[0]}: {error.strerror}"
        raise DeploymentError("usage", "No editor was opened.", reason=reason, remedy=_REMEDY) from error
    if code:
        reason, remedy = shlex.join(words), f"Look at {path.name}."
        raise DeploymentError("usage", f"The editor ended with {code}.", reason=reason, remedy=remedy)

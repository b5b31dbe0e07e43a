"""A defect of ours: the traceback, redacted, on stderr and in a file only the user can read."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
import traceback
from pathlib import Path

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.redact import Redactor


def describe(error: BaseException, redactor: Redactor) -> str:
    """The redacted traceback. Values of local variables are never in it."""
    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return redactor.clean(text, keep_newlines=True).rstrip()


def write_log(trace: str, command: str, version: str) -> Path | None:
    """Write ``trace`` and the versions to a new private file (0600); None where none can be made."""
    name = f"crash-{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}.log"
    python = sys.version.split()[0]
    facts = f"holodeck-deploy-tui {version}, command {command}, Python {python}, {platform.platform()}"
    for folder in _folders():
        path = folder / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            # A full disk lets files be made and not be filled.
            with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(f"{facts}\n\n{trace}\n")
        except OSError:
            continue
        return path
    return None


def as_error(error: BaseException, log: Path | None, redactor: Redactor) -> DeploymentError:
    """What is told about the crash besides its traceback."""
    first = redactor.clean(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)
    where = f"; attach {log}" if log else ""
    return DeploymentError(
        "internal-error",
        "This is a defect of holodeck-deploy-tui, not of your agent.",
        reason=first,
        remedy=f"Report it with the traceback{where}.",
    )


def _folders() -> list[Path]:
    from platformdirs import user_log_path

    return [user_log_path("holodeck-deploy-tui", appauthor=False), Path(tempfile.gettempdir())]

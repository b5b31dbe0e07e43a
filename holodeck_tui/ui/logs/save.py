"""Every line of a store in a file, with its time and where it came from."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import rfc3339
from holodeck_tui.ui.logs.choose import plain
from holodeck_tui.ui.logs.store import NO_TIME, LogStore

_CHUNK = 8192


def save(store: LogStore, names: Sequence[str]) -> Callable[[Path], int]:
    """Copy what is in the store now; the result writes it to a new file (0600) and may run in a thread.

    It returns the number of lines, and raises ``file-unwritable``.
    """
    lines = list(_lines(store, names))

    def write(path: Path) -> int:
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="\n") as file:
                file.writelines(f"{line}\n" for line in lines)
        except OSError as error:
            raise DeploymentError(
                "file-unwritable",
                f"{path} could not be written.",
                reason=error.strerror or type(error).__name__,
                remedy="Choose another folder.",
            ) from error
        return len(lines)

    return write


def _lines(store: LogStore, names: Sequence[str]) -> list[str]:
    found = []
    several = len(names) > 1
    for first, texts, sources in store.chunks(store.first, store.end, _CHUNK):
        stamps = store.stamps(first, first + len(texts))
        for text, source, stamp in zip(texts, sources, stamps, strict=True):
            moment = (
                "" if stamp == NO_TIME else rfc3339(datetime.fromtimestamp(stamp / 1000, timezone.utc)) + " "
            )
            found.append(f"{moment}{names[source] + ' ' if several else ''}{plain(text)}")
    return found

"""Every line of a store in a file, with its time and where it came from."""

from __future__ import annotations

import asyncio
import os
import re
import time
from array import array
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path, PurePath
from typing import TypeVar

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import rfc3339
from holodeck_tui.ui.logs.choose import plain
from holodeck_tui.ui.logs.store import NO_TIME, LogStore

# Lines that are written before the app does other things.
_CHUNK = 2048
AnyPath = TypeVar("AnyPath", bound=PurePath)


def proposed(folder: AnyPath, names: Sequence[str]) -> AnyPath:
    """A file in ``folder`` for the log of ``names``; no system refuses its name."""
    name = re.sub(r"[^\w.-]", "-", names[0]) if len(names) == 1 else "deployments"
    return folder / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}.log"


def chosen(folder: Path, text: str) -> tuple[Path | None, str]:
    """The new file that somebody typed, relative to ``folder``; None, and what is wrong with it."""
    try:
        path = folder / Path(text.strip()).expanduser()
        if path.exists():
            return None, f"{path} exists; another name?"
    except (OSError, RuntimeError, ValueError) as error:
        return None, f"{text} cannot be used: {error}"
    return path, ""


async def save(store: LogStore, names: Sequence[str], path: Path) -> int:
    """Write what is in the store now to a new file (0600), a part at a time; how many lines that were.

    Raises ``file-unwritable``.
    """
    count, number, end = 0, store.first, store.end
    begun = False
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        begun = True
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="\n") as file:
            while chunk := next(store.chunks(number, end, _CHUNK), None):
                first, texts, sources = chunk
                file.writelines(_lines(store, names, first, texts, sources))
                count += len(texts)
                number = first + len(texts)
                await asyncio.sleep(0)
    except (OSError, ValueError) as error:
        if begun:
            # A part of a log looks like a whole one, and stands in the way of the next try.
            path.unlink(missing_ok=True)
        raise DeploymentError(
            "file-unwritable",
            f"{path} could not be written.",
            reason=getattr(error, "strerror", None) or str(error),
            remedy="Choose another folder.",
        ) from error
    return count


def _lines(
    store: LogStore, names: Sequence[str], first: int, texts: Sequence[str], sources: array[int]
) -> list[str]:
    several = len(names) > 1
    found = []
    for text, source, stamp in zip(texts, sources, store.stamps(first, first + len(texts)), strict=True):
        moment = "" if stamp == NO_TIME else rfc3339(datetime.fromtimestamp(stamp / 1000, timezone.utc)) + " "
        found.append(f"{moment}{names[source] + ' ' if several else ''}{plain(text)}\n")
    return found

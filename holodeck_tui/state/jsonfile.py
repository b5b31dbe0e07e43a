"""A JSON object in a file: read leniently, written whole, set aside when it is damaged."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from holodeck_tui.core.files import atomic_write
from holodeck_tui.state.folder import unwritable

Warn = Callable[[str], None]


class Damaged(Exception):
    """The file is there and is not what it should be; says why in a few words."""


def read_object(path: Path) -> dict[str, Any] | None:
    """The object in ``path``; None where there is no file or an empty one. Raises :class:`Damaged`."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise Damaged("it is not UTF-8 text") from error
    except OSError as error:
        raise unwritable(path, error) from error
    if not text.strip():
        return None
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Damaged("it is not valid JSON") from error
    if not isinstance(data, dict):
        raise Damaged("it holds no JSON object")
    return data


def write_object(path: Path, data: dict[str, Any]) -> None:
    """Replace the file. Raises ``state-unwritable``."""
    text = json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    try:
        atomic_write(path, text.encode("utf-8", "replace"))
    except OSError as error:
        raise unwritable(path, error) from error


def set_aside(path: Path, why: str, warn: Warn) -> Path:
    """Rename a damaged file so that nothing in it is lost, and say so. Call it under the guard."""
    stamp = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S.%fZ")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    try:
        path.rename(aside)
    except OSError as error:
        raise unwritable(path, error) from error
    warn(
        f"{path} was damaged ({why}); it was set aside as {aside.name}. "
        "What can be read was kept; the rest is asked of the target when it is needed."
    )
    return aside

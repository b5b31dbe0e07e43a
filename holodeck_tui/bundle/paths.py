"""Where a written path leads: inside the agent's folder, spelled as it stands on disk, and shippable."""

from __future__ import annotations

import errno
import os
import posixpath
import stat
import unicodedata
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from holodeck_tui.core.redact import sanitize


class NotShippable(Exception):
    """Why a path cannot ship: a code of ``core.errors``, a reason, and where there is one a hint."""

    def __init__(self, code: str, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.hint = hint


@dataclass(frozen=True)
class Found:
    """``path`` is what ships: posix, NFC, relative; ``real`` where its bytes are, free of symlinks."""

    path: str
    real: Path
    is_folder: bool


def check_name(path: str) -> None:
    """Refuse names that no tar, JSON document or other system can carry unchanged."""
    if any("\ud800" <= char <= "\udfff" for char in path):
        raise NotShippable("file-name", "its name is not valid UTF-8")
    if any(unicodedata.category(char) in {"Cc", "Zl", "Zp"} for char in path):
        raise NotShippable("file-name", "its name holds a control character")
    if "\\" in path:
        raise NotShippable("file-name", "its name holds a backslash")


def reason_of(error: OSError) -> NotShippable:
    """An operating system's refusal in our words."""
    if error.errno == errno.ELOOP:
        return NotShippable("file-unreadable", "its symlinks lead round in a circle")
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return NotShippable("file-missing", "it does not exist")
    if isinstance(error, PermissionError):
        return NotShippable("file-unreadable", "it may not be read by this user")
    return NotShippable("file-unreadable", sanitize(error.strerror or type(error).__name__).lower())


def is_absolute(text: str) -> bool:
    """Whether any system would take ``text`` for an absolute path."""
    windows = PureWindowsPath(text)
    return PurePosixPath(text).is_absolute() or bool(windows.drive or windows.root)


class Tree:
    """The agent's folder. Names are compared with what stands on disk, on every system alike.

    A path that only a case-insensitive disk would find is missing (the container's is not), one that
    differs in Unicode normalisation is found: which form a name has depends on who unpacked it.
    """

    def __init__(self, folder: Path) -> None:
        self.root = Path(os.path.realpath(folder))
        self._listings: dict[Path, dict[str, str]] = {}

    def find(self, text: str) -> Found:
        """What ``text`` (as written in a YAML file) names, or :class:`NotShippable`."""
        if "\0" in text:
            raise NotShippable("file-name", "it holds a NUL character")
        if is_absolute(text):
            raise self._absolute(text)
        try:
            return self._find(text)
        except NotShippable as refusal:
            # Written on Windows. A backslash that is part of a Linux name is refused by name anyway.
            if "\\" not in text or refusal.code != "file-missing":
                raise
            return self._find(text.replace("\\", "/"))

    def _absolute(self, text: str) -> NotShippable:
        reason = "it is an absolute path, which the container does not have"
        relative = os.path.relpath(os.path.realpath(text), self.root) if os.name == "posix" else ".."
        inside = not relative.startswith("..")
        return NotShippable("file-outside", reason, f"write {relative}" if inside else "")

    def _find(self, text: str) -> Found:
        normal = posixpath.normpath(text)
        if normal == ".." or normal.startswith("../"):
            raise NotShippable("file-outside", "it leads out of the agent's folder")
        parts = [] if normal == "." else normal.split("/")
        place = self.root
        for part in parts:
            place = place / self._spelled(place, part)
        path = unicodedata.normalize("NFC", "/".join(parts)) or "."
        check_name(path)
        return self.look(path, place)

    def look(self, path: str, place: Path) -> Found:
        """Follow the symlinks of ``place`` (below the root), which ships as ``path``."""
        try:
            real = Path(os.path.realpath(place, strict=True))
            mode = real.stat().st_mode
        except OSError as error:
            if place.is_symlink() and isinstance(error, FileNotFoundError):
                raise NotShippable("file-missing", "it is a symlink to nothing") from error
            raise reason_of(error) from error
        if not real.is_relative_to(self.root):
            raise NotShippable("file-outside", "its symlink leads out of the agent's folder")
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise NotShippable("file-unreadable", "it is neither a file nor a folder")
        return Found(path, real, stat.S_ISDIR(mode))

    def _spelled(self, folder: Path, name: str) -> str:
        names = self._names(folder)
        key = unicodedata.normalize("NFC", name)
        if name in names.values():
            return name
        if key in names:
            return names[key]
        near = [there for there in names if there.casefold() == key.casefold()]
        hint = f"there is {sanitize(near[0])}, which differs in case" if near else ""
        raise NotShippable("file-missing", "it does not exist", hint)

    def _names(self, folder: Path) -> dict[str, str]:
        known = self._listings.get(folder)
        if known is None:
            try:
                listed = [entry.name for entry in os.scandir(folder)]
            except OSError as error:
                raise reason_of(error) from error
            known = {unicodedata.normalize("NFC", name): name for name in sorted(listed)}
            self._listings[folder] = known
        return known

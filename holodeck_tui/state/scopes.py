"""The scopes ``list`` asks when none is named: those that something was deployed to from here."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.files import atomic_write

NAME = "scopes"
_SHAPES: dict[str, tuple[str, str]] = {
    "aws": ("aws:REGION", r"[a-z]{2}(-[a-z]+)+-\d"),
    "gcp": ("gcp:PROJECT/LOCATION", r"[a-z][a-z0-9-]{4,28}[a-z0-9]/[a-z0-9-]+"),
    "azure": ("azure:SUBSCRIPTION/GROUP", r"[0-9a-fA-F-]{36}/[\w().-]{1,90}"),
}


def check_scope(text: str) -> str:
    """``text`` if it has the shape of a scope, or of a third party's (``name:anything``).

    Raises ``scope-invalid``.
    """
    provider, colon, rest = text.partition(":")
    if text == "local":
        return text
    if provider in _SHAPES:
        shape, pattern = _SHAPES[provider]
        if re.fullmatch(pattern, rest):
            return text
    elif colon and rest and provider != "local":
        return text
    else:
        shape = "local, " + ", ".join(shape for shape, _ in _SHAPES.values())
    raise DeploymentError("scope-invalid", f'"{text}" is not a scope.', remedy=f"Write it as {shape}.")


def state_home() -> Path:
    """The user's own folder for state, e.g. ``~/.local/state/holodeck-deploy-tui``."""
    import platformdirs

    return Path(platformdirs.user_state_dir("holodeck-deploy-tui", appauthor=False))


def _is_scope(text: str) -> bool:
    try:
        return check_scope(text) == text
    except DeploymentError:
        return False


class ScopeMemory:
    """A text file with one scope a line in the user's state folder. Losing it loses nothing but comfort."""

    def __init__(self, home: Path, warn: Callable[[str], None]) -> None:
        self._path = home / NAME
        self._warn = warn

    def all(self) -> list[str]:
        """The remembered scopes, oldest first; what is no scope is left out."""
        try:
            lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return []
        return list(dict.fromkeys(line for line in map(str.strip, lines) if _is_scope(line)))

    def remember(self, scope: str) -> None:
        """Add one. A folder that cannot be written is told and no error."""
        from filelock import FileLock, Timeout

        if scope in self.all():
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(str(self._path.with_suffix(".lock")), timeout=5):
                known = self.all()
                if scope not in known:
                    atomic_write(self._path, ("\n".join([*known, scope]) + "\n").encode())
        except (OSError, Timeout) as error:
            self._warn(f"{scope} could not be remembered for list: {error}")

"""What the process runtime keeps on disk, one folder a service; no value of any variable is in it.

``<root>/process/<service>/``: service.json (whose it is), pointer.json (which revision serves),
front.json (process and port of the front), revisions/<revision>/ (see the runner).
"""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

from holodeck_tui.core.files import atomic_write
from holodeck_tui.deployers.local_values import Facts, Pointer


class ServiceFolder:
    """The folder of one service."""

    def __init__(self, root: Path, service: str) -> None:
        self.service = service
        self.path = root / "process" / service

    @property
    def pointer_file(self) -> Path:
        """What the front reads."""
        return self.path / "pointer.json"

    @property
    def owner(self) -> dict[str, Any] | None:
        """``{"agent", "environment"}``; None when there is no service."""
        return read_json(self.path / "service.json")

    @property
    def front(self) -> dict[str, Any]:
        """``{"pid", "port"}``, or nothing."""
        return read_json(self.path / "front.json") or {}

    @property
    def pointer(self) -> Pointer:
        """Which revision serves; nobody when the file is missing or damaged."""
        try:
            return Pointer.parse(self.pointer_file.read_bytes()) or Pointer()
        except OSError:
            return Pointer()

    def revisions(self) -> list[str]:
        """Names of all revisions there are."""
        return folders(self.path / "revisions")

    def revision(self, name: str) -> RevisionFolder:
        """The folder of one."""
        return RevisionFolder(self.path / "revisions" / name)

    def make(self, facts: Facts) -> None:
        """Make the folder, for this user only."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.path / "revisions").mkdir(exist_ok=True, mode=0o700)
        if self.owner is None:
            write_json(self.path / "service.json", {"agent": facts.agent, "environment": facts.environment})

    def remove(self) -> None:
        """Remove all of it; service.json last, so that a cut removal is still found."""
        if not self.path.is_dir():
            return
        for entry in self.path.iterdir():
            if entry.is_dir():
                remove_tree(entry)
            elif entry.name != "service.json":
                entry.unlink(missing_ok=True)
        remove_tree(self.path)


class RevisionFolder:
    """The folder of one revision."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def app(self) -> Path:
        """The bundle's tree."""
        return self.path / "app"

    @property
    def log(self) -> Path:
        """Timed lines; ``log.1`` holds the part before."""
        return self.path / "log"

    @property
    def facts(self) -> Facts | None:
        """What it was made from."""
        try:
            return Facts.parse((self.path / "facts.json").read_text(encoding="utf-8"))
        except OSError:
            return None

    @property
    def state(self) -> dict[str, Any]:
        """What its runner says."""
        return read_json(self.path / "state.json") or {}

    @property
    def made(self) -> dict[str, Any]:
        """``{"runner", "port", "created_at"}``."""
        return read_json(self.path / "process.json") or {}

    @property
    def want(self) -> str:
        """What its runner shall do."""
        try:
            return (self.path / "want").read_text(encoding="utf-8").strip()
        except OSError:
            return ""

    def ask(self, want: str) -> None:
        """Tell its runner what to do."""
        if self.path.is_dir():
            atomic_write(self.path / "want", want.encode())


def folders(path: Path) -> list[str]:
    """Names of the folders in ``path``, sorted; none when it does not exist."""
    try:
        return sorted(entry.name for entry in path.iterdir() if entry.is_dir())
    except OSError:
        return []


def read_json(path: Path) -> dict[str, Any] | None:
    """The object in a file; None when it is missing or damaged."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write an object, whole or not at all."""
    atomic_write(path, json.dumps(value, sort_keys=True).encode())


def remove_tree(path: Path) -> None:
    """Remove a folder; read-only files and programs that are just ending do not stop it."""
    for attempt in range(20):
        shutil.rmtree(path, onerror=_unlock)  # onexc is Python 3.12's
        if not path.exists():
            return
        time.sleep(0.05 * (attempt + 1))


def _unlock(function: Any, path: str, _info: Any) -> None:
    try:
        os.chmod(Path(path).parent, 0o700)
        os.chmod(path, 0o700)
        function(path)
    except OSError:
        pass  # tried again, and then the caller sees that it is still there

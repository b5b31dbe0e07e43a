"""Small documents by digest on this disk: base manifests and configurations, and digests of big layers.

Content addressed, so that nothing in it can be stale; checked when read; losing it costs time only.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from holodeck_tui.core.files import atomic_write
from holodeck_tui.image.manifest import sha256

# A manifest may have 4 MiB (distribution specification); nothing bigger belongs here.
_LARGEST = 4 << 20


class BlobCache:
    """A folder of small blobs. ``BlobCache(None)`` remembers in memory only.

    Files are readable by the user alone: a base image's configuration may hold what its makers put in.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._memory: dict[str, bytes] = {}

    @classmethod
    def of_user(cls) -> BlobCache:
        """The one in the user's cache folder."""
        from platformdirs import user_cache_path

        return cls(user_cache_path("holodeck-deploy-tui", appauthor=False) / "registry")

    def get(self, digest: str) -> bytes | None:
        """The bytes with that digest, or None; what does not match its digest does not count."""
        if digest in self._memory:
            return self._memory[digest]
        data = self._read(digest.replace(":", "-"))
        if data is None or sha256(data) != digest:
            return None
        self._memory[digest] = data
        return data

    def put(self, digest: str, data: bytes) -> None:
        """Remember; a disk that is full or read-only is no reason to fail."""
        if len(data) <= _LARGEST and digest.startswith("sha256:"):
            self._memory[digest] = data
            self._write(digest.replace(":", "-"), data)

    def note(self, key: str) -> dict[str, Any] | None:
        """What was remembered under ``key`` (hex digits) by :meth:`remember`."""
        data = self._memory.get(key) or self._read(f"note-{key}")
        with contextlib.suppress(ValueError):
            found = json.loads(data) if data else None
            return found if isinstance(found, dict) else None
        return None

    def remember(self, key: str, facts: dict[str, Any]) -> None:
        """Remember facts that are a function of what ``key`` is the hash of."""
        self._memory[key] = json.dumps(facts).encode()
        self._write(f"note-{key}", self._memory[key])

    def _read(self, name: str) -> bytes | None:
        if self._folder is None or not name.replace("-", "").isalnum():
            return None
        try:
            return (self._folder / name).read_bytes()
        except OSError:
            return None

    def _write(self, name: str, data: bytes) -> None:
        if self._folder is None:
            return
        with contextlib.suppress(OSError):
            if not self._folder.is_dir():
                self._folder.mkdir(parents=True, exist_ok=True)
                os.chmod(self._folder, 0o700)
            atomic_write(self._folder / name, data, mode=0o600)

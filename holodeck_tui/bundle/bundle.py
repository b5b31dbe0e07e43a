"""What ships: the files an agent needs, a hash of them, and the variables they will ask for."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

from holodeck_tui.core import units
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.redact import sanitize

AGENT_FILE = "agent.yaml"
PLAIN, EXECUTABLE = 0o644, 0o755

VariableSource = Literal["environment", "secrets", "shell", ".env", "~/.holodeck/.env", "missing"]


@dataclass(frozen=True)
class Variable:
    """An environment variable the container will ask for; never its value.

    ``source`` says where the value comes from: ``environment`` (an entry of ``deployment.environment``),
    ``secrets`` (of deploy.yaml), or the deploying side's shell and ``.env`` files. ``required``: the
    agent does not start without it; a provider's own key that nothing references is not. ``used_at``
    is the first place that asks for it: ``agent.yaml:12``, or ``model.provider openai``.
    """

    name: str
    source: VariableSource
    secret: bool
    required: bool
    used_at: str


@dataclass(frozen=True)
class BundleFile:
    """One file that ships.

    ``path`` is posix, NFC, relative to the agent's folder, and the same in the container below /app;
    ``size`` in bytes; ``sha256`` 64 hex digits; ``mode`` 0o644 or 0o755. The bytes come from
    ``content`` where we made them, else from ``source``, an absolute path without symlinks.
    """

    path: str
    size: int
    sha256: str
    mode: int = PLAIN
    source: Path | None = field(default=None, compare=False)
    content: bytes | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, path: str, content: bytes, *, mode: int = PLAIN) -> BundleFile:
        """A file whose bytes we hold."""
        return cls(path, len(content), hashlib.sha256(content).hexdigest(), mode, None, content)

    def open(self) -> BinaryIO:
        """A stream of exactly ``size`` bytes with that ``sha256``, to be read to its end.

        Raises ``file-changed`` from a read when the file on disk is no longer what was bundled, and
        ``file-unreadable`` when it cannot be opened.
        """
        if self.content is not None:
            return io.BytesIO(self.content)
        return cast(BinaryIO, _Verified(self))


class _Verified(io.RawIOBase):
    """Reads a source file, counts and hashes on the way, and refuses one that changed since."""

    def __init__(self, file: BundleFile) -> None:
        assert file.source is not None
        try:
            self._file = file.source.open("rb", buffering=0)
        except OSError as error:
            # Python closes what was never opened, too, when it lets go of it.
            super().close()
            raise DeploymentError(
                "file-unreadable",
                f"{sanitize(file.path)} cannot be read any more.",
                reason=sanitize(error.strerror or type(error).__name__),
                remedy="Run the same command again once nothing changes the agent's files.",
            ) from error
        super().__init__()
        self._bundled = file
        self._left = file.size
        self._hash = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        if not len(view):
            return 0
        if not self._left:
            self._finish()
            return 0
        count = self._file.readinto(view[: self._left]) or 0
        if not count:
            raise self._changed()
        self._hash.update(view[:count])
        self._left -= count
        if not self._left:
            # At once, not at the end of file: who knows the size never reads that far.
            self._finish()
        return count

    def _finish(self) -> None:
        if self._file.read(1) or self._hash.hexdigest() != self._bundled.sha256:
            raise self._changed()

    def _changed(self) -> DeploymentError:
        return DeploymentError(
            "file-changed",
            f"{sanitize(self._bundled.path)} was changed while it was being shipped.",
            reason="its bytes are no longer those that were read when the bundle was made",
            remedy="Run the same command again once nothing changes the agent's files.",
        )

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


@dataclass(frozen=True)
class Bundle:
    """Everything that ships, sorted by path; equal content hashes mean equal trees.

    ``warnings`` are whole sentences, safe for a terminal. ``needs`` is what the container's
    environment must hold.
    """

    files: tuple[BundleFile, ...]
    content_hash: str
    warnings: tuple[str, ...] = ()
    needs: tuple[Variable, ...] = ()

    @cached_property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(file.size for file in self.files)

    @property
    def measure(self) -> str:
        """How much ships, for people: ``7 files, 41 kB``."""
        return f"{len(self.files)} file{'s' * (len(self.files) != 1)}, {units.size(self.size)}"

    def get(self, path: str) -> BundleFile | None:
        """The file that ships as ``path``, if any."""
        return self._by_path.get(path)

    @cached_property
    def _by_path(self) -> dict[str, BundleFile]:
        return {file.path: file for file in self.files}

    def to_json(self) -> dict[str, Any]:
        """The document of the ``bundle`` command."""
        return {
            "content_hash": self.content_hash,
            "files": [{"path": file.path, "bytes": file.size, "sha256": file.sha256} for file in self.files],
            "warnings": list(self.warnings),
        }


def content_hash(files: Iterable[BundleFile]) -> str:
    """64 hex digits over paths, modes and contents; the order of ``files`` does not matter."""
    entries = sorted((file.path, f"{file.mode:o}", file.sha256) for file in files)
    return hashlib.sha256(json.dumps(entries).encode("ascii")).hexdigest()

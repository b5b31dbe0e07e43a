"""OCI image layouts: a folder that skopeo, podman, scanners and air-gapped registries read.

github.com/opencontainers/image-spec: image-layout.md. Each file appears whole, or not at all.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.files import atomic_write
from holodeck_tui.image.manifest import OCI_INDEX, Descriptor, Manifest, to_json
from holodeck_tui.image.meter import Meter
from holodeck_tui.image.registry_errors import Transient

_MARK = b'{"imageLayoutVersion":"1.0.0"}'
REF_NAME = "org.opencontainers.image.ref.name"
# What containerd and `docker load` take for the whole name.
FULL_NAME = "io.containerd.image.name"


class Layout:
    """A layout in ``folder``, made if missing. Raises ``build-failed`` where something else stands there."""

    def __init__(self, folder: Path, ctx: Context, meter: Meter) -> None:
        self._folder = folder
        self._ctx = ctx
        self._meter = meter
        mark = folder / "oci-layout"
        with self._writing():
            if folder.exists() and not mark.is_file() and any(folder.iterdir()):
                raise DeploymentError(
                    "build-failed",
                    f"{folder} is not used as an OCI layout.",
                    reason="it has other files in it",
                    remedy="Name an empty or a new folder: --output-layout DIR",
                )
            self._blobs.mkdir(parents=True, exist_ok=True)
            if not mark.is_file():
                atomic_write(mark, _MARK)

    @property
    def _blobs(self) -> Path:
        return self._folder / "blobs" / "sha256"

    def _path(self, digest: str) -> Path:
        return self._blobs / digest.partition(":")[2]

    def has(self, blob: Descriptor) -> bool:
        """Whether it is there in full length: files appear only when their digest was right."""
        try:
            return self._path(blob.digest).stat().st_size == blob.size
        except OSError:
            return False

    def add(self, blob: Descriptor, source: Callable[[], Iterable[bytes]]) -> None:
        """Write a blob; bytes that do not have its digest raise :class:`Transient`, nothing stays."""
        with self._writing():
            handle, name = tempfile.mkstemp(prefix=".part-", dir=self._folder)
        done = False
        try:
            digest, position = hashlib.sha256(), 0
            with os.fdopen(handle, "wb") as file:
                for chunk in source():
                    self._ctx.cancel.check()
                    with self._writing():
                        file.write(chunk)
                    digest.update(chunk)
                    position += len(chunk)
                    self._meter.add(blob.digest[7:19], position, len(chunk))
                with self._writing():
                    file.flush()
                    os.fsync(file.fileno())
            if f"sha256:{digest.hexdigest()}" != blob.digest:
                raise Transient(_damaged(blob))
            with self._writing():
                os.chmod(name, 0o644)
                os.replace(name, self._path(blob.digest))
            done = True
        finally:
            if not done:
                with contextlib.suppress(OSError):
                    os.unlink(name)

    def name(self, manifest: Manifest, uri: str, platform: str) -> None:
        """Write the manifest and list it under its tag; an older one of that name goes from the list."""
        system, _, architecture = platform.partition("/")
        architecture, _, variant = architecture.partition("/")
        entry: dict[str, Any] = Descriptor(manifest.media_type, manifest.digest, len(manifest.raw)).as_json()
        entry["platform"] = {"os": system, "architecture": architecture}
        if variant:
            entry["platform"]["variant"] = variant
        entry["annotations"] = {REF_NAME: uri.rpartition(":")[2], FULL_NAME: uri}
        with self._writing():
            atomic_write(self._path(manifest.digest), manifest.raw)
            others = [one for one in self._listed() if _name(one) != entry["annotations"][REF_NAME]]
            index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [*others, entry]}
            atomic_write(self._folder / "index.json", to_json(index))

    def _listed(self) -> list[dict[str, Any]]:
        try:
            index = json.loads((self._folder / "index.json").read_bytes())
        except FileNotFoundError:
            return []
        except ValueError as error:
            raise DeploymentError(
                "build-failed",
                f"{self._folder} is not a readable OCI layout.",
                reason="its index.json is not JSON",
                remedy="Name another folder: --output-layout DIR",
            ) from error
        return [one for one in index.get("manifests") or () if isinstance(one, dict)]

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            import errno

            full = error.errno in {errno.ENOSPC, errno.EDQUOT}
            raise DeploymentError(
                "disk-full" if full else "build-failed",
                f"The OCI layout {self._folder} cannot be written.",
                reason=error.strerror or type(error).__name__,
                remedy="Free space there, or name another folder: --output-layout DIR",
            ) from error


def _name(entry: dict[str, Any]) -> Any:
    return (entry.get("annotations") or {}).get(REF_NAME)


def _damaged(blob: Descriptor) -> DeploymentError:
    return DeploymentError(
        "registry-error",
        "A layer of the base image arrived damaged.",
        reason=f"its bytes do not have the digest {blob.digest}",
        remedy="Run the same command again; if it stays so, do not trust this registry.",
    )

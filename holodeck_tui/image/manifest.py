"""Manifests, indexes and descriptors of the OCI image spec, and Docker's older ones, read and written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import NOTHING

# github.com/opencontainers/image-spec: media-types.md, with its table of compatible Docker types
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_TAR, OCI_GZIP = "application/vnd.oci.image.layer.v1.tar", "application/vnd.oci.image.layer.v1.tar+gzip"
OCI_ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"

INDEXES = frozenset({OCI_INDEX, DOCKER_INDEX})
MANIFESTS = frozenset({OCI_MANIFEST, DOCKER_MANIFEST})
CONFIGS = frozenset({OCI_CONFIG, DOCKER_CONFIG})
ACCEPT = ", ".join((OCI_MANIFEST, DOCKER_MANIFEST, OCI_INDEX, DOCKER_INDEX))

# The same bytes under the name that an OCI manifest uses for them.
LAYER_TYPES: Mapping[str, str] = {
    OCI_TAR: OCI_TAR,
    OCI_GZIP: OCI_GZIP,
    OCI_ZSTD: OCI_ZSTD,
    "application/vnd.docker.image.rootfs.diff.tar": OCI_TAR,
    "application/vnd.docker.image.rootfs.diff.tar.gzip": OCI_GZIP,
    "application/vnd.docker.image.rootfs.diff.tar.zstd": OCI_ZSTD,
}


@dataclass(frozen=True)
class Descriptor:
    """A blob or manifest: media type, digest ``sha256:<64 hex>``, size in bytes, annotations."""

    media_type: str
    digest: str
    size: int
    annotations: Mapping[str, str] = NOTHING

    def as_json(self) -> dict[str, Any]:
        """As it stands in a manifest."""
        found: dict[str, Any] = {"mediaType": self.media_type, "digest": self.digest, "size": self.size}
        if self.annotations:
            found["annotations"] = dict(sorted(self.annotations.items()))
        return found


@dataclass(frozen=True)
class Manifest:
    """A manifest or index as the registry has it: its bytes decide its digest and are never rewritten."""

    media_type: str
    raw: bytes
    digest: str

    @classmethod
    def read(cls, raw: bytes, media_type: str = "") -> Manifest:
        """From bytes; ``media_type`` as the server said, else as the document says itself."""
        document = _document(raw)
        kind = str(document.get("mediaType") or media_type.partition(";")[0].strip())
        if kind not in INDEXES | MANIFESTS:
            kind = OCI_INDEX if "manifests" in document else OCI_MANIFEST if "config" in document else kind
        return cls(kind, raw, sha256(raw))

    @property
    def document(self) -> dict[str, Any]:
        """The JSON object."""
        return _document(self.raw)

    @property
    def is_index(self) -> bool:
        """Whether it lists manifests of several platforms."""
        return self.media_type in INDEXES

    @property
    def config(self) -> Descriptor:
        """The descriptor of the image's configuration."""
        return _descriptor(self.document.get("config"))

    @property
    def layers(self) -> tuple[Descriptor, ...]:
        """The layers, the lowest first."""
        return tuple(_descriptor(entry) for entry in self.document.get("layers") or ())

    @property
    def annotations(self) -> Mapping[str, str]:
        """Annotations of the manifest itself."""
        found = self.document.get("annotations")
        return found if isinstance(found, dict) else {}

    def for_platform(self, platform: str, name: str) -> Descriptor:
        """The manifest for ``os/architecture[/variant]`` in an index. Raises ``platform-mismatch``."""
        wanted = platform.split("/")
        offered: list[str] = []
        for entry in self.document.get("manifests") or ():
            has = entry.get("platform") or {}
            parts = [str(has.get(key, "")) for key in ("os", "architecture", "variant")]
            if parts[:2] == wanted[:2] and (len(wanted) < 3 or parts[2] == wanted[2]):
                return _descriptor(entry)
            offered.append("/".join(filter(None, parts)))
        raise DeploymentError(
            "platform-mismatch",
            f"{name} has no image for {platform}.",
            reason=f"it has {', '.join(sorted(set(offered) - {'unknown/unknown'})) or 'none at all'}",
            remedy="Set deployment.platform to one of those, or image.base in deploy.yaml to another base.",
        )


def make_manifest(
    config: Descriptor, layers: Sequence[Descriptor], annotations: Mapping[str, str]
) -> Manifest:
    """An OCI image manifest; the same arguments give the same bytes."""
    document: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": config.as_json(),
        "layers": [layer.as_json() for layer in layers],
    }
    if annotations:
        document["annotations"] = dict(sorted(annotations.items()))
    return Manifest.read(to_json(document), OCI_MANIFEST)


def to_json(document: Any) -> bytes:
    """Compact JSON with a fixed spelling: what is hashed must not depend on a library's taste."""
    return json.dumps(document, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode("utf-8")


def sha256(data: bytes) -> str:
    """``sha256:<64 hex>``."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _document(raw: bytes) -> dict[str, Any]:
    try:
        document = json.loads(raw)
    except ValueError as error:
        raise _broken("it is not JSON") from error
    if not isinstance(document, dict):
        raise _broken("it is not a JSON object")
    return document


def _descriptor(entry: Any) -> Descriptor:
    try:
        annotations = entry.get("annotations") or NOTHING
        return Descriptor(str(entry["mediaType"]), str(entry["digest"]), int(entry["size"]), annotations)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _broken("a descriptor in it lacks mediaType, digest or size") from error


def _broken(why: str) -> DeploymentError:
    return DeploymentError(
        "registry-error",
        "The registry sent a manifest that cannot be read.",
        reason=why,
        remedy="Push that image again with a current tool.",
    )

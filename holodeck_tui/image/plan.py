"""What an agent's image is made of: one description for the engine's builder and the layers builder.

Both builders take the same layers, entry for entry, and the same configuration, field for field; so
the images are the same and either may be used where the other made one.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from holodeck_tui.core.values import NOTHING

if TYPE_CHECKING:
    from holodeck_tui.bundle.bundle import Bundle, BundleFile

# 1980-01-01, the oldest time that every archive format can hold.
EPOCH = 315_532_800

# What an engine sets where the base sets nothing (moby, oci/defaults).
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

LayerName = Literal["support", "data", "agent"]

TITLE = "org.opencontainers.image.title"
CREATED = "org.opencontainers.image.created"
VERSION = "org.opencontainers.image.version"
SOURCE = "org.opencontainers.image.source"
REVISION = "org.opencontainers.image.revision"
MANAGED = "com.holodeck.managed"
AGENT = "com.holodeck.agent"
CONTENT_HASH = "com.holodeck.content-hash"
IMAGE_KEY = "com.holodeck.image-key"
BASE_EXTRAS = "com.holodeck.extras"
BASE_NODE = "com.holodeck.node"


@dataclass(frozen=True)
class BaseImage:
    """The image an agent's image stands on.

    ``reference`` is what was asked for. ``digest`` (``sha256:<64 hex>``) is its manifest in a registry,
    None where only an engine has it; ``engine_id`` is the engine's image ID, None where no engine has
    it. ``extras`` of holodeck-ai and Node.js are what its labels say it brings.
    """

    reference: str
    digest: str | None = None
    engine_id: str | None = None
    extras: tuple[str, ...] = ()
    node: bool = False

    @property
    def identity(self) -> str:
        """What decides whether two bases are the same: the digest where known, else the engine's ID."""
        return self.digest or self.engine_id or self.reference

    @property
    def pinned(self) -> str:
        """``repository@digest`` where the digest is known, else the engine's ID, else the reference."""
        if self.digest is None:
            return self.engine_id or self.reference
        if "@" in self.reference:
            return self.reference
        head, slash, last = self.reference.rpartition("/")
        return f"{head}{slash}{last.partition(':')[0]}@{self.digest}"


@dataclass(frozen=True)
class ImageFile:
    """One file or folder of a layer. ``path`` is posix and relative to ``/`` of the image.

    ``mode`` holds the permission bits only. The bytes come from ``content`` or from ``origin``.
    """

    path: str
    mode: int
    uid: int = 0
    gid: int = 0
    folder: bool = False
    content: bytes | None = None
    origin: BundleFile | None = None

    @property
    def size(self) -> int:
        """Bytes; 0 for a folder."""
        if self.origin is not None:
            return self.origin.size
        return len(self.content or b"")

    def open(self) -> BinaryIO:
        """A new stream over the bytes; not for folders."""
        if self.origin is not None:
            return self.origin.open()
        return io.BytesIO(self.content or b"")


@dataclass(frozen=True)
class Layer:
    """Entries that go into one layer, parents before children, then by path."""

    name: LayerName
    entries: tuple[ImageFile, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(entry.size for entry in self.entries)


@dataclass(frozen=True)
class Healthcheck:
    """How an engine asks the container whether it is well; times in seconds."""

    test: tuple[str, ...]
    interval: int = 30
    timeout: int = 10
    # A cold start with the full holodeck-ai took 11 s on two cores; a busy machine takes longer.
    start_period: int = 60
    retries: int = 3


@dataclass(frozen=True)
class ImageConfig:
    """What the image's configuration gets on top of its base's. Never holds a value of the user's."""

    env: Mapping[str, str]
    entrypoint: tuple[str, ...]
    healthcheck: Healthcheck
    port: int
    labels: Mapping[str, str]
    user: str = "1000:1000"
    workdir: str = "/app"

    def over(self, base: Mapping[str, Any]) -> dict[str, Any]:
        """The ``config`` object of an OCI or Docker image: this over that of the base image.

        What an engine does with the same instructions: variables and labels are merged by name, ports
        joined, the base's command goes because there is an entrypoint.
        """
        second = 1_000_000_000
        merged = {key: value for key, value in base.items() if key not in {"Cmd", "ArgsEscaped"}}
        env = dict(item.partition("=")[::2] for item in base.get("Env") or ())
        env.setdefault("PATH", _PATH)
        env.update(self.env)
        merged["Env"] = [f"{name}={value}" for name, value in env.items()]
        merged["Labels"] = {**(base.get("Labels") or {}), **self.labels}
        merged["ExposedPorts"] = {**(base.get("ExposedPorts") or {}), f"{self.port}/tcp": {}}
        merged["Entrypoint"] = list(self.entrypoint)
        merged["User"] = self.user
        merged["WorkingDir"] = self.workdir
        merged["Healthcheck"] = {
            "Test": ["CMD", *self.healthcheck.test],
            "Interval": self.healthcheck.interval * second,
            "Timeout": self.healthcheck.timeout * second,
            "StartPeriod": self.healthcheck.start_period * second,
            "Retries": self.healthcheck.retries,
        }
        return merged


@dataclass(frozen=True)
class ImagePlan:
    """Everything a builder needs, decided. Made by :func:`holodeck_tui.image.planner.make_plan`.

    ``uri`` is ``host/repository:tag``, or ``holodeck/<agent>:<tag>`` without a registry. ``extras`` and
    ``node`` are what must be installed because the base does not bring it. ``key`` (64 hex) is equal
    exactly where two images are the same: bundle, base, template and platform. ``volatile`` labels
    (version, source, revision) say where this build came from and are no part of what is compared.
    """

    agent: str
    uri: str
    platform: str
    base: BaseImage
    bundle: Bundle
    layers: tuple[Layer, ...]
    config: ImageConfig
    key: str
    extras: tuple[str, ...] = ()
    node: bool = False
    volatile: Mapping[str, str] = field(default=NOTHING)

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels that say what the image is, whoever built it and whenever."""
        return self.config.labels

    @property
    def tag(self) -> str:
        """The tag of :attr:`uri`."""
        return self.uri.rpartition(":")[2]

    @property
    def repository(self) -> str:
        """:attr:`uri` without the tag."""
        return self.uri.rpartition(":")[0]

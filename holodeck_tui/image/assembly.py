"""Every part of an image, where its bytes come from, and the manifest that holds them together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.image.blob_cache import BlobCache
from holodeck_tui.image.image_config import make_config
from holodeck_tui.image.layer_blob import pack
from holodeck_tui.image.manifest import (
    LAYER_TYPES,
    OCI_CONFIG,
    Descriptor,
    Manifest,
    make_manifest,
    sha256,
    to_json,
)
from holodeck_tui.image.plan import IMAGE_KEY, ImagePlan
from holodeck_tui.image.registry import Registry, RemoteImage

BASE_DIGEST = "org.opencontainers.image.base.digest"


@dataclass(frozen=True)
class Part:
    """A blob of an image. ``open`` gives its bytes anew each time; ``of_base``: unchanged from the base."""

    blob: Descriptor
    open: Callable[[], Iterable[bytes]] = field(compare=False, repr=False)
    of_base: bool = False

    @property
    def short(self) -> str:
        """Twelve digits of the digest, as people see blobs named."""
        return self.blob.digest.partition(":")[2][:12]


@dataclass(frozen=True)
class Assembly:
    """An image ready to be stored; ``parts`` has each blob once, the base's lowest layer first."""

    parts: tuple[Part, ...]
    manifest: Manifest
    base_repository: str


def assemble(plan: ImagePlan, base: Registry, image: RemoteImage, ctx: Context, store: BlobCache) -> Assembly:
    """The image of ``plan`` on ``image`` of the registry ``base``; its layers are named, not fetched.

    Raises ``layers-impossible``, ``platform-mismatch`` or ``file-changed``.
    """
    document = base.config(image)
    repository = image.reference.repository
    below = [_adopt(layer, plan, ctx) for layer in image.manifest.layers]
    if len(below) != len((document.get("rootfs") or {}).get("diff_ids") or ()):
        raise bad_base(plan, "its configuration and its manifest disagree about its layers")
    ours = [pack(layer, ctx.cancel.check, store) for layer in plan.layers]
    raw = to_json(make_config(plan, document, ours))
    config = Descriptor(OCI_CONFIG, sha256(raw), len(raw))
    annotations = {**plan.volatile, IMAGE_KEY: plan.key, BASE_DIGEST: image.manifest.digest}
    manifest = make_manifest(config, [*below, *(layer.descriptor for layer in ours)], annotations)
    parts = [
        *(Part(blob, _from_base(base, repository, blob), of_base=True) for blob in below),
        *(Part(layer.descriptor, layer.open) for layer in ours),
        Part(config, lambda: (raw,)),
    ]
    once = {part.blob.digest: part for part in reversed(parts)}
    return Assembly(tuple(reversed(once.values())), manifest, repository)


def check_possible(plan: ImagePlan) -> None:
    """Raise ``layers-impossible``, with both ways out, where something would have to be installed."""
    node = ("Node.js",) if plan.node else ()
    wanted = ", ".join([*(f"the extra {extra}" for extra in plan.extras), *node])
    if not wanted:
        return
    options = f" --extras {','.join(plan.extras)}" if plan.extras else ""
    raise DeploymentError(
        "layers-impossible",
        "This image cannot be made without a container engine.",
        reason=f"the base image {plan.base.reference} lacks {wanted}, which only an engine can install",
        remedy=(
            "Use an engine: --builder docker  (or a base image that has it, image.base in deploy.yaml; "
            f"holodeck-deploy-tui base{options} --push REF builds and pushes one)"
        ),
    )


def bad_base(plan: ImagePlan, why: str) -> DeploymentError:
    """The error for a base that layers cannot be put on."""
    return DeploymentError(
        "layers-impossible",
        f"Layers cannot be put on the base image {plan.base.reference}.",
        reason=why,
        remedy="Use --builder docker, or another base image (image.base in deploy.yaml).",
    )


def _from_base(base: Registry, repository: str, blob: Descriptor) -> Callable[[], Iterable[bytes]]:
    return lambda: base.open_blob(repository, blob)


def _adopt(layer: Descriptor, plan: ImagePlan, ctx: Context) -> Descriptor:
    """The same bytes under OCI's name for them."""
    kind = LAYER_TYPES.get(layer.media_type)
    if kind is None:
        raise bad_base(plan, f"it has a layer of type {ctx.redactor.clean(layer.media_type)}")
    return Descriptor(kind, layer.digest, layer.size, layer.annotations)

"""Which images of an agent a registry still has, and removing those that nobody will go back to.

The registry API knows no times, and an image has none inside, so that it is the same whoever builds it.
When an image was pushed is therefore the caller's to say; what nobody can date is kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.image.key_tag import is_key_tag
from holodeck_tui.image.manifest import Manifest
from holodeck_tui.image.parallel import Workers
from holodeck_tui.image.plan import AGENT, MANAGED
from holodeck_tui.image.reference import Reference
from holodeck_tui.image.registry import Registry, RemoteImage

_AT_ONCE = 8


@dataclass(frozen=True)
class StoredImage:
    """An image of ours in a registry. ``tags`` are those for people; ``hidden`` those we find it by."""

    digest: str
    tags: tuple[str, ...]
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True)
class CleanUp:
    """What was removed, and what stays with the reason in a few words; digests as keys."""

    removed: tuple[StoredImage, ...]
    kept: Mapping[str, str]


def stored_images(registry: Registry, repository: str, agent: str) -> list[StoredImage]:
    """Images in the repository that we made for ``agent``: what others pushed there is not listed."""
    by_digest: dict[str, list[str]] = {}
    manifests: dict[str, Manifest] = {}
    tags = registry.tags(repository)
    with Workers(_AT_ONCE) as workers:
        found = workers.map(
            lambda tag: registry.find_manifest(Reference(registry.host, repository, tag)), tags
        )
        for tag, manifest in zip(tags, found, strict=True):
            if manifest is not None and not manifest.is_index:
                manifests[manifest.digest] = manifest
                by_digest.setdefault(manifest.digest, []).append(tag)
        ours = workers.map(lambda one: _made_for(registry, repository, one, agent), manifests.values())
    return [
        StoredImage(
            digest,
            tuple(tag for tag in by_digest[digest] if not is_key_tag(tag)),
            tuple(tag for tag in by_digest[digest] if is_key_tag(tag)),
        )
        for digest, is_ours in zip(manifests, ours, strict=True)
        if is_ours
    ]


def superfluous(
    images: Iterable[StoredImage], pushed: Mapping[str, datetime], *, keep: int, in_use: Collection[str] = ()
) -> tuple[list[StoredImage], dict[str, str]]:
    """The images to remove, and why each of the others stays.

    ``keep`` newest ones stay by ``pushed`` (digest → time), and all of ``in_use`` (digests that run or
    that a rollback may go back to).
    """
    images = list(images)
    dated = sorted((one for one in images if one.digest in pushed), key=lambda one: pushed[one.digest])
    newest = {one.digest for one in dated[max(0, len(dated) - keep) :]}
    why: dict[str, str] = {}
    remove = []
    for image in images:
        if image.digest in in_use:
            why[image.digest] = "in use"
        elif image.digest not in pushed:
            why[image.digest] = "nobody here knows when it was pushed"
        elif image.digest in newest:
            why[image.digest] = f"one of the newest {keep}"
        else:
            remove.append(image)
    return remove, why


def clean_up(
    registry: Registry,
    repository: str,
    agent: str,
    ctx: Context,
    *,
    pushed: Mapping[str, datetime],
    keep: int,
    in_use: Collection[str] = (),
) -> CleanUp:
    """Remove what is superfluous. Raises ``unsupported`` where the registry lets nobody delete."""
    remove, kept = superfluous(stored_images(registry, repository, agent), pushed, keep=keep, in_use=in_use)
    for image in remove:
        intent = ctx.journal.intent("delete-image", image=f"{registry.host}/{repository}@{image.digest}")
        try:
            remove_image(registry, repository, image)
        except DeploymentError:
            ctx.journal.outcome(intent, "failed")
            raise
        ctx.journal.outcome(intent, "done")
    return CleanUp(tuple(remove), kept)


def remove_image(registry: Registry, repository: str, image: StoredImage) -> None:
    """Remove one image with all its tags; what is gone already is fine."""
    try:
        registry.delete(repository, image.digest)
    except DeploymentError as error:
        if error.code != "registry-error":
            raise
        # Artifact Registry wants the tags gone before what they name.
        for tag in (*image.tags, *image.hidden):
            registry.delete(repository, tag)
        registry.delete(repository, image.digest)


def _made_for(registry: Registry, repository: str, manifest: Manifest, agent: str) -> bool:
    image = RemoteImage(
        Reference(registry.host, repository, None, manifest.digest), manifest.digest, manifest, ""
    )
    try:
        labels = (registry.config(image).get("config") or {}).get("Labels") or {}
    except DeploymentError as error:
        if error.code == "registry-error":
            return False  # no container image, so none of ours
        raise
    return labels.get(MANAGED) == "true" and labels.get(AGENT) == agent

"""An agent's image without an engine: its layers on a base, over the registry's HTTP API alone.

In sequence a changed agent costs four round trips: what does the tag name; is any of it there, and where
may I send; the bytes; the manifest. An unchanged one costs the first alone.
"""

from __future__ import annotations

from concurrent.futures import Future
from types import TracebackType
from typing import TYPE_CHECKING

from holodeck_tui.core import units
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import ImageRef, Step
from holodeck_tui.image.assembly import Assembly, Part, assemble, bad_base, check_possible
from holodeck_tui.image.blob_cache import BlobCache
from holodeck_tui.image.blobs import Blobs
from holodeck_tui.image.key_tag import key_tag
from holodeck_tui.image.layout import Layout
from holodeck_tui.image.manifest import Manifest
from holodeck_tui.image.meter import Meter
from holodeck_tui.image.parallel import Workers, gather
from holodeck_tui.image.plan import IMAGE_KEY, BaseImage, ImagePlan
from holodeck_tui.image.reference import Reference, parse_reference
from holodeck_tui.image.registry import Registry, RemoteImage

if TYPE_CHECKING:
    from pathlib import Path

# Look-ups wait for the network alone; sending competes for the same line.
_ASKING, _SENDING = 16, 4
# The agent's layer and the configuration: small, and new whenever the image is.
_SURELY_NEW = 2


class LayersBuilder:
    """Builds on ``base`` registry into ``target`` registry (one and the same object where they are one).

    Made by :func:`holodeck_tui.image.layers_session.open_layers`, for use with ``with``. ``target`` None:
    layouts only. One builder builds one image at a time.
    """

    def __init__(
        self, base: Registry, target: Registry | None, ctx: Context, store: BlobCache, *, step: Step = "build"
    ) -> None:
        self._base = base
        self._target = target
        self._ctx = ctx
        self._store = store
        self._step: Step = step
        self._asking = Workers(_ASKING)
        self._sending = Workers(_SENDING)
        self._ahead: tuple[Reference, Future[Manifest | None]] | None = None
        self._image: RemoteImage | None = None

    def __enter__(self) -> LayersBuilder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._asking.__exit__(kind, error, trace)
        self._sending.__exit__(kind, error, trace)
        self._base.close()
        if self._target is not None:
            self._target.close()

    def look_ahead(self, uri: str) -> None:
        """Ask already now what the tag names, while the base is resolved or the bundle is made."""
        if self._target is not None:
            target, reference = self._target, parse_reference(uri)
            target.want(reference.repository, "pull", "push")
            self._ahead = reference, self._asking.start(lambda: target.find_manifest(reference))

    def resolve_base(self, text: str, platform: str) -> BaseImage:
        """The base as its registry has it. Raises ``base-unavailable`` or ``platform-mismatch``."""
        from holodeck_tui.image.base import described

        try:
            self._image = self._base.resolve(parse_reference(text), platform)
            config = self._base.config(self._image)
        except DeploymentError as error:
            missing = {"image-missing", "repository-missing", "registry-unauthorized", "registry-denied"}
            if error.code not in missing:
                raise
            raise _base_unavailable(text, error) from error
        extras, node = described((config.get("config") or {}).get("Labels"))
        return BaseImage(text, self._image.digest, None, extras, node)

    def find(self, plan: ImagePlan) -> ImageRef | None:
        """The image that the tag names already, if it is the same; one request. Changes nothing."""
        target, reference = self._destination(plan)
        named = self._named(target, reference)
        return _ref(plan, named) if named and self._is_same(target, reference, named, plan) else None

    def build(self, plan: ImagePlan, *, no_cache: bool = False) -> ImageRef:
        """The image in the registry, under its tag. Raises ``layers-impossible``, or what a registry refuses.

        What is there is not sent; with ``no_cache`` an equal image is made anew all the same.
        """
        check_possible(plan)
        target, reference = self._destination(plan)
        target.want(reference.repository, "pull", "push")
        named = self._named(target, reference)
        if named and not no_cache and self._is_same(target, reference, named, plan):
            self._say(f"{plan.uri} is this image already")
            return _ref(plan, named)
        meter = Meter(self._ctx, self._step)
        blobs = Blobs(target, reference.repository, meter)
        twin = None if no_cache else self._asking.start(lambda: self._twin(target, reference, plan))
        opened = [self._asking.start(blobs.start) for _ in range(_SURELY_NEW)]
        tags = {reference.target, key_tag(plan.key)}
        try:
            assembly = self._assemble(plan)
            there = self._there(blobs, assembly, named)
            found = twin.result() if twin else None
            if found is None:
                self._send(blobs, assembly, there, opened)
            else:
                tags = {reference.target}
            manifest = found or assembly.manifest
            self._asking.map(
                lambda tag: target.put_manifest(reference.repository, tag, manifest), sorted(tags)
            )
        finally:
            self._abandon(blobs, opened)
        self._say(f"{plan.uri}: {units.size(meter.sent)} sent")
        return _ref(plan, manifest)

    def write_layout(self, plan: ImagePlan, folder: Path) -> ImageRef:
        """The image as an OCI layout in ``folder``, base included; added to one that is there."""
        check_possible(plan)
        assembly = self._assemble(plan)
        meter = Meter(self._ctx, self._step)
        layout = Layout(folder, self._ctx, meter)
        missing = [part for part in assembly.parts if not layout.has(part.blob)]
        for part in missing:
            meter.expect(part.short, part.blob.size)

        def fetch(part: Part) -> None:
            # A cut download is begun again by itself; what is complete stays.
            self._base.http.retry("fetch a layer", lambda: layout.add(part.blob, part.open))

        self._sending.map(fetch, missing)
        layout.name(assembly.manifest, plan.uri, plan.platform)
        self._say(f"{plan.uri} is an OCI layout in {folder}")
        return ImageRef(plan.uri, assembly.manifest.digest, plan.platform)

    def _destination(self, plan: ImagePlan) -> tuple[Registry, Reference]:
        if self._target is None:
            raise DeploymentError(
                "layers-impossible",
                "Without a container engine there is nowhere to put the image.",
                reason="deployment.registry is not set",
                remedy="Set deployment.registry, or use --output-layout DIR, or --builder docker.",
            )
        return self._target, parse_reference(plan.uri)

    def _named(self, target: Registry, reference: Reference) -> Manifest | None:
        ahead, self._ahead = self._ahead, None
        if ahead is not None and ahead[0] == reference:
            return ahead[1].result()
        return target.find_manifest(reference)

    def _is_same(self, target: Registry, reference: Reference, found: Manifest, plan: ImagePlan) -> bool:
        if found.is_index:
            return False
        key = found.annotations.get(IMAGE_KEY)
        if key is None:
            # An engine's push has it in the configuration alone.
            config = target.config(RemoteImage(reference, found.digest, found, plan.platform))
            key = ((config.get("config") or {}).get("Labels") or {}).get(IMAGE_KEY)
        return key == plan.key

    def _twin(self, target: Registry, reference: Reference, plan: ImagePlan) -> Manifest | None:
        """The same image under another tag: it keeps its digest, so nothing is deployed anew."""
        found = target.find_manifest(reference.tagged(key_tag(plan.key)))
        return found if found and self._is_same(target, reference, found, plan) else None

    def _assemble(self, plan: ImagePlan) -> Assembly:
        image, digest = self._image, plan.base.digest
        if image is None or image.digest != digest or image.platform != plan.platform:
            if digest is None:
                raise bad_base(plan, "only a container engine has it, no registry")
            image = self._image = self._base.resolve(parse_reference(plan.base.pinned), plan.platform)
        return assemble(plan, self._base, image, self._ctx, self._store)

    def _there(self, blobs: Blobs, assembly: Assembly, named: Manifest | None) -> set[str]:
        """Digests that the repository has; what a manifest of it refers to cannot be missing."""
        known = {blob.digest for blob in named.layers} if named and not named.is_index else set()
        asked = [part.blob.digest for part in assembly.parts if part.blob.digest not in known]
        answers = self._asking.map(blobs.exists, asked)
        return known | {digest for digest, has in zip(asked, answers, strict=True) if has}

    def _send(
        self, blobs: Blobs, assembly: Assembly, there: set[str], opened: list[Future[str | None]]
    ) -> None:
        """Send what is not there; the addresses that are used leave the list."""
        # The newest first: they are small, have an address already, and wait for nobody.
        missing = [part for part in reversed(assembly.parts) if part.blob.digest not in there]
        own = [part.blob.digest for part in missing if not part.of_base][: len(opened)]
        addresses = dict(zip(own, gather(opened[: len(own)]), strict=True))
        del opened[: len(own)]
        origin = assembly.base_repository if self._base is self._target else None

        def send(part: Part) -> None:
            address = addresses.get(part.blob.digest)
            blobs.send(part.blob, part.open, opened=address, origin=origin if part.of_base else None)

        self._sending.map(send, missing)

    def _abandon(self, blobs: Blobs, opened: list[Future[str | None]]) -> None:
        """Close uploads that nothing was sent to; not in a cancelled run, whose connections are cut."""
        if self._ctx.cancel.cancelled:
            return
        self._asking.map(
            lambda upload: None if upload.exception() else blobs.abandon(upload.result() or ""), opened
        )

    def _say(self, line: str) -> None:
        self._ctx.log(self._step, [line])


def _ref(plan: ImagePlan, manifest: Manifest) -> ImageRef:
    return ImageRef(plan.uri, manifest.digest, plan.platform, in_registry=True)


def _base_unavailable(text: str, error: DeploymentError) -> DeploymentError:
    return DeploymentError(
        "base-unavailable",
        f"The base image {text} cannot be had.",
        reason=str(error),
        remedy=(
            f"{error.remedy}  (or name another as image.base in deploy.yaml; "
            "holodeck-deploy-tui base --push REF makes and pushes one)"
        ),
    )

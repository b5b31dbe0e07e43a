"""Builds an agent's image with a container engine. The context is streamed, never written or held whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from holodeck_tui.core import units
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import ImageRef
from holodeck_tui.image import tar
from holodeck_tui.image.dockerfile import render
from holodeck_tui.image.engine import Engine
from holodeck_tui.image.engine_build import PROXIES, full_id, run_build
from holodeck_tui.image.engine_errors import build_fault, said_by
from holodeck_tui.image.plan import IMAGE_KEY, ImagePlan

# Bytes: what is less is there in a moment.
_MUCH = 10_000_000


def find_built(plan: ImagePlan, engine: Engine) -> ImageRef | None:
    """The image of the same key and platform that the engine already has, if any. Changes nothing."""
    from docker.errors import DockerException

    try:
        images = engine.client.images.list(filters={"label": f"{IMAGE_KEY}={plan.key}"})
    except DockerException as error:
        raise build_fault(str(error), plan.platform, installs=False) from error
    for image in images:
        if same_platform(image.attrs, plan.platform):
            return ImageRef(plan.uri, full_id(str(image.id)), plan.platform)
    return None


def build(plan: ImagePlan, ctx: Context, *, engine: Engine, no_cache: bool = False) -> ImageRef:
    """The image of ``plan`` in the engine, under its tag. One that is the same is only tagged.

    Emits the engine's lines as they come. Raises ``build-failed`` (with the last lines),
    ``platform-mismatch``, ``disk-full``, ``file-changed``; nothing of a cancelled build stays.
    """
    found = None if no_cache else find_built(plan, engine)
    image_id = found.digest if found else _build(plan, ctx, engine, no_cache=no_cache)
    tag_image(engine, image_id, plan.uri)
    return ImageRef(plan.uri, image_id, plan.platform)


def tag_image(engine: Engine, image_id: str, uri: str) -> None:
    """Name an image of the engine ``uri``."""
    from docker.errors import APIError

    repository, _, tag = uri.rpartition(":")
    try:
        engine.client.api.tag(image_id, repository, tag, force=True)
    except APIError as error:
        raise DeploymentError(
            "build-failed",
            f"The image could not be named {uri}.",
            reason=said_by(error)[:300],
            remedy="Check deployment.registry and --tag.",
        ) from error


def build_context(plan: ImagePlan, ctx: Context) -> Iterator[bytes]:
    """The build's context as a tar stream: the Dockerfile and one archive for each layer."""
    dockerfile = render(plan).encode()
    yield tar.header("Dockerfile", len(dockerfile), 0o644)
    yield dockerfile + tar.padding(len(dockerfile))
    for layer in plan.layers:
        length = tar.tar_length(layer.entries)
        yield tar.header(f"{layer.name}.tar", length, 0o644)
        yield from tar.tar_stream(layer.entries, ctx.cancel.check)
        yield tar.padding(length)
    yield tar.END


def build_arguments(plan: ImagePlan, environ: Mapping[str, str]) -> dict[str, str]:
    """The base, and the proxies of this machine where something is to be downloaded."""
    arguments = {"BASE": plan.base.engine_id or plan.base.pinned}
    if plan.extras or plan.node:
        arguments.update(
            {name: value for name, value in environ.items() if name.lower() in PROXIES and value}
        )
    return arguments


def same_platform(attributes: Mapping[str, Any], platform: str) -> bool:
    """Whether an inspected image is of ``platform``; a variant counts only where it is asked for."""
    system, _, rest = platform.partition("/")
    architecture, _, variant = rest.partition("/")
    has = str(attributes.get("Variant") or "")
    return (
        attributes.get("Os") == system
        and attributes.get("Architecture") == architecture
        and (not variant or not has or has == variant)
    )


def _build(plan: ImagePlan, ctx: Context, engine: Engine, *, no_cache: bool) -> str:
    def check(image_id: str) -> None:
        _check_platform(engine, image_id, plan)

    size = sum(tar.tar_length(layer.entries) for layer in plan.layers)
    if size >= _MUCH:
        # The engine says nothing before it has all of it.
        ctx.log("build", [f"Sending {units.size(size)} to the container engine"])
    return run_build(
        build_context(plan, ctx),
        build_arguments(plan, ctx.environ),
        ctx,
        engine,
        platform=plan.platform,
        no_cache=no_cache,
        installs=bool(plan.extras or plan.node),
        check=check,
    )


def _check_platform(engine: Engine, image_id: str, plan: ImagePlan) -> None:
    attributes = engine.client.images.get(image_id).attrs
    if same_platform(attributes, plan.platform):
        return
    made = f"{attributes.get('Os')}/{attributes.get('Architecture')}"
    raise DeploymentError(
        "platform-mismatch",
        f"The image was built for {made}, not for {plan.platform}.",
        reason=f"the base image {plan.base.reference} is for {made}",
        remedy="Name a base of that platform (image.base in deploy.yaml), or set deployment.platform.",
    )

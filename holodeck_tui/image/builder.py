"""Builds an agent's image with a container engine. The context is streamed, never written or held whole."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import ImageRef
from holodeck_tui.image import tar
from holodeck_tui.image.build_log import BuildLog
from holodeck_tui.image.dockerfile import render
from holodeck_tui.image.engine import Engine
from holodeck_tui.image.engine_errors import build_fault, said_by
from holodeck_tui.image.plan import IMAGE_KEY, ImagePlan
from holodeck_tui.image.stream import engine_stream

if TYPE_CHECKING:
    from docker import APIClient

# Arguments that every engine knows and keeps out of the image's history.
_PROXIES = ("http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy")


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
            {name: value for name, value in environ.items() if name.lower() in _PROXIES and value}
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


def full_id(image_id: str) -> str:
    """``sha256:<64 hex>``, also from an engine that leaves the algorithm away."""
    return image_id if image_id.startswith("sha256:") else f"sha256:{image_id}"


def _build(plan: ImagePlan, ctx: Context, engine: Engine, *, no_cache: bool) -> str:
    from docker.errors import APIError, DockerException
    from requests import RequestException

    log = BuildLog()
    arguments = build_arguments(plan, ctx.environ)
    installs = bool(plan.extras or plan.node)
    # A proxy's password may come back in the words of a failing download.
    ctx.redactor.add(*filter(None, (urlsplit(value).password for value in arguments.values())))

    def call(api: APIClient) -> Iterator[dict[str, Any]]:
        return api.build(
            fileobj=build_context(plan, ctx),  # type: ignore[arg-type]
            custom_context=True,
            buildargs=arguments,
            decode=True,
            nocache=no_cache,
            rm=True,
            forcerm=True,
            platform=plan.platform,
        )

    try:
        for batch in engine_stream(engine, call, ctx):
            log.read(batch, ctx)
        log.finish(ctx)
        if log.failure is not None or log.image_id is None:
            raise _failed(log.failure or "the engine named no image", log, plan, ctx, installs=installs)
        image_id = full_id(log.image_id)
        _check_platform(engine, image_id, plan)
    except APIError as error:
        _clean_up(engine, log)
        raise _failed(said_by(error), log, plan, ctx, installs=installs) from error
    except (DockerException, RequestException, OSError) as error:
        _clean_up(engine, log)
        said = f"the connection to the engine broke: {error}"
        raise _failed(said, log, plan, ctx, installs=False) from error
    except BaseException:
        _clean_up(engine, log)
        raise
    return image_id


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


def _failed(said: str, log: BuildLog, plan: ImagePlan, ctx: Context, *, installs: bool) -> DeploymentError:
    clean = ctx.redactor.clean
    error = build_fault(clean(said), plan.platform, installs=installs)
    details = [clean(line) for line in log.last]
    return DeploymentError(
        error.code, error.message, reason=error.reason, remedy=error.remedy, details=details
    )


def _clean_up(engine: Engine, log: BuildLog) -> None:
    """Remove what a build that did not end left; what is gone, or used by something else, is not ours."""
    from docker.errors import DockerException

    for container in reversed(log.containers):
        with contextlib.suppress(DockerException):
            engine.client.api.remove_container(container, force=True)
    for image in reversed(log.images):
        with contextlib.suppress(DockerException):
            engine.client.api.remove_image(image, noprune=True)

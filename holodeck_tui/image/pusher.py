"""Pushes an image from a container engine; the answer is always the digest that the registry has."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import ImageRef
from holodeck_tui.image.credential import Credential
from holodeck_tui.image.endpoints import find_endpoint
from holodeck_tui.image.engine import Engine
from holodeck_tui.image.engine_errors import image_missing, registry_fault, said_by
from holodeck_tui.image.push_right import check_push_right
from holodeck_tui.image.reference import Reference, parse_reference
from holodeck_tui.image.registry import Registry
from holodeck_tui.image.registry_errors import Where
from holodeck_tui.image.retry import retrying
from holodeck_tui.image.stream import Message, engine_stream
from holodeck_tui.image.transfer import TransferProgress

if TYPE_CHECKING:
    from docker import APIClient


def find_pushed(
    image: ImageRef, credential: Credential | None, ctx: Context, *, engine: Engine
) -> ImageRef | None:
    """The image as the registry has it under its tag already, or None. Changes nothing.

    Raises what the registry refuses, and ``image-missing`` where the engine has no such image.
    """
    if image.in_registry:
        return image
    reference = parse_reference(image.uri)
    attributes = _inspect(engine, image)
    with Registry(reference.host, credential, ctx, step="push") as registry:
        remote = registry.find_manifest(reference)
    if remote is None or remote.is_index:
        return None
    # The ID that a classic engine gives an image is the digest of its configuration.
    same = remote.config.digest == image.digest or remote.digest in _known(attributes, reference, ctx)
    return ImageRef(image.uri, remote.digest, image.platform, in_registry=True) if same else None


def push(image: ImageRef, credential: Credential | None, ctx: Context, *, engine: Engine) -> ImageRef:
    """Push ``image`` under its tag and return it with the registry's digest.

    What the registry has already is not sent. Faults of the network are tried again. Raises
    ``image-missing``, ``registry-unauthorized``, ``registry-denied``, ``registry-unreachable``,
    ``repository-missing``, ``throttled``, ``disk-full`` or ``push-failed``.
    """
    found = find_pushed(image, credential, ctx, engine=engine)
    if found is not None:
        return found
    reference = parse_reference(image.uri)
    endpoint = find_endpoint(reference.host, ctx.environ)
    dialled = reference
    if endpoint.mirror:
        dialled = Reference(endpoint.netloc, reference.repository, reference.tag)
    username = credential.username if credential else None
    where = Where(reference.host, reference.repository, "push the image", username)
    # Pushes go by name: what has the name now may be another image than the one that was built.
    _name(engine, image, dialled)
    try:
        digest = retrying(
            ctx,
            "push",
            f"{reference.host} (push)",
            lambda: _push_once(dialled, credential, where, ctx, engine),
        )
    finally:
        if dialled != reference:
            _forget_name(engine, dialled)
    if digest is None:
        # Podman does not tell it, and what it says of the image before and after is not what it sent.
        with Registry(reference.host, credential, ctx, step="push") as registry:
            digest = registry.exists(reference)
    if digest is None:
        raise DeploymentError(
            "push-failed",
            f"{reference.host} does not have the image that was pushed.",
            reason=f"it knows no {reference.repository}:{reference.tag}",
            remedy="holodeck-deploy-tui push",
        )
    return ImageRef(image.uri, digest, image.platform, in_registry=True)


def _push_once(
    name: Reference, credential: Credential | None, where: Where, ctx: Context, engine: Engine
) -> str | None:
    from docker.errors import APIError, DockerException

    # Never None: docker-py would then look for a login itself.
    login = credential.auth_config() if credential else {}

    def call(api: APIClient) -> Iterator[Message]:
        return api.push(  # type: ignore[no-any-return]
            name.name, tag=name.tag, stream=True, decode=True, auth_config=login
        )

    progress = TransferProgress(ctx, "push")
    digest: str | None = None
    asked = False
    try:
        with contextlib.closing(engine_stream(engine, call, ctx)) as batches:
            for batch in batches:
                progress.read(batch)
                ctx.log("push", _lines(batch), detail=True)
                if not asked and any(str(one.get("status", "")).startswith("Retrying") for one in batch):
                    # Why, the engine tells when it has given up, after the fifth time.
                    asked = True
                    check_push_right(where.host, where.repository, credential, ctx)
                for message in batch:
                    if message.get("error"):
                        raise registry_fault(ctx.redactor.clean(str(message["error"])), where)
                    aux = message.get("aux")
                    digest = str(aux["Digest"]) if isinstance(aux, dict) and aux.get("Digest") else digest
    except APIError as error:
        raise registry_fault(ctx.redactor.clean(said_by(error)), where) from error
    except (DockerException, OSError) as error:
        raise registry_fault(ctx.redactor.clean(str(error)), where) from error
    return digest


def _lines(batch: list[Message]) -> Iterator[str]:
    for message in batch:
        status = message.get("status")
        if isinstance(status, str) and not message.get("progressDetail"):
            yield f"{message['id']}: {status}" if message.get("id") else status


def _inspect(engine: Engine, image: ImageRef) -> dict[str, Any]:
    from docker.errors import ImageNotFound

    try:
        attributes: dict[str, Any] = engine.client.images.get(image.digest).attrs
    except ImageNotFound as error:
        raise image_missing(image.uri) from error
    return attributes


def _known(attributes: dict[str, Any], reference: Reference, ctx: Context) -> set[str]:
    """Digests under which the engine knows the image in this repository, mirrored or not."""
    names = {reference.name, f"{find_endpoint(reference.host, ctx.environ).netloc}/{reference.repository}"}
    known = (parse_reference(str(text)) for text in attributes.get("RepoDigests") or ())
    return {one.digest for one in known if one.digest and one.name in names}


def _name(engine: Engine, image: ImageRef, name: Reference) -> None:
    from docker.errors import ImageNotFound

    try:
        engine.client.api.tag(image.digest, name.name, name.tag, force=True)
    except ImageNotFound as error:
        raise image_missing(image.uri) from error


def _forget_name(engine: Engine, name: Reference) -> None:
    from docker.errors import DockerException

    with contextlib.suppress(DockerException):
        engine.client.api.remove_image(str(name), noprune=True)

"""The base image as the engine has it, fetched where it has not. What is used is always pinned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.image.builder import same_platform
from holodeck_tui.image.credential import Credential
from holodeck_tui.image.credentials import base_credential
from holodeck_tui.image.endpoints import find_endpoint
from holodeck_tui.image.engine import Engine
from holodeck_tui.image.engine_build import full_id
from holodeck_tui.image.engine_errors import registry_fault, said_by
from holodeck_tui.image.plan import BASE_EXTRAS, BASE_NODE, BaseImage
from holodeck_tui.image.reference import Reference, parse_reference
from holodeck_tui.image.registry_errors import Where
from holodeck_tui.image.retry import retrying
from holodeck_tui.image.stream import engine_stream
from holodeck_tui.image.transfer import TransferProgress

if TYPE_CHECKING:
    from docker import APIClient
    from holodeck_tui.config.resolve import Settings


def engine_base(settings: Settings, ctx: Context, engine: Engine, *, refresh: bool = False) -> BaseImage:
    """The base that ``settings`` names, in the engine afterwards.

    One that the engine has is taken as it is, as container engines do, unless ``refresh`` asks the
    registry for a newer one under the same tag. Raises ``base-unavailable`` or ``platform-mismatch``.
    """
    text = settings.image_base
    found = find_base(text, settings.platform, ctx, engine)
    if found is not None and (not refresh or _is_local(found)):
        return found
    reference = parse_reference(text)
    try:
        pull(reference, settings.platform, base_credential(reference.host, settings, ctx), ctx, engine)
    except DeploymentError as error:
        if error.code == "interrupted":
            raise
        raise _unavailable(text, error) from error
    found = find_base(text, settings.platform, ctx, engine)
    if found is None:
        raise DeploymentError(
            "platform-mismatch",
            f"The base image {text} is not for {settings.platform}.",
            reason="the registry has it for other platforms only",
            remedy="Name a base of that platform (image.base in deploy.yaml), or set deployment.platform.",
        )
    return found


def find_base(text: str, platform: str, ctx: Context, engine: Engine) -> BaseImage | None:
    """The base ``text`` as the engine has it for ``platform``, or None. Changes nothing, fetches nothing."""
    from docker.errors import APIError, DockerException, ImageNotFound

    for name in (text, *_mirrored(text, ctx)):
        try:
            attributes = engine.client.images.get(name).attrs
        except ImageNotFound:
            continue
        except (APIError, DockerException) as error:
            raise _unavailable(text, error) from error
        if same_platform(attributes, platform):
            return _described(text, name, attributes)
    return None


def pull(
    reference: Reference, platform: str, credential: Credential | None, ctx: Context, engine: Engine
) -> None:
    """Fetch an image into the engine, with progress. Raises what the registry refuses."""
    endpoint = find_endpoint(reference.host, ctx.environ)
    name = _dialled(reference, ctx)
    where = Where(
        endpoint.host,
        reference.repository,
        "pull the base image",
        credential.username if credential else None,
    )
    login = credential.auth_config() if credential else {}

    def call(api: APIClient) -> Iterator[dict[str, Any]]:
        return api.pull(  # type: ignore[no-any-return]
            name.name,
            tag=name.target,
            stream=True,
            decode=True,
            auth_config=login,
            platform=platform,
        )

    def once() -> None:
        from docker.errors import APIError, DockerException

        progress = TransferProgress(ctx, "build")
        try:
            for batch in engine_stream(engine, call, ctx):
                progress.read(batch)
                _log(batch, ctx)
                for message in batch:
                    if message.get("error"):
                        raise registry_fault(ctx.redactor.clean(str(message["error"])), where)
        except APIError as error:
            raise registry_fault(ctx.redactor.clean(said_by(error)), where) from error
        except (DockerException, OSError) as error:
            raise registry_fault(ctx.redactor.clean(str(error)), where) from error

    ctx.log("build", [f"Pulling the base image {reference}"])
    retrying(ctx, "build", f"{reference.host} (pull)", once)


def described(labels: Mapping[str, str] | None) -> tuple[tuple[str, ...], bool]:
    """What a base image's labels say it brings: extras of holodeck-ai, and whether Node.js."""
    found = labels or {}
    extras = {extra.strip() for extra in found.get(BASE_EXTRAS, "").split(",")} - {""}
    return tuple(sorted(extras)), found.get(BASE_NODE, "").lower() == "true"


def _described(text: str, name: str, attributes: Mapping[str, Any]) -> BaseImage:
    extras, node = described((attributes.get("Config") or {}).get("Labels"))
    return BaseImage(
        reference=text,
        digest=_digest(name, attributes),
        engine_id=full_id(str(attributes["Id"])),
        extras=extras,
        node=node,
    )


def _digest(name: str, attributes: Mapping[str, Any]) -> str | None:
    if name.startswith("sha256:"):
        return None
    wanted = parse_reference(name)
    for text in attributes.get("RepoDigests") or ():
        known = parse_reference(str(text))
        if known.name == wanted.name and known.digest and wanted.digest in {None, known.digest}:
            return known.digest
    return None


def _is_local(base: BaseImage) -> bool:
    """Made on this machine, or pinned: no registry can know anything newer."""
    return base.digest is None or "@" in base.reference


def _mirrored(text: str, ctx: Context) -> tuple[str, ...]:
    if text.startswith("sha256:"):
        return ()
    reference = parse_reference(text)
    dialled = _dialled(reference, ctx)
    return () if dialled == reference else (str(dialled),)


def _dialled(reference: Reference, ctx: Context) -> Reference:
    """The reference with the mirror's address for its host, where the user named a mirror."""
    endpoint = find_endpoint(reference.host, ctx.environ)
    if not endpoint.mirror:
        return reference
    return Reference(endpoint.netloc, reference.repository, reference.tag, reference.digest)


def _log(batch: list[dict[str, Any]], ctx: Context) -> None:
    lines = [
        f"{message['id']}: {message['status']}" if message.get("id") else str(message["status"])
        for message in batch
        if message.get("status") and not message.get("progressDetail")
    ]
    ctx.log("build", lines, detail=True)


def _unavailable(text: str, error: Exception) -> DeploymentError:
    remedy = "Name one that can be had as image.base in deploy.yaml, or make one: holodeck-deploy-tui base"
    if isinstance(error, DeploymentError):
        return DeploymentError(
            "base-unavailable",
            f"The base image {text} cannot be had.",
            reason=str(error),
            remedy=f"{error.remedy}  (or: {remedy})" if error.code == "registry-unauthorized" else remedy,
            details=error.details,
        )
    return DeploymentError(
        "base-unavailable", f"The base image {text} cannot be had.", reason=str(error)[:300], remedy=remedy
    )

"""Builds the base image from ``docker/``: the one that agents' images stand on, with extras if need be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import ImageRef
from holodeck_tui.image import tar
from holodeck_tui.image.assets import docker_file
from holodeck_tui.image.builder import tag_image
from holodeck_tui.image.credentials import find_credentials
from holodeck_tui.image.engine import connect
from holodeck_tui.image.engine_build import PROXIES, run_build
from holodeck_tui.image.pusher import push
from holodeck_tui.image.reference import parse_reference

# Not an extra of holodeck-ai: Node.js and npx, for MCP servers that are started with them.
NODE = "nodejs"
FROM_VARIABLE = "HOLODECK_BASE_FROM"
_EXTRA = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_FILES = (("Dockerfile", 0o644), ("entrypoint.sh", 0o755))


def build_base(extras: Sequence[str], push_to: str | None, ctx: Context) -> ImageRef:
    """The base image with ``extras`` in the engine, pushed as ``push_to`` where that is given.

    ``extras`` are those of holodeck-ai, and ``nodejs``. What it stands on itself is python slim, or the
    image that the environment variable HOLODECK_BASE_FROM names. Raises ``usage``,
    ``docker-unreachable``, ``build-failed`` and what a push raises.
    """
    for extra in extras:
        if not _EXTRA.fullmatch(extra):
            raise DeploymentError(
                "usage",
                f"--extras {extra} is no name of an extra.",
                reason="names are lower case letters, digits and hyphens, separated by commas",
                remedy="holodeck-deploy-tui base --extras chromadb,openai-agents",
            )
    uri = _uri(extras, push_to)
    engine = connect(ctx.environ)
    try:
        image_id = run_build(_context(), _arguments(extras, ctx), ctx, engine, installs=True)
        tag_image(engine, image_id, uri)
        image = ImageRef(uri, image_id, engine.platform)
        if push_to is None:
            return image
        host = parse_reference(uri).host
        return push(image, find_credentials(host, ctx), ctx, engine=engine)
    finally:
        engine.close()


def _uri(extras: Sequence[str], push_to: str | None) -> str:
    if push_to is None:
        version = re.search(rb"^ARG HOLODECK_VERSION=(\S+)$", docker_file("Dockerfile"), re.MULTILINE)
        assert version is not None
        return "holodeck-base:" + "-".join([version[1].decode(), *sorted(set(extras))])
    reference = parse_reference(push_to)
    if reference.digest is not None:
        raise DeploymentError(
            "usage",
            f"--push {push_to} names a digest.",
            reason="the digest is what the push gives back",
            remedy=f"holodeck-deploy-tui base --push {reference.name}:latest",
        )
    return f"{reference.name}:{reference.tag or 'latest'}"


def _arguments(extras: Sequence[str], ctx: Context) -> dict[str, str]:
    arguments = {
        "EXTRAS": ",".join(sorted(set(extras) - {NODE})),
        "NODE": "true" if NODE in extras else "",
    }
    below = ctx.environ.get(FROM_VARIABLE)
    if below:
        parse_reference(below)
        arguments["BASE"] = below
    arguments.update(
        {name: value for name, value in ctx.environ.items() if name.lower() in PROXIES and value}
    )
    return arguments


def _context() -> Iterator[bytes]:
    for name, mode in _FILES:
        content = docker_file(name)
        yield tar.header(name, len(content), mode)
        yield content + tar.padding(len(content))
    yield tar.END

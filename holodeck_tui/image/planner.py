"""Settings, bundle and base to an :class:`ImagePlan`: every decision about an image is made here."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from holodeck_tui.bundle.bundle import AGENT_FILE, Bundle
from holodeck_tui.image import plan as names
from holodeck_tui.image.contents import ENTRYPOINT, HEALTHCHECK, make_layers
from holodeck_tui.image.dockerfile import one_line, template_source
from holodeck_tui.image.git import Git, read_git
from holodeck_tui.image.plan import BaseImage, Healthcheck, ImageConfig, ImagePlan, Layer
from holodeck_tui.models.agent import needs_node, required_extras

if TYPE_CHECKING:
    from holodeck_tui.config.resolve import Settings

# Counts what the template and the layers do not show: raise it when a change of code makes other images.
_FORMAT = 1


def make_plan(
    settings: Settings, bundle: Bundle, base: BaseImage, *, tag: str, environ: Mapping[str, str]
) -> ImagePlan:
    """The plan of the image of ``bundle`` on ``base`` under ``tag``. Asks git, and nothing else.

    Raises ``build-failed`` where a file's name cannot stand in an image.
    """
    agent = settings.agent_name
    node = needs_node(settings.agent) and not base.node
    extras = tuple(sorted(set(required_extras(settings.agent)) - set(base.extras)))
    instructions = settings.agent.instructions.file
    layers = make_layers(bundle, () if instructions is None else (_inside(instructions),))
    env = {
        "HOLODECK_AGENT_CONFIG": f"/app/{AGENT_FILE}",
        "HOLODECK_LOG_LEVEL": "info",
        "HOLODECK_PORT": str(settings.port),
        "HOLODECK_PROTOCOL": settings.protocol,
        # The one folder that is writable where the file system is read-only.
        "HOME": "/tmp",  # noqa: S108
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
    }
    health = Healthcheck(("python3", HEALTHCHECK, settings.health.path))
    bare = ImageConfig(env, (ENTRYPOINT,), health, settings.port, {})
    key = image_key(
        bundle,
        base,
        platform=settings.platform,
        layers=layers,
        config=bare,
        agent=agent,
        extras=extras,
        node=node,
    )
    labels = {
        names.TITLE: one_line(agent),
        names.AGENT: one_line(agent),
        names.CREATED: created(environ),
        names.MANAGED: "true",
        names.CONTENT_HASH: bundle.content_hash,
        names.IMAGE_KEY: key,
    }
    return ImagePlan(
        agent=agent,
        uri=f"{repository(settings)}:{tag}",
        platform=settings.platform,
        base=base,
        bundle=bundle,
        layers=layers,
        config=ImageConfig(env, (ENTRYPOINT,), health, settings.port, labels),
        key=key,
        extras=extras,
        node=node,
        volatile=_volatile(tag, read_git(settings.agent_dir, {f.path for f in bundle.files}, environ)),
    )


def repository(settings: Settings) -> str:
    """``host/repository`` of the image, or ``holodeck/<agent>`` without a registry."""
    if settings.registry is not None:
        return settings.registry.image_name
    slug = re.sub(r"[^a-z0-9]+", "-", settings.agent_name.lower()).strip("-")
    return f"holodeck/{slug[:100].strip('-') or 'agent'}"


def created(environ: Mapping[str, str]) -> str:
    """SOURCE_DATE_EPOCH (reproducible-builds.org) in RFC 3339, else a constant: never the time of day."""
    text = environ.get("SOURCE_DATE_EPOCH", "")
    seconds = int(text) if re.fullmatch(r"[0-9]{1,11}", text) else names.EPOCH
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def image_key(
    bundle: Bundle,
    base: BaseImage,
    *,
    platform: str,
    layers: tuple[Layer, ...],
    config: ImageConfig,
    agent: str,
    extras: tuple[str, ...],
    node: bool,
) -> str:
    """64 hex digits over bundle, base, template and platform: equal for equal images, whoever builds."""
    own = [entry for layer in layers for entry in layer.entries if entry.origin is None]
    facts: dict[str, Any] = {
        "format": _FORMAT,
        "bundle": bundle.content_hash,
        "base": base.identity,
        "platform": platform,
        "template": hashlib.sha256(template_source()).hexdigest(),
        "files": [
            (entry.path, entry.mode, entry.uid, hashlib.sha256(entry.content or b"").hexdigest())
            for entry in own
        ],
        "layers": [layer.name for layer in layers],
        "config": config.over({}),
        "agent": agent,
        "extras": extras,
        "node": node,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _volatile(tag: str, git: Git | None) -> Mapping[str, str]:
    labels = {names.VERSION: tag}
    if git is not None:
        labels[names.REVISION] = f"{git.sha}-dirty" if git.dirty else git.sha
        if git.remote:
            labels[names.SOURCE] = one_line(git.remote)
    return labels


def _inside(path: str) -> str:
    return "/".join(part for part in path.replace("\\", "/").split("/") if part not in {"", "."})

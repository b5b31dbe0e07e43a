"""What is remembered of an agent, per environment and target, and its JSON form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

from holodeck_tui.core.values import ImageRef, ServiceRef, rfc3339

# More than anybody keeps in a registry on purpose.
_MOST_PUSHES = 500


@dataclass(frozen=True)
class BuildRecord:
    """The last image of an agent. ``image_key`` and ``content_hash`` say what it was made from.

    ``engine_id`` is its ID in the engine that built it; None where no engine did.
    """

    image: ImageRef
    content_hash: str
    image_key: str
    builder: str
    base: str
    base_digest: str | None
    built_at: datetime
    engine_id: str | None = None

    def pushed(self, image: ImageRef) -> BuildRecord:
        """The same build, now in a registry."""
        return replace(self, image=image)


@dataclass(frozen=True)
class DeployedRecord:
    """The last known deployment. ``image`` is None where the target runs the bundle itself.

    ``config_hash`` is ``sha256:`` and 64 hex digits over the deployment configuration.
    """

    ref: ServiceRef
    url: str | None
    state: str
    revision: str | None
    image: ImageRef | None
    content_hash: str
    config_hash: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Record:
    """All that is remembered of one agent, environment and target.

    ``pushes``: digests of images in its registry and when they were made, oldest first; a registry
    itself does not tell.
    """

    build: BuildRecord | None = None
    deployed: DeployedRecord | None = None
    pushes: tuple[tuple[str, datetime], ...] = ()

    def with_build(self, build: BuildRecord | None) -> Record:
        """The same with another last build; one in a registry is noted as pushed."""
        pushes = self.pushes
        if build is not None and build.image.in_registry:
            others = tuple(pair for pair in pushes if pair[0] != build.image.digest)
            pushes = (*others, (build.image.digest, build.built_at))[-_MOST_PUSHES:]
        return replace(self, build=build, pushes=pushes)


def parse_time(text: str) -> datetime:
    """RFC 3339 or ISO 8601; without a zone it is UTC."""
    # Python 3.10 does not read a Z.
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def record_to_json(record: Record) -> dict[str, Any]:
    """Plain JSON; the other way is :func:`record_from_json`."""
    data: dict[str, Any] = {}
    if (build := record.build) is not None:
        data["build"] = {
            "image": _image_to_json(build.image),
            "content_hash": build.content_hash,
            "image_key": build.image_key,
            "builder": build.builder,
            "base": build.base,
            "base_digest": build.base_digest,
            "built_at": rfc3339(build.built_at),
            "engine_id": build.engine_id,
        }
    if (deployed := record.deployed) is not None:
        data["deployed"] = {
            "ref": vars(deployed.ref).copy(),
            "url": deployed.url,
            "state": deployed.state,
            "revision": deployed.revision,
            "image": None if deployed.image is None else _image_to_json(deployed.image),
            "content_hash": deployed.content_hash,
            "config_hash": deployed.config_hash,
            "created_at": rfc3339(deployed.created_at),
            "updated_at": rfc3339(deployed.updated_at),
        }
    if record.pushes:
        data["pushes"] = [{"digest": digest, "at": rfc3339(at)} for digest, at in record.pushes]
    return data


def record_from_json(data: Mapping[str, Any]) -> Record:
    """Raises KeyError, TypeError or ValueError where something is not as we write it."""
    build = data.get("build")
    deployed = data.get("deployed")
    return Record(
        build=None if build is None else _build_from_json(build),
        deployed=None if deployed is None else _deployed_from_json(deployed),
        pushes=tuple((_text(one["digest"]), parse_time(_text(one["at"]))) for one in data.get("pushes", ())),
    )


def _image_to_json(image: ImageRef) -> dict[str, Any]:
    return vars(image).copy()


def _image_from_json(data: Mapping[str, Any]) -> ImageRef:
    return ImageRef(
        uri=_text(data["uri"]),
        digest=_text(data["digest"]),
        platform=_text(data["platform"]),
        in_registry=data["in_registry"] is True,
    )


def _build_from_json(data: Mapping[str, Any]) -> BuildRecord:
    return BuildRecord(
        image=_image_from_json(data["image"]),
        content_hash=_text(data["content_hash"]),
        image_key=_text(data["image_key"]),
        builder=_text(data["builder"]),
        base=_text(data["base"]),
        base_digest=_maybe(data.get("base_digest")),
        built_at=parse_time(_text(data["built_at"])),
        engine_id=_maybe(data.get("engine_id")),
    )


def _deployed_from_json(data: Mapping[str, Any]) -> DeployedRecord:
    ref = data["ref"]
    return DeployedRecord(
        ref=ServiceRef(
            provider=_text(ref["provider"]),
            service_id=_text(ref["service_id"]),
            name=_text(ref["name"]),
            scope=_text(ref["scope"]),
            agent=_text(ref["agent"]),
            environment=_maybe(ref.get("environment")),
        ),
        url=_maybe(data.get("url")),
        state=_text(data["state"]),
        revision=_maybe(data.get("revision")),
        image=None if data.get("image") is None else _image_from_json(data["image"]),
        content_hash=_text(data["content_hash"]),
        config_hash=_text(data["config_hash"]),
        created_at=parse_time(_text(data["created_at"])),
        updated_at=parse_time(_text(data["updated_at"])),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _maybe(value: object) -> str | None:
    return None if value is None else _text(value)

"""Revisions of an App Runner service: AWS keeps operations but not what they deployed, so tags remember.

A revision is the operation that brought it, by the first part of its id. The service's tag
``holodeck-revision-<name>`` holds ``<digest> <content hash> <milliseconds since 1970> <version>``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.aws import tags
from holodeck_tui.deployers.aws.apprunner_api import CHANGING, Operation
from holodeck_tui.deployers.base import Revision

PREFIX = f"{tags.REVISION}-"
KEEP = 8
"""So many are remembered: a resource has 50 tags at most."""


@dataclass(frozen=True)
class Remembered:
    """What one tag says."""

    name: str
    digest: str
    content_hash: str
    moment: datetime
    version: str

    @property
    def tag(self) -> dict[str, str]:
        """As it is written."""
        text = (
            f"{self.digest} {self.content_hash or '-'} {int(self.moment.timestamp() * 1000)} {self.version}"
        )
        return {f"{PREFIX}{self.name}": tags.encode(text.strip())}


def current(operations: Sequence[Operation]) -> str | None:
    """The name of the revision that serves: the newest one that succeeded. Newest first goes in."""
    return next((name(each.id) for each in operations if each.type in CHANGING and each.succeeded), None)


def name(operation_id: str) -> str:
    """What people call it: ``1a2b3c4d``."""
    return operation_id.partition("-")[0]


def read(labels: Mapping[str, str]) -> list[Remembered]:
    """Newest first; tags that are not of our form are left out."""
    found = []
    for key, value in labels.items():
        parts = tags.decode(value).split(" ", 3)
        if key.startswith(PREFIX) and len(parts) >= 3 and parts[2].isdigit():
            moment = datetime.fromtimestamp(int(parts[2]) / 1000, timezone.utc)
            content = "" if parts[1] == "-" else parts[1]
            version = parts[3] if len(parts) > 3 else ""
            found.append(Remembered(key[len(PREFIX) :], parts[0], content, moment, version))
    return sorted(found, key=lambda each: each.moment, reverse=True)


def superfluous(labels: Mapping[str, str]) -> tuple[str, ...]:
    """Keys of the tags of revisions that are too many, once one more is written."""
    return tuple(f"{PREFIX}{each.name}" for each in read(labels)[KEEP - 1 :])


def listed(known: Sequence[Remembered], active: str | None, repository: str | None) -> list[Revision]:
    """For people: newest first, what serves marked."""
    return [
        Revision(
            name=each.name,
            image_uri=f"{repository}@{each.digest}" if repository else None,
            created_at=each.moment,
            active=each.name == active,
            detail=each.version,
        )
        for each in known
    ]


def choose(known: Sequence[Remembered], active: str | None, image: str | None, to: str | None) -> Remembered:
    """The revision to go back to: the one named, else the newest before ``active`` with another image.

    Raises ``revision-unknown``.
    """
    if to is not None:
        found = [each for each in known if to in {each.name, each.digest}]
        if found:
            return found[0]
        raise _unknown(f"there is no revision {to}", known)
    names = [each.name for each in known]
    older = known[names.index(active) + 1 :] if active in names else known
    digest = (image or "").partition("@")[2]
    before = next((each for each in older if each.digest != digest), None)
    if before is None:
        raise _unknown("no earlier revision has another image", known)
    return before


def _unknown(why: str, known: Sequence[Remembered]) -> DeploymentError:
    listed = [f"{each.name}  {each.moment:%Y-%m-%d %H:%M} UTC  {each.version}" for each in known]
    return DeploymentError(
        "revision-unknown",
        "There is nothing to go back to.",
        reason=why,
        remedy="holodeck-deploy-tui rollback --to REVISION" if listed else "holodeck-deploy-tui deploy",
        details=listed,
    )

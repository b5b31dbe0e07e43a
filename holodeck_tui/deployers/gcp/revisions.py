"""Revisions of a service: what there is, what serves, what can be gone back to."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import ImageRef
from holodeck_tui.deployers.base import Revision as PlainRevision
from holodeck_tui.deployers.gcp.client import Clients
from holodeck_tui.deployers.gcp.names import IMAGE_NOTE, short
from holodeck_tui.deployers.gcp.status import serving_revision

if TYPE_CHECKING:
    from google.cloud.run_v2 import Revision, Service


def all_revisions(clients: Clients, service: str) -> list[Revision]:
    """Every revision there still is, newest first."""
    request = {"parent": service, "page_size": 200}
    found = clients.all("Listing the revisions", clients.revisions.list_revisions, request)
    return sorted(found, key=lambda one: (_moment(one.create_time), one.name), reverse=True)


def is_ready(revision: Revision) -> bool:
    """Whether it came up; a retired one did too."""
    for one in revision.conditions:
        if one.type_ == "Ready":
            return bool(one.state.name == "CONDITION_SUCCEEDED" or one.revision_reason.name == "RETIRED")
    return False


def plain(service: Service, found: list[Revision], ctx: Context) -> list[PlainRevision]:
    """For people, the one that serves marked."""
    active = serving_revision(service)
    return [
        PlainRevision(
            name=short(one.name),
            image_uri=ctx.redactor.clean(one.containers[0].image) if one.containers else None,
            created_at=_moment(one.create_time),
            active=short(one.name) == active,
            detail="" if is_ready(one) else "it did not come up",
        )
        for one in found
    ]


def choose(service: Service, found: list[Revision], to: str | None) -> Revision:
    """The one named ``to``, or the newest one before the serving one that came up.

    Raises ``revision-unknown``.
    """
    active = serving_revision(service)
    if to is not None:
        named = next((one for one in found if to in {one.name, short(one.name)}), None)
        if named is None:
            known = ", ".join(short(one.name) for one in found[:10])
            raise _unknown(service, f"there is no revision {to}", f"Choose one of: {known}")
        if not is_ready(named):
            raise _unknown(
                service, f"{short(named.name)} did not come up when it was made", "Choose another."
            )
        return named
    names = [short(one.name) for one in found]
    after = found[names.index(active) + 1 :] if active in names else found
    before = next((one for one in after if is_ready(one)), None)
    if before is None:
        raise _unknown(
            service, f"there is none before {active} that came up", "Deploy the earlier version again."
        )
    return before


def image_of(revision: Revision) -> ImageRef | None:
    """The image it runs, with the tag it was deployed under where we noted it."""
    if not revision.containers:
        return None
    repository, at, digest = revision.containers[0].image.partition("@")
    if not at:
        return None
    uri = revision.annotations.get(IMAGE_NOTE, "")
    return ImageRef(uri if uri.startswith(f"{repository}:") else repository, digest, in_registry=True)


def _moment(value: Any) -> datetime:
    # The SDK's types say protobuf's Timestamp; its objects give a datetime.
    made: datetime = value
    return made


def _unknown(service: Service, reason: str, remedy: str) -> DeploymentError:
    return DeploymentError(
        "revision-unknown",
        f"{short(service.name)} cannot be rolled back to that.",
        reason=reason,
        remedy=remedy,
    )

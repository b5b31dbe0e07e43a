"""The deploy itself: compare, send, wait, judge; the traffic moves only to a revision that came up."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.core.values import Change, Deployment
from holodeck_tui.deployers.base import LogQuery, ServiceSpec
from holodeck_tui.deployers.gcp import changes, names
from holodeck_tui.deployers.gcp.client import Clients
from holodeck_tui.deployers.gcp.errors import translated
from holodeck_tui.deployers.gcp.failure import failure
from holodeck_tui.deployers.gcp.logs import LogStream
from holodeck_tui.deployers.gcp.rollout import Rollout
from holodeck_tui.deployers.gcp.status import is_ours, judged, reference
from holodeck_tui.deployers.gcp.template import with_traffic
from holodeck_tui.deployers.gcp.wishes import Wish, Wishes

if TYPE_CHECKING:
    from google.cloud.run_v2 import Service

# Beyond the agent's own time to become healthy: pulling the image, routing.
_AROUND = 240.0
SWITCH_SECONDS = 180.0
_LAST_LINES = 20
_NOT_UP = frozenset({"failed", "degraded", "unhealthy"})


def deploy(spec: ServiceSpec, clients: Clients, ctx: Context) -> Deployment:
    """Nothing is sent where nothing would change and the newest revision is well."""
    place = names.place_of(spec.settings)
    rollout = Rollout(clients, place.service(spec.name), ctx)
    live = rollout.settled()
    check_ours(live, spec.name)
    with translated("Preparing the deploy", ctx):
        wish = Wishes(clients, place, ctx).store(spec)
        if live is not None and not pending(live, wish):
            return _deployment(live, spec, ctx)
        service = wish.service
        if live is not None and judged(live)[0] in _NOT_UP:
            # The same template makes no new revision, and the one there did not come up.
            service.template.annotations[names.ATTEMPT_NOTE] = uuid.uuid4().hex
    targets, split = [*service.traffic], changes.traffic(service)
    if live is not None and changes.is_held(live):
        # Were the new revision to fail, "latest" would be the one that was rolled back from.
        service.traffic = [*live.traffic]
    operation = rollout.send(service)
    found, error = rollout.wait(operation, spec.health.timeout + _AROUND, f"{spec.name} to come up")
    if error or not _is_up(found):
        raise failure(found, error, last_lines(clients, found, ctx), ctx)
    if changes.traffic(found) != split:
        operation = rollout.send(with_traffic(found, targets), mask=["traffic"])
        what = f"the traffic to go to the new revision of {spec.name}"
        found, error = rollout.wait(operation, SWITCH_SECONDS, what)
        if error:
            raise failure(found, error, (), ctx)
    return _deployment(found, spec, ctx)


def pending(live: Service, wish: Wish) -> list[Change]:
    """What a deploy would change, and that it would bring back what is not well."""
    found = wish.differences(live)
    state, _ = judged(live)
    if not found and state in {*_NOT_UP, "stopped"}:
        found.append(Change("state", state, "healthy"))
    return found


def check_ours(service: Service | None, name: str) -> None:
    """Raise where a service of that name is somebody else's."""
    if service is not None and not is_ours(service):
        raise DeploymentError(
            "deploy-failed",
            f"{name} is left alone.",
            reason="a Cloud Run service of that name is there that this tool did not make",
            remedy="Give the agent another name, or remove that service.",
        )


def last_lines(clients: Clients, service: Service, ctx: Context, most: int = _LAST_LINES) -> list[str]:
    """The end of the newest revision's log, cleaned; why it cannot be had, where it cannot."""
    stream = LogStream(
        clients,
        names.place_of_name(service.name),
        names.short(service.name),
        ctx,
        revision=names.short(service.latest_created_revision) or None,
    )
    try:
        return [ctx.redactor.clean(one.text) for one in stream.lines(LogQuery(tail=most, system=True))]
    except Cancelled:
        raise
    except DeploymentError as error:
        return [f"(its log could not be read: {error})"]


def _is_up(service: Service) -> bool:
    newest = service.latest_created_revision
    return judged(service)[0] == "healthy" and service.latest_ready_revision == newest


def _deployment(service: Service, spec: ServiceSpec, ctx: Context) -> Deployment:
    state = judged(service)[0]
    revision = names.short(service.latest_created_revision) or None
    return Deployment(reference(service, ctx), service.uri or None, state, revision, spec.image)

"""All apps of ours in a resource group: one call a page, and no more made of an answer than a list tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from holodeck_tui.core.values import Status
from holodeck_tui.deployers.azure import names
from holodeck_tui.deployers.azure.client import Azure
from holodeck_tui.deployers.azure.errors import Task
from holodeck_tui.deployers.azure.place import Place
from holodeck_tui.deployers.azure.reading import ref_of, url_of
from holodeck_tui.deployers.azure.status import coarse
from holodeck_tui.deployers.azure.template import container_of

# What the models of azure-mgmt-appcontainers 5.1 were made from.
_API = "2026-07-01"
_FACTS = ("provisioningState", "runningStatus", "latestRevisionName", "latestReadyRevisionName")


def listing(azure: Azure, place: Place) -> list[Status]:
    """How a revision is, it does not tell. The package's own listing makes thirty models of each app."""
    from azure.mgmt.appcontainers.models import ContainerApp

    statuses = []
    for body in _pages(azure, place):
        if not names.is_ours(body.get("tags")):
            continue
        app = ContainerApp(_needed(body))
        state, detail = coarse(app)
        container = container_of(app)
        image = container.image if container else None
        clean = azure.ctx.redactor.clean(detail)
        statuses.append(Status(ref_of(app, place), state, clean, url_of(app), image))
    return statuses


def _pages(azure: Azure, place: Place) -> Iterator[Mapping[str, Any]]:
    """Every app of every page. The next page is asked for at our own endpoint, wherever its link points."""
    task = Task(f"The apps in {place.group} could not be listed.")
    path = f"/subscriptions/{place.subscription}/resourceGroups/{quote(place.group)}"
    path += "/providers/Microsoft.App/containerApps"
    following: dict[str, str] = {}
    while True:
        answer = azure.request("GET", path, _API, task, **following)
        yield from answer.get("value") or ()
        link = answer.get("nextLink")
        if not link:
            return
        following = dict(parse_qsl(urlsplit(str(link)).query))
        following.pop("api-version", None)


def _needed(body: Mapping[str, Any]) -> dict[str, Any]:
    """The part of an app that a status of the listing is made of."""
    facts = body.get("properties") or {}
    ingress = (facts.get("configuration") or {}).get("ingress") or {}
    inside = (facts.get("template") or {}).get("containers") or ()
    containers = [{key: one.get(key) for key in ("name", "image")} for one in inside]
    return {
        **{name: body[name] for name in ("id", "name", "tags") if name in body},
        "properties": {
            **{name: facts[name] for name in _FACTS if name in facts},
            "configuration": {"ingress": {"fqdn": ingress.get("fqdn")}},
            "template": {"containers": containers},
        },
    }

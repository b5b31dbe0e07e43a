"""Set-up goes on in another region or subscription than the one that was looked at."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from holodeck_tui.deployers.registries import Offer
from holodeck_tui.ui.questions import ECS, Wanted
from holodeck_tui.ui.setting_up import Seen

_FIELDS: Mapping[str, str] = {"aws": "region", ECS: "region", "azure": "subscription_id"}
# A reference to a variable, or what is no name at all, is nowhere to look.
_PLACE = re.compile(r"[A-Za-z0-9-]+")


def elsewhere(target: str, seen: Seen, offer: Offer, path: Sequence[str], text: str) -> str:
    """The place that an answer names and nobody has looked at; empty where there is no such thing."""
    said, looked = text.strip(), seen.found.place
    if path[-1] != _FIELDS.get(target) or not looked or not _PLACE.fullmatch(said):
        return ""
    # A region of AWS has registries, and nothing else that is asked for.
    if _FIELDS[target] == "region" and offer.kind != "ecr":
        return ""
    return said if said.lower() != looked.lower() else ""


def remarked(target: str, seen: Seen, offer: Offer, one: Wanted) -> Wanted:
    """The question which place, with a remark where it is another one."""
    if one.path[-1] != _FIELDS.get(target):
        return one

    def told(text: str) -> str:
        there = elsewhere(target, seen, offer, one.path, text)
        return "What it has is looked up when you go on." if there else ""

    return replace(one, told=told)


def same_kind(seen: Seen, registry: str) -> tuple[int, ...]:
    """The registries of one kind, by their numbers."""
    return tuple(at for at, offer in enumerate(seen.offers) if offer.kind == registry)

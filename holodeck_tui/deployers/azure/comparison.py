"""What a deploy would change, for people: every property that differs, and no value that must not be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holodeck_tui.core.values import Change
from holodeck_tui.deployers.azure.client import Azure
from holodeck_tui.deployers.azure.environment import find_environment
from holodeck_tui.deployers.azure.names import CONTENT_HASH
from holodeck_tui.deployers.azure.place import Place
from holodeck_tui.deployers.azure.reading import read_live
from holodeck_tui.deployers.azure.registry import pull_of
from holodeck_tui.deployers.azure.secrets import all_secrets, make_values, rotated
from holodeck_tui.deployers.azure.status import judge
from holodeck_tui.deployers.azure.template import differences, live_facts, make_wanted, shown
from holodeck_tui.deployers.base import ServiceSpec

if TYPE_CHECKING:
    from azure.mgmt.appcontainers.models import ContainerApp

_MASK = "***"


def changes(azure: Azure, place: Place, spec: ServiceSpec, app: ContainerApp) -> list[Change]:
    """Empty when a deploy would change nothing. Needs the right to read the app's secrets."""
    settings = spec.settings
    live = read_live(azure, place, app)
    environment = find_environment(azure, place, settings)
    values = make_values(spec, settings.overlay.azure.identity, azure.ctx, lenient=True)
    wanted = make_wanted(spec, values, pull_of(settings), environment.id if environment else None)
    secrets = all_secrets(values, wanted.password, live.secrets)
    facts = live_facts(app)
    found = differences(wanted, facts)
    if spec.image is None or not spec.image.in_registry:
        # Not pushed yet, so its digest in the registry is not known: the files tell.
        found.pop("image", None)
        same = facts.get(f"tags.{CONTENT_HASH}") == wanted.tags.get(CONTENT_HASH)
        if not same:
            found["image"] = (facts.get("image"), spec.image.uri if spec.image else None)
    told = [
        Change(path, shown(wanted, path, before), shown(wanted, path, after))
        for path, (before, after) in found.items()
    ]
    wanted_names = {one.name for one in secrets}
    told += [
        Change(
            f"secrets.{name}",
            _MASK if name in live.secrets else None,
            _MASK if name in wanted_names else None,
        )
        for name in rotated(secrets, live.secrets)
    ]
    state = judge(app, live.views).state
    if state in {"failed", "unhealthy", "degraded", "stopped"}:
        told.append(Change("state", state, "healthy"))
    return sorted(told, key=lambda change: change.path != "image")

"""What would be sent: values filled in at the last moment, secrets by reference, and what it would change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from holodeck_tui.core.context import Context
from holodeck_tui.core.values import Change
from holodeck_tui.deployers.base import ServiceSpec
from holodeck_tui.deployers.environment import Values, expand
from holodeck_tui.deployers.gcp.changes import differences
from holodeck_tui.deployers.gcp.client import Clients
from holodeck_tui.deployers.gcp.names import Place, labels
from holodeck_tui.deployers.gcp.secrets import SecretRef, SecretStore
from holodeck_tui.deployers.gcp.template import make_service

if TYPE_CHECKING:
    from google.cloud.run_v2 import Service


@dataclass(frozen=True)
class Wish:
    """A service as it shall be.

    ``masked`` are variables whose values are not shown, ``fresh`` secrets whose value is not stored yet.
    """

    service: Service
    masked: frozenset[str]
    fresh: frozenset[str] = frozenset()
    has_image: bool = True

    @property
    def complete(self) -> bool:
        """Whether it could be sent as it is."""
        return self.has_image and not self.fresh

    def differences(self, live: Service) -> list[Change]:
        """What sending it would change in ``live``; a secret that is not stored yet is a change."""
        found = {one.path: one for one in differences(live, self.service, self.masked)}
        known = {one.name for container in live.template.containers[:1] for one in container.env}
        for name in self.fresh:
            found[f"env.{name}"] = Change(f"env.{name}", "***" if name in known else None, "***")
        return [found[path] for path in sorted(found)]


class Wishes:
    """Makes wishes of specifications."""

    def __init__(self, clients: Clients, place: Place, ctx: Context) -> None:
        self._clients = clients
        self._place = place
        self._ctx = ctx

    def look(self, spec: ServiceSpec) -> Wish:
        """Changing nothing; variables without a value stay as they are written."""
        values = expand(spec, self._ctx, lenient=True)
        return self._wish(spec, values, self._store(spec).look(values))

    def store(self, spec: ServiceSpec) -> Wish:
        """With every secret's value in Secret Manager. Raises ``variable-missing``."""
        values = expand(spec, self._ctx)
        account = spec.settings.overlay.gcp.service_account
        return self._wish(spec, values, self._store(spec).put(values, account))

    def _wish(self, spec: ServiceSpec, values: Values, refs: dict[str, SecretRef]) -> Wish:
        fresh = frozenset(name for name, ref in refs.items() if ref.version is None)
        service = make_service(spec, self._place, dict(values.plain), refs)
        pinned = spec.image is not None and spec.image.in_registry
        return Wish(service, values.variable | refs.keys(), fresh, pinned)

    def _store(self, spec: ServiceSpec) -> SecretStore:
        carried = labels(spec.tags, spec.name)
        # A secret outlives revisions; what changes with each of them would only mislead there.
        for name in ("holodeck-content-hash", "holodeck-version"):
            carried.pop(name, None)
        return SecretStore(self._clients, self._place, spec.name, carried, self._ctx)

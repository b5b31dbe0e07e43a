"""Which deployments can be paused or rolled back: asked of their deployers once a kind, off the UI thread."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import ServiceRef
from holodeck_tui.ui.backend import background

if TYPE_CHECKING:
    from textual.message_pump import MessagePump

    from holodeck_tui.pipeline.found import Abilities

Kind = tuple[str, str]


class KnownAbilities:
    """``told`` is called on the thread of ``node`` when more is known."""

    def __init__(self, node: MessagePump, told: Callable[[], None]) -> None:
        self._node = node
        self._told = told
        self._known: dict[Kind, Abilities | None] = {}

    def can(self, ref: ServiceRef, what: str) -> bool:
        """Whether ``ref`` can be ``pause``d, or has a ``rollback``; true while that is not known."""
        kind = _kind(ref)
        if kind not in self._known:
            self._known[kind] = None
            background(self._node, partial(_ask, ref), partial(self._answered, kind), self._unknown)
        known = self._known[kind]
        return known is None or bool(getattr(known, what))

    def _answered(self, kind: Kind, found: Abilities) -> None:
        self._known[kind] = found
        self._told()

    def _unknown(self, _: DeploymentError) -> None:
        """Whoever tries is told."""


def _ask(ref: ServiceRef) -> Abilities:
    from holodeck_tui.pipeline.found import abilities

    return abilities(ref)


def _kind(ref: ServiceRef) -> Kind:
    """A provider and, where it has several, its service: the third part of an ARN."""
    parts = ref.service_id.split(":")
    return ref.provider, parts[2] if parts[0] == "arn" and len(parts) > 2 else ""

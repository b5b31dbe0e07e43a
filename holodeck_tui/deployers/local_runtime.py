"""What a runtime of this machine must be able to do: the engine's, and plain processes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Protocol

from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.context import Context
from holodeck_tui.deployers.base import LogLine, ServiceSpec
from holodeck_tui.deployers.local_values import Facts, Pointer, Remaining, RuntimeName, Unit, View


class Runtime(Protocol):
    """Starts, stops and removes revisions of services; knows nothing of their order.

    Every call raises DeploymentError only. Removing what is gone is success.
    """

    name: ClassVar[RuntimeName]
    # How many revisions are kept beside the serving one, to go back to.
    keep: int

    def services(self) -> list[str]:
        """The names of all services of ours that this runtime knows."""

    def view(self, service: str) -> View | None:
        """The service now; None when there is nothing of it."""

    def unit(self, name: str) -> Unit | None:
        """One revision now; None when it is gone."""

    def prepare(self, facts: Facts) -> None:
        """Make what a service needs beside its revisions and its front; idempotent."""

    def launch(
        self,
        name: str,
        facts: Facts,
        spec: ServiceSpec,
        values: Mapping[str, str],
        ctx: Context,
        *,
        avoid: int | None = None,
    ) -> None:
        """Make and start revision ``name``; it must not be started again by itself when it ends yet.

        ``avoid`` is the stable port: what the system chooses for the revision must not be that one.
        """

    def confirm(self, name: str) -> None:
        """Revision ``name`` is proven: from now on it is started again when it ends."""

    def wake(self, name: str) -> None:
        """Start a stopped revision."""

    def halt(self, name: str) -> None:
        """Stop a revision and keep it."""

    def remove(self, name: str) -> None:
        """Remove a revision, running or not, and whatever only it had."""

    def address(self, name: str) -> tuple[str, int]:
        """Where the front reaches revision ``name``."""

    def point(self, service: str, pointer: Pointer) -> None:
        """Replace the pointer, whole or not at all."""

    def holder(self, port: int) -> str | None:
        """Who holds ``port``, as far as this runtime can tell."""

    def open_front(self, facts: Facts, port: int, pointer: Pointer) -> None:
        """Have a front at ``port`` with that pointer. Raises ``port-taken``."""

    def close_front(self, service: str) -> None:
        """Free the stable port."""

    def tail(self, name: str, lines: int) -> list[str]:
        """The last raw lines of a revision's log, oldest first."""

    def history(self, name: str, since: datetime | None, tail: int | None) -> Iterator[LogLine]:
        """A revision's log until now, in order."""

    def follow(self, name: str, since: datetime | None, stop: CancelToken) -> Iterator[LogLine]:
        """A revision's log from ``since`` on, until it ends or ``stop`` is set."""

    def unused(self, view: View, units: Sequence[Unit], *, remove: bool) -> Remaining:
        """The images only ``units`` use and we made: what goes, or would go, and what stays and why."""

    def dissolve(self, service: str) -> None:
        """Remove all of a service that is left: front, network, volume, folder."""

    def describe(self, view: View) -> list[str]:
        """What of a service there is, one phrase for people each: containers, network, folder."""

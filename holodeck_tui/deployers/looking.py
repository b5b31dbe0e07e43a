"""One look at what a login sees of a cloud, and what it has found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.deployers.accounts import Account

Choices = Mapping[str, tuple[str, ...]]

PATIENCE = 20.0
"""Seconds that all questions to one cloud may take together."""


@dataclass(frozen=True)
class SeenRegistry:
    """A registry of the cloud's own. ``url`` as ``deployment.registry`` has it.

    ``repositories`` are those in it, None where nobody could tell; ``region`` is where it stands, if
    that says where the service should run.
    """

    url: str
    repositories: tuple[str, ...] | None = None
    region: str = ""


@dataclass(frozen=True)
class Found:
    """``choices`` by the last name of a field of ``deployment:``, the best first.

    ``identity`` is who asks, empty where nobody is logged in; ``error`` is the first question that had
    no answer: what it would have told is asked as free text. ``accounts`` are the logins known for
    registries that are no cloud's, by host; one that is not there was not looked for. ``place`` is the
    region or subscription that was looked at, empty where nobody is logged in.
    """

    identity: str = ""
    choices: Choices = field(default_factory=dict)
    registries: tuple[SeenRegistry, ...] = ()
    error: DeploymentError | None = None
    accounts: Mapping[str, Account] = field(default_factory=dict)
    place: str = ""


class Looking:
    """One look at a cloud, filled by the thread that asks and read by the one that shows it.

    ``within`` is the region or subscription to look at, empty for the login's own; ``place`` the one that
    was. ``product`` is which of the cloud's it is for, empty for its first. ``doing`` is what is waited
    for now. Cancelling ``cancel`` ends the wait; what is known then is kept.
    """

    def __init__(self, seconds: float = PATIENCE) -> None:
        self.seconds = seconds
        self.cancel = CancelToken()
        self.within = ""
        self.product = ""
        self.place = ""
        self.doing = ""
        self.identity = ""
        self.choices: dict[str, tuple[str, ...]] = {}
        self.registries: tuple[SeenRegistry, ...] = ()
        self.error: DeploymentError | None = None
        self.accounts: dict[str, Account] = {}
        self.late = False

    @contextmanager
    def asking(self, what: str) -> Iterator[None]:
        """Ask about ``what``; a refusal is noted, and the next question is asked all the same."""
        self.doing = what
        try:
            yield
        except Cancelled:
            raise
        except DeploymentError as error:
            self.refused(error)

    def refused(self, error: DeploymentError) -> None:
        """The first refusal is the one that is told."""
        self.error = self.error or error

    def found(self) -> Found:
        """What is known by now."""
        return Found(
            self.identity, dict(self.choices), self.registries, self.error, dict(self.accounts), self.place
        )

    def expire(self) -> None:
        """The time is over."""
        self.late = True
        self.cancel.cancel()

    def gave_up(self) -> None:
        """The wait has ended without an answer."""
        why = f"it took longer than {self.seconds:g} s" if self.late else "the wait was ended"
        self.error = DeploymentError(
            "timeout",
            f"There is no answer about {self.doing or 'the login'}.",
            reason=why,
            remedy="Look at the network and the proxy, then ask again; or write the answers yourself.",
        )

"""When to ask which scope: one listing per scope, none overlapping, spread, backing off, slower unseen.

Where nothing changes and nobody presses a key, each question waits longer than the one before.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import Status

# Seconds between listings: this machine's costs a loopback question per service, a cloud's an API call.
LOCAL, CLOUD = 10.0, 15.0
UNSEEN = 6.0
# How much longer it waits after each answer that is as the one before, and the seconds it then comes to: a
# dashboard that is left open costs little, and a vendor's rate is not used up.
CALMER, CALM = 2.0, 26.0
MOST = 300.0
_JITTER = 0.15


@dataclass(frozen=True)
class ScopeState:
    """What is known of one scope. Times are of the poller's clock; None: not yet.

    ``statuses`` stay when a later listing fails: they are ``stale`` then, and ``error`` says why.
    ``same`` counts the last answers that were as the one before them.
    """

    scope: str
    statuses: tuple[Status, ...] = ()
    answered: float | None = None
    error: DeploymentError | None = None
    failures: int = 0
    same: int = 0
    asking: bool = False
    due: float = 0.0

    @property
    def stale(self) -> bool:
        """Whether what is shown is older than the last question."""
        return self.error is not None


@dataclass(frozen=True)
class Snapshot:
    """All scopes at one moment. Immutable: a screen may keep it and compare."""

    scopes: tuple[ScopeState, ...] = ()

    @property
    def loading(self) -> bool:
        """Whether some scope has not answered once yet."""
        return any(one.answered is None and one.error is None for one in self.scopes)

    @property
    def statuses(self) -> tuple[Status, ...]:
        """Every deployment, in the order of scopes."""
        return tuple(status for one in self.scopes for status in one.statuses)

    def scope(self, name: str) -> ScopeState | None:
        """The state of one scope."""
        return next((one for one in self.scopes if one.scope == name), None)


class Poller:
    """Decides; somebody else asks. All calls are on one thread.

    ``focused`` false makes it slower; ``paused`` stops it (what was asked may still answer).
    """

    def __init__(self, clock: Callable[[], float], *, spread: Callable[[], float] = random.random) -> None:
        self.focused = True
        self.paused = False
        self._clock = clock
        self._spread = spread
        self._scopes: dict[str, ScopeState] = {}

    @property
    def snapshot(self) -> Snapshot:
        """What is known now."""
        return Snapshot(tuple(self._scopes.values()))

    def watch(self, scopes: Iterable[str]) -> None:
        """Ask these from now on; what is known of them stays."""
        self._scopes = {scope: self._scopes.get(scope, ScopeState(scope)) for scope in scopes}

    def due(self) -> list[str]:
        """The scopes to ask now; each is under way from here until :meth:`answered` or :meth:`failed`."""
        if self.paused:
            return []
        now = self._clock()
        found = [one.scope for one in self._scopes.values() if not one.asking and one.due <= now]
        for scope in found:
            self._scopes[scope] = replace(self._scopes[scope], asking=True)
        return found

    def answered(self, scope: str, statuses: Iterable[Status]) -> None:
        """A listing came back."""
        one = self._scopes.get(scope)
        if one is None:
            return
        now, found = self._clock(), tuple(statuses)
        same = one.same + 1 if one.answered is not None and _as_before(one.statuses, found) else 0
        due = now + self._pause(scope, 0, same)
        self._scopes[scope] = ScopeState(scope, found, now, same=same, due=due)

    def failed(self, scope: str, error: DeploymentError) -> None:
        """A listing did not: the next one waits longer each time."""
        one = self._scopes.get(scope)
        if one is None:
            return
        due = self._clock() + self._pause(scope, one.failures + 1)
        self._scopes[scope] = replace(one, error=error, failures=one.failures + 1, asking=False, due=due)

    def hurry(self, scope: str | None = None) -> None:
        """Ask at once (a scope, or all), also those that are backing off."""
        now = self._clock()
        for name, one in self._scopes.items():
            if scope in {None, name}:
                self._scopes[name] = replace(one, due=now)

    def look(self, focused: bool) -> None:
        """Whether somebody looks; when somebody does again, what waited only for that is due sooner."""
        if focused and not self.focused:
            now = self._clock()
            for name, one in self._scopes.items():
                if not one.failures:
                    self._scopes[name] = replace(one, due=min(one.due, now + self._base(name)))
        self.focused = focused

    def stir(self) -> bool:
        """Somebody is at the keys: ask as often as at first. Whether that makes a question sooner."""
        calm = [one for one in self._scopes.values() if one.same and not one.failures]
        now = self._clock()
        for one in calm:
            due = min(one.due, now + self._base(one.scope))
            self._scopes[one.scope] = replace(one, same=0, due=due)
        return bool(calm)

    def wake_in(self) -> float | None:
        """Seconds until :meth:`due` finds something; None: not before another call here."""
        waiting = [one.due for one in self._scopes.values() if not one.asking]
        return None if self.paused or not waiting else max(0.0, min(waiting) - self._clock())

    def next_in(self) -> float | None:
        """Seconds to the next question; None where none is planned or one is under way."""
        return None if any(one.asking for one in self._scopes.values()) else self.wake_in()

    def _base(self, scope: str) -> float:
        return LOCAL if scope == "local" else CLOUD

    def _pause(self, scope: str, failures: int, same: int = 0) -> float:
        base = self._base(scope)
        seconds = max(base, min(CALM, base * CALMER**same)) * (1.0 if self.focused else UNSEEN)
        seconds = float(min(MOST, seconds * 2 ** min(failures, 10)))
        return float(seconds * (1 + _JITTER * (2 * self._spread() - 1)))


def _as_before(before: tuple[Status, ...], now: tuple[Status, ...]) -> bool:
    """Whether nothing happened, and nothing is about to."""
    if any(status.state == "deploying" for status in now):
        return False
    return _unmarked(before) == _unmarked(now)


def _unmarked(statuses: tuple[Status, ...]) -> list[Status]:
    # When it was looked at, and what is counted in seconds, is no change.
    return [replace(status, checked_at=None, detail="") for status in statuses]

"""The deployments in every scope, kept current: asks in threads what the poller says is due."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.signal import Signal

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import Status
from holodeck_tui.ui.alarm import Alarm
from holodeck_tui.ui.backend import Backend, background
from holodeck_tui.ui.poller import Poller, Snapshot

if TYPE_CHECKING:
    from textual.app import App


class Fleet:
    """One per app. Publishes ``asks`` when scopes are asked, ``news`` when something was answered."""

    def __init__(self, app: App[Any], backend: Backend) -> None:
        self.asks: Signal[list[str]] = Signal(app, "fleet-asks")
        self.news: Signal[Snapshot] = Signal(app, "fleet-news")
        self.poller = Poller(time.monotonic)
        self.wrong: DeploymentError | None = None
        self._app = app
        self._backend = backend
        self._alarm = Alarm(self._ask_due)

    @property
    def snapshot(self) -> Snapshot:
        """What is known now."""
        return self.poller.snapshot

    def now(self) -> float:
        """The time of the snapshot's clock."""
        return time.monotonic()

    def open(self) -> None:
        """Find out which scopes there are, then ask them."""
        background(self._app, self._scopes, self._watch, self._not_found)

    def close(self) -> None:
        """Ask nothing more."""
        self.hold(True)

    def hold(self, paused: bool) -> None:
        """Ask nothing more until further notice, or go on."""
        self.poller.paused = paused
        self._ask_due()

    def hurry(self, scope: str | None = None) -> None:
        """Ask now."""
        self.poller.hurry(scope)
        self._ask_due()

    def look(self, focused: bool) -> None:
        """Whether somebody looks."""
        self.poller.look(focused)
        self._ask_due()

    def stir(self) -> None:
        """Somebody is at the keys."""
        if self.poller.stir():
            self._ask_due()

    def again(self) -> None:
        """Find out the scopes anew: a deploy or a change of the configuration may have brought one."""
        background(self._app, self._scopes, self._watch, self._not_found)

    def _scopes(self) -> list[str]:
        from holodeck_tui.pipeline.listing import own_scope
        from holodeck_tui.state.scopes import ScopeMemory, check_scope, state_home

        launch = self._backend.launch
        if launch.scopes:
            return list(dict.fromkeys(check_scope(scope) for scope in launch.scopes))
        found = []
        if launch.agent.exists():
            try:
                own = own_scope(self._backend.settings(rehearsal=True))
                found = [own] if own else []
            except DeploymentError as error:
                if launch.named and error.code != "deployment-missing":
                    self.wrong = error
        found += ["local", *ScopeMemory(state_home(), lambda _: None).all()]
        return list(dict.fromkeys(found))

    def _watch(self, scopes: list[str]) -> None:
        self.poller.watch(scopes)
        self._ask_due()
        self._publish()

    def _not_found(self, error: DeploymentError) -> None:
        self.wrong = error
        self._publish()

    def _ask_due(self) -> None:
        due = self.poller.due()
        for scope in due:
            background(
                self._app,
                partial(self._ask, scope),
                partial(self._answered, scope),
                partial(self._failed, scope),
            )
        if due:
            self.asks.publish(due)
        self._alarm.ring_in(self.poller.wake_in())

    def _ask(self, scope: str) -> tuple[Status, ...]:
        from holodeck_tui.pipeline import api

        with self._backend.asking() as ctx:
            listing = api.list_deployments([scope], ctx)
        if listing.failures:
            raise listing.failures[0].error
        return listing.deployments

    def _answered(self, scope: str, statuses: tuple[Status, ...]) -> None:
        self.poller.answered(scope, statuses)
        self._ask_due()
        self._publish()

    def _failed(self, scope: str, error: DeploymentError) -> None:
        self.poller.failed(scope, error)
        self._ask_due()
        self._publish()

    def _publish(self) -> None:
        self.news.publish(self.snapshot)

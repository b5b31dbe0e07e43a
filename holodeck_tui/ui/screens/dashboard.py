"""Deployments: everything of ours, on this machine and in the clouds."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import DataTable, Input, Static

from holodeck_tui.core.values import ServiceRef
from holodeck_tui.ui.actions import bindings, key_name
from holodeck_tui.ui.alarm import Alarm
from holodeck_tui.ui.asking import Asking
from holodeck_tui.ui.poller import Snapshot
from holodeck_tui.ui.rows import Row, arrange, grouped, key_of
from holodeck_tui.ui.run_keeper import Run
from holodeck_tui.ui.screens.arrange_actions import ArrangeActions
from holodeck_tui.ui.screens.deployment_actions import ACTIONS, deployable
from holodeck_tui.ui.screens.details import DetailScreen
from holodeck_tui.ui.summary import STEP, counted, nothing, ordered, troubles
from holodeck_tui.ui.widgets.deployments import DeploymentTable
from holodeck_tui.ui.widgets.detail_pane import DetailPane
from holodeck_tui.ui.widgets.scope_troubles import ScopeTroubles

# Seconds that a listing of this machine takes at most, as a rule.
_AT_ONCE = 1.0


class DashboardScreen(ArrangeActions):
    """The first place. State changes in handlers only; rows are made anew from each snapshot."""

    CSS_PATH = "dashboard.tcss"
    ACTIONS = ACTIONS
    BINDINGS: ClassVar = [*bindings(ACTIONS)]
    AUTO_FOCUS = "#deployments"

    def __init__(self) -> None:
        super().__init__()
        self._words = ""
        self._asking = Asking(self, self._heard)
        self._asked = 0.0
        self._alarm = Alarm(self._nothing_new)
        self._goal: str | None = None
        self._texts: dict[str, Text] = {}

    def content(self) -> ComposeResult:
        """A line about the whole, failing scopes, the table, the details of the row under the cursor."""
        with Horizontal(id="bar"):
            yield Static("", id="count")
            yield Static("", id="order")
        yield Input(placeholder="words to filter by; esc clears", id="filter", compact=True)
        yield ScopeTroubles(id="troubles")
        yield DeploymentTable(self.holodeck.glyphs)
        yield Static("", id="empty", classes="empty")
        yield DetailPane(self.holodeck.glyphs)

    def on_mount(self) -> None:
        """Listen, show what is known, begin to ask for health."""
        if self.view.columns:
            self.query_one(DeploymentTable).chosen = set(self.view.columns)
        self.holodeck.fleet.news.subscribe(self, self._news)
        # In one go with the listing: to wake a program that idles costs more than its work.
        self.holodeck.fleet.asks.subscribe(self, self._asks)
        self.holodeck.run_news.subscribe(self, self._run_told)
        self.app.theme_changed_signal.subscribe(self, lambda _: self.query_one(DeploymentTable).refit())
        self.show_again()
        self._alarm.ring_in(STEP)

    def on_unmount(self) -> None:
        """Nobody wants the answers any more."""
        self._asking.close()
        self._alarm.ring_in(None)

    def _run_told(self, run: Run) -> None:
        if run.result is not None:
            self._asking.again()
        self.offer_anew()

    def show(self, ref: ServiceRef) -> None:
        """Put the cursor on one deployment, now or when it is listed."""
        self._goal = key_of(ref)
        self._words = self.query_one("#filter", Input).value = ""
        self.show_again()

    def _news(self, snapshot: Snapshot) -> None:
        self._alarm.ring_in(STEP)
        self.show_again(snapshot)
        self._beat()
        self._judge()

    def _asks(self, _scopes: list[str]) -> None:
        self._asked = self.holodeck.fleet.now()
        self._beat()

    def _heard(self) -> None:
        # A listing that comes at once draws what was heard now as well.
        fleet = self.holodeck.fleet
        waiting = any(one.asking for one in fleet.snapshot.scopes)
        if not waiting or fleet.now() - self._asked > _AT_ONCE:
            self.show_again()
        self._beat()  # what has come into view meanwhile
        self._judge()

    def show_again(self, snapshot: Snapshot | None = None) -> None:
        """Rows and texts as things are now."""
        snapshot = snapshot or self.holodeck.fleet.snapshot
        rows = self._rows(snapshot)
        view = self.view
        seen = arrange(rows, sort=view.sort, reverse=view.reverse, group=view.group, words=self._words)
        table = self.query_one(DeploymentTable)
        table.show(grouped(seen, view.group, self.holodeck.glyphs.dash))
        if self._goal is not None:
            table.go_to(self._goal)
            self._goal = None
        self._counts(snapshot, len(rows), len(seen))
        self._troubles(snapshot)
        self._empty(snapshot, len(rows), len(seen))
        self.query_one(DetailPane).show(self.row)
        self.offer_anew()

    def _rows(self, snapshot: Snapshot) -> list[Row]:
        return [
            self._asking.row(status, stale=one.stale) for one in snapshot.scopes for status in one.statuses
        ]

    def latest(self, key: str) -> Row | None:
        """What is known now of a deployment; None where it is not listed any more."""
        return next((row for row in self._rows(self.holodeck.fleet.snapshot) if row.key == key), None)

    def _counts(self, snapshot: Snapshot, every: int, shown: int) -> None:
        fleet, glyphs = self.holodeck.fleet, self.holodeck.glyphs
        marked = len(self.query_one(DeploymentTable).marked)
        self._say(
            "#count",
            counted(
                snapshot,
                fleet.poller,
                fleet.now(),
                glyphs,
                self._key,
                every=every,
                shown=shown,
                marked=marked,
            ),
        )
        view = self.view
        order = ordered(view.sort, view.reverse, view.group, self._words, glyphs=glyphs, key=self._key)
        self._say("#order", order)

    def _key(self, name: str) -> str:
        return key_name(self.app, name)

    def _say(self, name: str, text: Text) -> None:
        """Draw ``text`` where it differs from what stands there."""
        if self._texts.get(name) != text:
            self._texts[name] = text
            self.query_one(name, Static).update(text)

    def _troubles(self, snapshot: Snapshot) -> None:
        text = troubles(snapshot, self.holodeck.fleet.wrong, self.holodeck.glyphs, self._key)
        if text != self._texts.get("#troubles"):
            self._texts["#troubles"] = text
            self.query_one(ScopeTroubles).show(text)

    def _empty(self, snapshot: Snapshot, every: int, shown: int) -> None:
        table, empty = self.query_one(DeploymentTable), self.query_one("#empty", Static)
        table.display = shown > 0
        empty.display = shown == 0
        # Without rows there is room for all that is wrong.
        self.query_one("#troubles").set_class(not shown, "-alone")
        if shown:
            # It cannot have the focus while it is hidden, and no key moves its cursor without.
            if self.focused is None:
                self.set_focus(table)
            return
        can = deployable(self) and not self.holodeck.read_only
        agent = self.holodeck.launch.agent.exists()
        self._say("#empty", Text(nothing(snapshot, self._key, every=every, deployable=can, agent=agent)))
        if self.focused is table:
            self.set_focus(None)

    def _look(self) -> None:
        """What has become older is said so; what came into view meanwhile is judged."""
        if self.is_current:
            snapshot = self.holodeck.fleet.snapshot
            table = self.query_one(DeploymentTable)
            self._counts(snapshot, len(snapshot.statuses), len(table.all_rows))
            self._judge()

    def _nothing_new(self) -> None:
        """Without news all ages become others, and what is in view may be asked all the same."""
        self._alarm.ring_in(STEP)
        if self.is_current:
            self.show_again()
        self._beat()
        self._judge()

    @property
    def _looked_at(self) -> bool:
        """Whether somebody sees this screen, or details from it, and wants it kept current."""
        poller = self.holodeck.fleet.poller
        seen = self.is_current or isinstance(self.app.screen, DetailScreen)
        return seen and poller.focused and not poller.paused

    def _beat(self) -> None:
        if self._looked_at:
            self._asking.beat(self.holodeck.backend, self.query_one(DeploymentTable).in_view)

    def _judge(self) -> None:
        """Those in view that no listing judges; the one under the cursor first."""
        if self._looked_at:
            rows = [*([self.row] if self.row else []), *self.query_one(DeploymentTable).in_view]
            self._asking.judge(self.holodeck.backend, rows, self.holodeck.fleet.snapshot.statuses)

    def on_resize(self, _event: events.Resize) -> None:
        """The details need room."""
        self.query_one(DetailPane).show(self.row)

    @on(DataTable.RowHighlighted)
    def _highlighted(self) -> None:
        self.query_one(DetailPane).show(self.row)
        self.offer_anew()

    @on(DataTable.RowSelected)
    def _selected(self) -> None:
        self.action_details()

    @on(Input.Changed, "#filter")
    def _typed(self, event: Input.Changed) -> None:
        self._words = event.value
        self.show_again()

    @on(Input.Submitted, "#filter")
    def _filtered(self) -> None:
        self.query_one(DeploymentTable).focus()
        self.query_one("#filter").display = bool(self._words)

    def key_escape(self) -> None:
        """Back to the table; clear the filter, or the marks."""
        table = self.query_one(DeploymentTable)
        if self.query_one(ScopeTroubles).has_focus:
            table.focus()
            return
        if self._words or self.query_one("#filter").has_focus:
            self.query_one("#filter", Input).value = self._words = ""
            self.query_one("#filter").display = False
        else:
            table.marked.clear()
        self.show_again()
        table.focus()

    def action_filter(self) -> None:
        """Open the filter."""
        field = self.query_one("#filter", Input)
        field.display = True
        field.focus()

    def action_retry(self) -> None:
        """Ask now."""
        self._asking.again()
        self.holodeck.fleet.again()
        self.holodeck.fleet.hurry()

    def action_hold(self) -> None:
        """Stop asking, or go on."""
        fleet = self.holodeck.fleet
        fleet.hold(not fleet.poller.paused)
        self._look()

    def action_mark(self) -> None:
        """Mark it."""
        self.query_one(DeploymentTable).toggle_mark()
        self._look()

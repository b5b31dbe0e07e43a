"""Deployments: everything of ours, on this machine and in the clouds."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import ClassVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import DataTable, Input, Static

from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.redact import sanitize
from holodeck_tui.core.values import ServiceRef
from holodeck_tui.ui.actions import Action, bindings
from holodeck_tui.ui.backend import background
from holodeck_tui.ui.detail import detail_of
from holodeck_tui.ui.judging import Judge
from holodeck_tui.ui.poller import ScopeState, Snapshot
from holodeck_tui.ui.pulse import Pulse
from holodeck_tui.ui.rows import COLUMNS, GROUPS, SORTS, Row, arrange, key_of
from holodeck_tui.ui.run_keeper import Run
from holodeck_tui.ui.screens.base import PlaceScreen
from holodeck_tui.ui.widgets.deployments import DeploymentTable
from holodeck_tui.ui.widgets.header import scope_name

# Seconds between rounds of /health questions; only what is in view is asked.
_PULSE = 6.0
# Seconds between looks for deployments whose listing does not tell their state.
_JUDGE = 2.0


def _row(screen: DashboardScreen) -> bool:
    return screen.row is not None


def _url(screen: DashboardScreen) -> bool:
    return screen.row is not None and bool(screen.row.status.url)


def _idle(screen: DashboardScreen) -> bool:
    return screen.row is not None and not screen.holodeck.keeper.busy


def _deployable(screen: DashboardScreen) -> bool:
    return screen.holodeck.launch.agent.exists() and not screen.holodeck.keeper.busy


ACTIONS = (
    Action("deployments.details", "enter", "details", "All that is known of this deployment.", when=_row),
    Action("deployments.logs", "l", "logs", "Its log, or of all that are marked, live.", when=_row),
    Action("deployments.deploy", "d", "deploy", "Deploy this agent (again).", changes=True, when=_deployable),
    Action(
        "deployments.rollback", "b", "roll back", "Choose a revision to go back to.", changes=True, when=_idle
    ),
    Action("deployments.chat", "c", "chat", "Send the agent a message.", when=_url),
    Action("deployments.open", "o", "open", "Open the URL in a browser.", when=_url),
    Action("deployments.copy_url", "y", "copy url", "Copy the URL.", when=_url),
    Action("deployments.mark", "space", "mark", "Mark it, to destroy or read several at once.", when=_row),
    Action(
        "deployments.destroy",
        "x",
        "destroy",
        "Remove it, or all that are marked; asks for the name first.",
        changes=True,
        when=_idle,
    ),
    Action("deployments.pause", "p", "pause", "Pause it, or have it serve again.", changes=True, when=_idle),
    Action("deployments.filter", "slash", "filter", "Show only those with these words.", footer=False),
    Action("deployments.sort", "s", "sort", "Sort by the next column.", footer=False),
    Action("deployments.reverse", "S", "reverse", "Turn the order round.", footer=False),
    Action(
        "deployments.group",
        "v",
        "group",
        "Group by target, scope, environment, agent or state.",
        footer=False,
    ),
    Action("deployments.columns", "C", "columns", "Choose the columns.", footer=False),
    Action("deployments.retry", "R", "ask again", "Ask every scope now, also one that failed.", footer=False),
    Action("deployments.hold", "f", "hold", "Stop asking, or go on.", footer=False),
)


class DashboardScreen(PlaceScreen):
    """The first place. State changes in handlers only; rows are made anew from each snapshot."""

    CSS_PATH = "dashboard.tcss"
    ACTIONS = ACTIONS
    BINDINGS: ClassVar = [*bindings(ACTIONS)]
    AUTO_FOCUS = "#deployments"

    def __init__(self) -> None:
        super().__init__()
        self._sort, self._reverse, self._group, self._words = SORTS[0], False, "", ""
        self._pulse = Pulse()
        self._judge = Judge()
        self._judging: CancelToken | None = None
        self._pulsing: CancelToken | None = None
        self._goal: str | None = None
        self._offered: tuple[bool, ...] = ()
        self._ordered: list[str] = []
        self._troubled = Text()
        self._detailed = 0

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        return self.query_one(DeploymentTable).under_cursor if self.is_mounted else None

    def content(self) -> ComposeResult:
        """A line about the whole, failing scopes, the table, the details of the row under the cursor."""
        with Horizontal(id="bar"):
            yield Static("", id="count")
            yield Static("", id="order")
        yield Input(placeholder="words to filter by; esc clears", id="filter", compact=True)
        yield Static("", id="troubles")
        yield DeploymentTable(self.holodeck.glyphs)
        yield Static("", id="empty", classes="empty")
        yield Static("", id="detail")

    def on_mount(self) -> None:
        """Listen, show what is known, begin to ask for health."""
        self.holodeck.fleet_news.subscribe(self, self._news)
        self.holodeck.run_news.subscribe(self, self._run_told)
        self.app.theme_changed_signal.subscribe(self, lambda _: self.query_one(DeploymentTable).refit())
        self.set_interval(1.0, self._second)
        self.set_interval(_PULSE, self._beat)
        self.set_interval(_JUDGE, self._judge_some)
        self._show()

    def on_unmount(self) -> None:
        """Nobody wants the beats any more."""
        for token in (self._pulsing, self._judging):
            if token is not None:
                token.cancel()

    def _run_told(self, run: Run) -> None:
        if run.result is not None:
            self._judge.again()
        self._offer()

    def show(self, ref: ServiceRef) -> None:
        """Put the cursor on one deployment, now or when it is listed."""
        self._goal = key_of(ref)
        self._words = self.query_one("#filter", Input).value = ""
        self._show()

    def _news(self, snapshot: Snapshot) -> None:
        self._show(snapshot)
        if self._pulsing is None:
            self._beat()

    def _show(self, snapshot: Snapshot | None = None) -> None:
        snapshot = snapshot or self.holodeck.fleet.snapshot
        rows = [
            Row(status, one.stale, self._pulse.beats(status.url))
            for one in snapshot.scopes
            for status in map(self._judge.completed, one.statuses)
        ]
        shown = arrange(rows, sort=self._sort, reverse=self._reverse, group=self._group, words=self._words)
        table = self.query_one(DeploymentTable)
        table.show(shown)
        if self._goal is not None:
            table.go_to(self._goal)
            self._goal = None
        self._counts(snapshot, len(rows), len(shown))
        self._troubles(snapshot.scopes)
        self._empty(snapshot, len(rows), len(shown))
        self._detail()
        self._offer()

    def _offer(self) -> None:
        """Keys and footer anew, where that makes a difference."""
        offer = tuple(self.offers(action) for action in ACTIONS)
        if offer != self._offered:
            self._offered = offer
            self.refresh_bindings()

    def _counts(self, snapshot: Snapshot, every: int, shown: int) -> None:
        dot = f" {self.holodeck.glyphs.dot} "
        answers = [one.answered for one in snapshot.scopes if one.answered is not None]
        parts = [f"{every} deployment{'' if every == 1 else 's'}"] if answers else []
        if shown != every:
            parts.append(f"{shown} shown")
        marked = len(self.query_one(DeploymentTable).marked)
        if marked:
            parts.append(f"{marked} marked")
        poller = self.holodeck.fleet.poller
        now = self.holodeck.fleet.now()
        if answers:
            parts.append(f"checked {max(0, int(now - min(answers)))} s ago")
        wait = poller.next_in()
        if poller.paused:
            parts.append("held (f goes on)")
        elif wait is None:
            parts.append("asking …")
        else:
            parts.append(f"next in {ceil(wait)} s")
        # Every second: its place does not depend on what it says.
        self.query_one("#count", Static).update(
            Text(dot.join(parts), no_wrap=True, overflow="ellipsis"), layout=False
        )
        order = [f"{'-' if self._reverse else ''}{self._sort} (s)"]
        order += [f"by {self._group} (v)"] if self._group else []
        order += [f'"{sanitize(self._words)}" (/)'] if self._words else []
        if order != self._ordered:
            self._ordered = order
            text = Text(dot.join(order), "dim", justify="right", no_wrap=True)
            self.query_one("#order", Static).update(text)

    def _troubles(self, scopes: Sequence[ScopeState]) -> None:
        text = Text(overflow="ellipsis")
        for one in scopes:
            if one.error is not None:
                text.append(
                    f"{self.holodeck.glyphs.bad} {scope_name(one.scope)}: {sanitize(str(one.error))}\n"
                    f"  {sanitize(one.error.remedy)} {self.holodeck.glyphs.dot} R asks again\n"
                )
        wrong = self.holodeck.fleet.wrong
        if wrong is not None:
            text.append(f"{self.holodeck.glyphs.bad} {sanitize(str(wrong))}\n  {sanitize(wrong.remedy)}\n")
        text.rstrip()
        if text != self._troubled:
            self._troubled = text
            troubles = self.query_one("#troubles", Static)
            troubles.update(text)
            troubles.display = bool(text)

    def _empty(self, snapshot: Snapshot, every: int, shown: int) -> None:
        table, empty = self.query_one(DeploymentTable), self.query_one("#empty", Static)
        table.display = shown > 0
        empty.display = shown == 0
        if shown:
            # It cannot have the focus while it is hidden, and no key moves its cursor without.
            if self.focused is None:
                self.set_focus(table)
            return
        if every:
            text = "No deployment has these words. esc in the filter (/) clears it."
        elif snapshot.loading or not snapshot.scopes:
            names = ", ".join(scope_name(one.scope) for one in snapshot.scopes) or "where to look"
            text = f"Asking {names} …"
        elif all(one.answered is None for one in snapshot.scopes):
            text = "What is deployed is not known: nothing has answered yet. R asks again."
        elif any(one.error for one in snapshot.scopes):
            text = "Nothing is known of in the scopes that failed, and nothing deployed in the others."
        elif _deployable(self) and not self.holodeck.read_only:
            text = "Nothing deployed yet. d deploys this agent, 4 sets up where it shall run."
        else:
            text = "Nothing deployed in these scopes."
        empty.update(Text(text))
        if self.focused is table:
            self.set_focus(None)

    def _detail(self) -> None:
        row = self.row
        detail = self.query_one("#detail", Static)
        detail.display = row is not None and self.size.height >= 22
        if row is not None:
            # As many lines as before, unless the width is another.
            width = self.size.width if detail.display else 0
            facts = detail_of(row, self.holodeck.glyphs, width=self.size.width)
            detail.update(facts, layout=width != self._detailed)
            self._detailed = width

    def _second(self) -> None:
        if self.is_current:
            snapshot = self.holodeck.fleet.snapshot
            table = self.query_one(DeploymentTable)
            self._counts(snapshot, len(snapshot.statuses), table.row_count)

    @property
    def _looked_at(self) -> bool:
        """Whether somebody sees this screen and wants it kept current."""
        poller = self.holodeck.fleet.poller
        return self.is_current and poller.focused and not poller.paused

    def _beat(self) -> None:
        if self._pulsing is not None or not self._looked_at:
            return
        urls = [row.status.url for row in self.query_one(DeploymentTable).in_view if row.status.url]
        if not urls:
            return
        backend, token = self.holodeck.backend, CancelToken()
        self._pulsing = token

        def work() -> None:
            with backend.asking(token) as ctx:
                self._pulse.round(urls, ctx)

        def done(_: object) -> None:
            self._pulsing = None
            self._show()

        def failed(_: DeploymentError) -> None:
            self._pulsing = None

        background(self, work, done, failed)

    def _judge_some(self) -> None:
        """Ask about those in view that no listing judges; the one under the cursor first."""
        if self._judging is not None or not self._looked_at:
            return
        listed = {key_of(status.ref): status for status in self.holodeck.fleet.snapshot.statuses}
        rows = [*([self.row] if self.row else []), *self.query_one(DeploymentTable).in_view]
        keys = dict.fromkeys(row.key for row in rows if not row.stale)
        refs = self._judge.wanted(listed[key] for key in keys if key in listed)
        if not refs:
            return
        backend, token = self.holodeck.backend, CancelToken()
        self._judging = token

        def work() -> None:
            with backend.asking(token) as ctx:
                self._judge.round(refs, ctx)

        def done(_: object) -> None:
            self._judging = None
            self._show()

        background(self, work, done, done)

    def on_resize(self, _event: events.Resize) -> None:
        """The details need room."""
        self._detail()

    @on(DataTable.RowHighlighted)
    def _highlighted(self) -> None:
        self._detail()
        self._offer()

    @on(DataTable.RowSelected)
    def _selected(self) -> None:
        self.action_details()

    @on(DataTable.HeaderSelected)
    def _header(self, event: DataTable.HeaderSelected) -> None:
        column = event.column_key.value
        if column in SORTS:
            self._reverse = column == self._sort and not self._reverse
            self._sort = column
            self._show()

    @on(Input.Changed, "#filter")
    def _typed(self, event: Input.Changed) -> None:
        self._words = event.value
        self._show()

    @on(Input.Submitted, "#filter")
    def _filtered(self) -> None:
        self.query_one(DeploymentTable).focus()
        self.query_one("#filter").display = bool(self._words)

    def key_escape(self) -> None:
        """Clear the filter, or the marks."""
        table = self.query_one(DeploymentTable)
        if self._words or self.query_one("#filter").has_focus:
            self.query_one("#filter", Input).value = self._words = ""
            self.query_one("#filter").display = False
        else:
            table.marked.clear()
        self._show()
        table.focus()

    def action_details(self) -> None:
        """In full, for screens that have no room for them."""
        from holodeck_tui.ui.screens.details import DetailScreen

        if self.row is not None:
            self.app.push_screen(DetailScreen(self.row))

    def action_logs(self) -> None:
        """Of those marked, else of the one under the cursor."""
        from holodeck_tui.ui.screens.logs import LogsScreen

        self.app.push_screen(LogsScreen([row.status.ref for row in self._chosen()]))

    def action_filter(self) -> None:
        """Open the filter."""
        field = self.query_one("#filter", Input)
        field.display = True
        field.focus()

    def action_sort(self) -> None:
        """By the next column."""
        self._sort = SORTS[(SORTS.index(self._sort) + 1) % len(SORTS)]
        self._show()

    def action_reverse(self) -> None:
        """Turn the order round."""
        self._reverse = not self._reverse
        self._show()

    def action_group(self) -> None:
        """By the next group."""
        self._group = GROUPS[(GROUPS.index(self._group) + 1) % len(GROUPS)]
        self._show()

    def action_columns(self) -> None:
        """Choose what is shown."""
        from holodeck_tui.ui.screens.choose import SeveralScreen

        table = self.query_one(DeploymentTable)
        lines = [(column.id, column.title, column.id in table.chosen) for column in COLUMNS]

        def done(chosen: list[str] | None) -> None:
            if chosen:
                table.chosen = set(chosen)
                table.refit()

        self.app.push_screen(SeveralScreen("Columns (as many as fit are shown)", lines), done)

    def action_retry(self) -> None:
        """Ask now."""
        self._judge.again()
        self.holodeck.fleet.again()
        self.holodeck.fleet.hurry()

    def action_hold(self) -> None:
        """Stop asking, or go on."""
        poller = self.holodeck.fleet.poller
        poller.paused = not poller.paused
        self._second()

    def action_mark(self) -> None:
        """Mark it."""
        self.query_one(DeploymentTable).toggle_mark()
        self._second()

    def action_open(self) -> None:
        """In a browser."""
        import webbrowser

        if self.row is not None and self.row.status.url:
            url = sanitize(self.row.status.url)
            if url.startswith(("http://", "https://")):
                background(self, lambda: webbrowser.open(url), lambda _: None, lambda _: None)
            self.notify(url, title="Opened", markup=False)

    def action_copy_url(self) -> None:
        """To the clipboard (OSC 52)."""
        if self.row is not None and self.row.status.url:
            url = sanitize(self.row.status.url)
            self.app.copy_to_clipboard(url)
            self.notify(url, title="Copied", markup=False)

    def action_chat(self) -> None:
        """Talk to it."""
        from holodeck_tui.ui.screens.chat import ChatScreen

        if self.row is not None:
            self.app.push_screen(ChatScreen(self.row.status))

    def _chosen(self) -> list[Row]:
        table = self.query_one(DeploymentTable)
        marked = [row for row in table.all_rows if row.key in table.marked]
        return marked or ([self.row] if self.row else [])

    def action_destroy(self) -> None:
        """Those marked, else the one under the cursor."""
        from holodeck_tui.ui.screens import operate

        operate.destroy(self.holodeck, [row.status.ref for row in self._chosen()])

    def action_deploy(self) -> None:
        """The app's agent, to where the row is, or to its own target."""
        from holodeck_tui.ui.screens import operate

        operate.deploy(self.holodeck, self.row.status.ref if self.row else None)

    def action_rollback(self) -> None:
        """Choose a revision."""
        from holodeck_tui.ui.screens import operate

        if self.row is not None:
            operate.rollback(self.holodeck, self.row.status)

    def action_pause(self) -> None:
        """Pause, or resume."""
        from holodeck_tui.ui.screens import operate

        if self.row is not None:
            operate.pause(self.holodeck, self.row.status)

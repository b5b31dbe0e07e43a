"""What can be done with the deployment under the cursor, or with those that are marked."""

from __future__ import annotations

from functools import partial

from holodeck_tui.core.redact import sanitize
from holodeck_tui.core.values import ServiceRef
from holodeck_tui.ui.abilities import KnownAbilities
from holodeck_tui.ui.actions import Action
from holodeck_tui.ui.backend import background
from holodeck_tui.ui.copying import copy
from holodeck_tui.ui.rows import Row
from holodeck_tui.ui.screens.base import PlaceScreen
from holodeck_tui.ui.screens.details import DetailScreen
from holodeck_tui.ui.widgets.deployments import DeploymentTable


def _row(screen: DeploymentActions) -> bool:
    return screen.row is not None


def _url(screen: DeploymentActions) -> bool:
    return screen.row is not None and bool(screen.row.status.url)


def _idle(screen: DeploymentActions) -> bool:
    return screen.row is not None and not screen.holodeck.keeper.busy


def _pausable(screen: DeploymentActions) -> bool:
    return _idle(screen) and screen.row is not None and screen.can(screen.row.status.ref, "pause")


def _reversible(screen: DeploymentActions) -> bool:
    return _idle(screen) and screen.row is not None and screen.can(screen.row.status.ref, "rollback")


def deployable(screen: DeploymentActions) -> bool:
    """Whether there is an agent to deploy, and nothing under way."""
    return screen.holodeck.launch.agent.exists() and not screen.holodeck.keeper.busy


ACTIONS = (
    Action("deployments.details", "enter", "details", "All that is known of this deployment.", when=_row),
    Action("deployments.logs", "l", "logs", "Its log, or of all that are marked, live.", when=_row),
    Action("deployments.deploy", "d", "deploy", "Deploy this agent (again).", changes=True, when=deployable),
    Action(
        "deployments.rollback",
        "b",
        "roll back",
        "Choose a revision to go back to.",
        changes=True,
        when=_reversible,
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
    Action(
        "deployments.pause", "p", "pause", "Pause it, or have it serve again.", changes=True, when=_pausable
    ),
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


class DeploymentActions(PlaceScreen):
    """The handlers of those actions; the screen has the table."""

    def __init__(self) -> None:
        super().__init__()
        self._abilities = KnownAbilities(self, self.offer_anew)
        self._offered: tuple[bool, ...] = ()

    def can(self, ref: ServiceRef, what: str) -> bool:
        """See :class:`KnownAbilities`."""
        return self._abilities.can(ref, what)

    def offer_anew(self) -> None:
        """Keys and footer anew, where that makes a difference."""
        offer = tuple(self.offers(action) for action in ACTIONS)
        if offer != self._offered:
            self._offered = offer
            self.refresh_bindings()

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        return self.query_one(DeploymentTable).under_cursor if self.is_mounted else None

    def latest(self, key: str) -> Row | None:
        """What is known now of a deployment; None where it is not listed any more."""
        raise NotImplementedError

    def chosen(self) -> list[Row]:
        """Those marked, else the one under the cursor."""
        table = self.query_one(DeploymentTable)
        marked = [row for row in table.all_rows if row.key in table.marked]
        return marked or ([self.row] if self.row else [])

    def action_details(self) -> None:
        """In full, for screens that have no room for them."""
        if self.row is not None:
            self.app.push_screen(DetailScreen(self.row, partial(self.latest, self.row.key)))

    def action_logs(self) -> None:
        """Of those marked, else of the one under the cursor."""
        from holodeck_tui.ui.screens.logs import LogsScreen

        self.app.push_screen(LogsScreen([row.status.ref for row in self.chosen()]))

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
            copy(self, sanitize(self.row.status.url))

    def action_chat(self) -> None:
        """Talk to it."""
        from holodeck_tui.ui.screens.chat import ChatScreen

        if self.row is not None:
            self.app.push_screen(ChatScreen(self.row.status))

    def action_destroy(self) -> None:
        """Those marked, else the one under the cursor."""
        from holodeck_tui.ui.screens import operate

        operate.destroy(self.holodeck, [row.status.ref for row in self.chosen()])

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

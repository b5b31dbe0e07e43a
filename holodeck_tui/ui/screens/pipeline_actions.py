"""What can be done with the plan and the run."""

from __future__ import annotations

from textual import getters
from textual.screen import Screen

from holodeck_tui.ui.actions import Action
from holodeck_tui.ui.widgets.run_log import RunLog

ACTIONS = (
    Action(
        "pipeline.deploy",
        "d",
        "deploy",
        "Build, push, run and verify, as planned.",
        changes=True,
        when=lambda screen: screen.heeds_deploy,
    ),
    Action(
        "pipeline.retry",
        "r",
        "retry",
        "Go on from the step that failed.",
        changes=True,
        when=lambda screen: screen.can_retry,
    ),
    Action(
        "pipeline.cancel",
        "ctrl+c,c",
        "cancel",
        "Stop the run; what was begun outside is told.",
        when=lambda screen: screen.shows_running,
    ),
    Action("pipeline.plan", "p", "plan", "Plan again.", when=lambda screen: not screen.keeper.busy),
    Action("pipeline.target", "t", "target", "Another target.", when=lambda screen: not screen.keeper.busy),
    Action(
        "pipeline.environment",
        "e",
        "environment",
        "Another environment of deploy.yaml.",
        when=lambda screen: not screen.keeper.busy,
    ),
    Action(
        "pipeline.remedy",
        "y",
        "copy the remedy",
        "Copy what to do to the clipboard.",
        when=lambda screen: bool(screen.remedy),
    ),
    Action(
        "pipeline.result",
        "enter",
        "see it",
        "Open the deployment that came of it.",
        when=lambda screen: screen.deployed is not None,
    ),
    Action(
        "pipeline.leave",
        "escape",
        "leave it running",
        "Go to the deployments; the run goes on.",
        when=lambda screen: screen.shows_running,
    ),
    Action(
        "pipeline.search",
        "slash",
        "search",
        "Go to lines of the log with these words (a regular expression).",
        when=lambda screen: screen.shows_log,
    ),
    Action(
        "pipeline.next",
        "n",
        "next",
        "The next line that was searched for.",
        footer=False,
        when=lambda screen: screen.shows_log,
    ),
    Action(
        "pipeline.previous",
        "N",
        "previous",
        "The one before.",
        footer=False,
        when=lambda screen: screen.shows_log,
    ),
    Action(
        "pipeline.wrap",
        "l,w",
        "wrap",
        "Wrap long lines of the log, or not.",
        when=lambda screen: screen.shows_log,
    ),
    Action(
        "pipeline.newest",
        "G,end",
        "newest",
        "To the newest line of the log, and stay there.",
        footer=False,
        when=lambda screen: screen.shows_log,
    ),
)


class LogActions(Screen[None]):
    """The handlers of those that are about the run's log."""

    _log = getters.query_one(RunLog)

    def action_search(self) -> None:
        """In the log."""
        self._log.search()

    def action_next(self) -> None:
        """The next one."""
        self._log.next()

    def action_previous(self) -> None:
        """The one before."""
        self._log.next(back=True)

    def action_wrap(self) -> None:
        """Wrap or not."""
        self._log.wrap()

    def action_newest(self) -> None:
        """The newest line."""
        self._log.view.follow()

"""What can be done with logs."""

from __future__ import annotations

from typing import Any

from holodeck_tui.ui.actions import Action
from holodeck_tui.ui.widgets.log_troubles import LogTroubles
from holodeck_tui.ui.widgets.log_view import LogView


def _several(screen: Any) -> bool:
    return len(screen.refs) > 1


def _keeps_two(screen: Any) -> bool:
    """This machine has nothing to say about a deployment besides what the agent says."""
    return any(ref.provider != "local" for ref in screen.refs)


def _unasked(screen: Any) -> bool:
    """Textual offers a slash also where it is typed into a field."""
    return not screen.asking


def _copiable(screen: Any) -> bool:
    if not screen.is_mounted:
        return False
    return screen.query_one(LogView).has_chosen or bool(screen.query_one(LogTroubles).remedies)


ACTIONS = (
    Action("logs.back", "escape,q", "back", "Back to the deployments; the streams are closed."),
    Action(
        "logs.search",
        "slash",
        "search",
        "Go to lines with these words (a regular expression).",
        when=_unasked,
    ),
    Action("logs.next", "n", "next", "The next line that was searched for.", footer=False),
    Action("logs.previous", "N", "previous", "The one before.", footer=False),
    Action("logs.filter", "f", "filter", "Show only lines with these words (a regular expression)."),
    Action("logs.level", "L", "level", "Show only lines of a level and worse."),
    Action(
        "logs.context", "x", "context", "Lines around each that the filter finds: 0, 2, 5, 10.", footer=False
    ),
    Action("logs.follow", "G,end", "newest", "To the newest line, and stay there."),
    Action("logs.wrap", "w", "wrap", "Wrap long lines, or not."),
    Action("logs.times", "t", "times", "Show when each line was written, or not."),
    Action("logs.apart", "m", "one by one", "All merged, or one deployment after the other.", when=_several),
    Action(
        "logs.system",
        "a",
        "app/system",
        "The agent's own log, or the target's log about it.",
        footer=False,
        when=_keeps_two,
    ),
    Action("logs.history", "h", "history", "How much of the past: 500 lines, 5m, 2h, all.", footer=False),
    Action("logs.mark", "v", "mark lines", "Mark from here; move on, then copy.", footer=False),
    Action(
        "logs.copy",
        "y",
        "copy",
        "Copy what is selected or marked, or the cursor's line; else what to do about a log that failed.",
        when=_copiable,
    ),
    Action("logs.save", "S", "save", "Save every line to a file."),
    Action("logs.reconnect", "R", "reconnect", "Connect again to what has ended or failed.", footer=False),
)

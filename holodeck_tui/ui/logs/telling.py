"""The line above some logs: whose they are, whether they are followed, and what of them is shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from holodeck_tui.core.redact import sanitize
from holodeck_tui.ui.logs.choose import LEVELS, Choice
from holodeck_tui.ui.logs.streams import Stream

if TYPE_CHECKING:
    from holodeck_tui.ui.widgets.log_view import LogView

# Cells: whose logs these are is known to who opened them, how they stand is not.
_WHO = 44


def told(who: str, states: str, view: LogView, *, system: bool, dot: str) -> Text:
    """``ticket-routing (prod, cloud run)  following · app · 12,408 lines``."""
    kept = view.store.end - view.store.first
    parts = [states, "system" if system else "app"]
    # What was asked for is known to who asked: at 80 columns the end of that is cut first.
    lines = f"{kept:,} line{'' if kept == 1 else 's'}"
    parts.append(lines if view.choice.everything else f"{view.shown:,} of {lines}")
    parts += ["still looking"] if view.searching else []
    parts += [f"{view.let_go:,} older ones let go"] if view.let_go else []
    parts += _shown(view.choice)
    words = sanitize(f" {dot} ".join(part for part in parts if part))
    name = Text(sanitize(who), "bold")
    name.truncate(_WHO, overflow="ellipsis")
    return Text.assemble(name, "  ", words, no_wrap=True, overflow="ellipsis")


def states(streams: Sequence[Stream], *, following: bool, key: str) -> str:
    """Of one or several: the state of those that are not followed, and whether the view is held.

    ``key`` connects again.
    """
    others = [stream for stream in streams if stream.state != "following"]
    if not others:
        return "following" if following else "held where you read"
    if len(others) == 1 and len(streams) > 1:
        text = f"{others[0].ref.name}: {others[0].state}"
    else:
        counts = Counter(stream.state for stream in others)
        several = len(streams) > 1
        text = ", ".join(f"{count} {state}" if several else state for state, count in counts.items())
    if not following and not all(stream.over for stream in streams):
        # From the others lines still come, and wait below: that is said first, for the end may be cut.
        text = f"held, {text}"
    return f"{text} ({key} connects again)" if any(stream.over for stream in others) else text


def nothing(choice: Choice, kept: int, *, connecting: bool, filters: str, history: str) -> str:
    """Why there are no lines, and what to do; ``filters`` and ``history`` are keys."""
    if kept and (choice.pattern or choice.level):
        return f"None of {kept:,} lines fits. {filters} changes the filter; an empty one shows all."
    if connecting:
        return ""
    return f"Nothing has been logged yet. What comes appears here; {history} asks for more of the past."


def _shown(choice: Choice) -> list[str]:
    parts = [f"{LEVELS[choice.level]} and worse"] if choice.level else []
    parts += [f'only "{choice.pattern.text}"'] if choice.pattern else []
    parts += [f"{choice.context} lines around"] if choice.context and not choice.everything else []
    return parts

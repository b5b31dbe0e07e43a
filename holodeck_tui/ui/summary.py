"""What the dashboard says of the whole: how many, how fresh, in what order, and what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import ceil

from rich.text import Text

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.redact import sanitize
from holodeck_tui.ui.poller import Poller, Snapshot
from holodeck_tui.ui.rows import scope_name
from holodeck_tui.ui.theme import Glyphs

Key = Callable[[str], str]
"""The key of an action, by its id: the user's own where there is one."""
STEP = 30
"""Seconds between two texts of one age: more than between two questions, so none is drawn only to count."""


def counted(
    snapshot: Snapshot,
    poller: Poller,
    now: float,
    glyphs: Glyphs,
    key: Key,
    *,
    every: int,
    shown: int,
    marked: int,
) -> Text:
    """``12 deployments · 3 marked · checked 10 s ago``. ``now`` is of the poller's clock."""
    answers = [one.answered for one in snapshot.scopes if one.answered is not None]
    parts = [f"{every} deployment{'' if every == 1 else 's'}"] if answers else []
    if shown != every:
        parts.append(f"{shown} shown")
    if marked:
        parts.append(f"{marked} marked")
    if answers:
        parts.append(f"checked {_age(now - min(answers))}")
    wait = poller.next_in()
    if poller.paused:
        parts.append(f"held ({key('deployments.hold')} goes on)")
    elif wait is None:
        parts.append("asking …")
    elif wait > STEP or any(one.failures for one in snapshot.scopes):
        parts.append(f"next within {STEP * ceil(wait / STEP)} s")
    return _line(parts, glyphs)


def ordered(sort: str, reverse: bool, group: str, words: str, *, glyphs: Glyphs, key: Key) -> Text:
    """``agent (s) · by target (v) · "words" (/)``: what each key has changed."""
    parts = [f"{'-' if reverse else ''}{sort} ({key('deployments.sort')})"]
    parts += [f"by {group} ({key('deployments.group')})"] if group else []
    parts += [f'"{sanitize(words)}" ({key("deployments.filter")})'] if words else []
    text = _line(parts, glyphs)
    text.style, text.justify = "dim", "right"
    return text


def troubles(snapshot: Snapshot, wrong: DeploymentError | None, glyphs: Glyphs, key: Key) -> Text:
    """Every scope that failed: what, and what to do, said once for all that fail alike; else empty."""
    text = Text(overflow="ellipsis")
    failed: dict[tuple[str, str], list[str]] = {}
    for one in snapshot.scopes:
        if one.error is not None:
            alike = sanitize(str(one.error)), sanitize(one.error.remedy)
            failed.setdefault(alike, []).append(scope_name(one.scope))
    for (why, remedy), names in failed.items():
        do = f" {glyphs.dot} ".join(filter(None, (remedy, f"{key('deployments.retry')} asks again")))
        text.append(f"{glyphs.bad} {', '.join(names)}: {why}\n  {do}\n")
    if wrong is not None:
        text.append(f"{glyphs.bad} {sanitize(str(wrong))}\n  {sanitize(wrong.remedy)}\n")
    text.rstrip()
    return text


def nothing(snapshot: Snapshot, key: Key, *, every: int, deployable: bool, agent: bool) -> str:
    """Why the table is empty, and what to do next. ``every`` counts what the filter leaves out.

    ``agent``: there is an agent file to deploy, whether or not it can be deployed now.
    """
    if every:
        return f"No deployment has these words. esc in the filter ({key('deployments.filter')}) clears it."
    if snapshot.loading or not snapshot.scopes:
        names = ", ".join(scope_name(one.scope) for one in snapshot.scopes) or "where to look"
        return f"Asking {names} …"
    if all(one.answered is None for one in snapshot.scopes):
        again = key("deployments.retry")
        return f"What is deployed is not known: nothing has answered yet. {again} asks again."
    if any(one.error for one in snapshot.scopes):
        return "Nothing is known of in the scopes that failed, and nothing deployed in the others."
    if deployable:
        deploy, setup = key("deployments.deploy"), key("app.setup")
        return f"Nothing deployed yet. {deploy} deploys this agent, {setup} sets up where it shall run."
    if not agent:
        return (
            "Nothing deployed in these scopes, and no agent here to deploy.\n"
            "Start this in the folder of an agent.yaml, or name the file: "
            "holodeck-deploy-tui path/to/agent.yaml"
        )
    return "Nothing deployed in these scopes."


def _age(seconds: float) -> str:
    steps = STEP * int(max(0.0, seconds) // STEP)
    if steps < STEP:
        return "just now"
    return f"{steps} s ago" if steps < 120 else f"{steps // 60} min ago"


def _line(parts: Iterable[str], glyphs: Glyphs) -> Text:
    return Text(f" {glyphs.dot} ".join(parts), no_wrap=True, overflow="ellipsis")

"""A plan and a result as text for people."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from textual.content import Content

from holodeck_tui.core.events import Result
from holodeck_tui.pipeline.types import Plan
from holodeck_tui.ui.theme import Glyphs, look

Clean = Callable[[str], str]
_LONGEST = 60
# Of a digest as many digits as stand elsewhere; whole ones fill the line, and what differs is cut off.
_DIGEST = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{28,52}\b")


def plan_words(plan: Plan, glyphs: Glyphs, clean: Clean) -> Content:
    """What would change, property by property; where variables come from; what to know before."""
    against = "the live service" if plan.source == "live" else "the last record"
    lines = [
        Content.assemble(
            ("Up to date" if plan.up_to_date else "Changes", "bold"), (f"  against {against}", "$secondary")
        )
    ]
    arrow = "→" if glyphs.unicode else "->"
    lines += [
        Content.assemble(
            f"  {clean(change.path)}  ",
            (_shown(change.before, clean), "$secondary"),
            f" {arrow} ",
            (_shown(change.after, clean), "$primary"),
        )
        for change in plan.changes
    ]
    if plan.variables:
        lines.append(Content.styled("Variables of the container", "bold"))
        for need in plan.variables:
            missing = need.source == "missing"
            source = "missing" if missing else f"from {need.source}"
            style = ("$error" if need.required else "$warning") if missing else "$secondary"
            lines.append(Content.assemble(f"  {clean(need.name)}  ", (clean(source), style)))
    lines += [Content.assemble(("! ", "$warning bold"), clean(warning)) for warning in plan.warnings]
    return Content("\n").join(lines)


def result_words(result: Result, glyphs: Glyphs, clean: Clean) -> Content:
    """What came of a run."""
    lines = []
    deployment = result.deployment
    if deployment is not None:
        state = deployment.state
        revision = f"  revision {clean(deployment.revision)}" if deployment.revision else ""
        lines.append(Content.assemble((glyphs.state(state), f"${look(state).colour}"), revision))
        if deployment.url:
            lines.append(Content(clean(deployment.url)))
    if result.image is not None:
        lines.append(Content.assemble(("image  ", "$secondary"), clean(result.image.uri)))
    if result.ok and deployment is None:
        lines.append(Content("A dry run: nothing was changed."))
    return Content("\n").join(lines)


def _shown(value: Any, clean: Clean) -> str:
    if value is None:
        return "absent"
    text = _DIGEST.sub(r"\1", clean(str(value)))
    if len(text) <= _LONGEST:
        return text
    # Of an image's name the end tells it from the one before.
    half = _LONGEST // 2
    return f"{text[: half - 1]}…{text[-half:]}"

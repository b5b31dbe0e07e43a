"""Intents and outcomes in the journal, around each call that changes something in Google Cloud."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled, DeploymentError


@contextmanager
def noted(ctx: Context, action: str, **facts: str) -> Iterator[dict[str, str]]:
    """Note what the block is about to do, and how it went; what is put into the yielded facts goes along.

    A defect leaves the intent open, as a kill does: nobody knows how far it came.
    """
    intent = ctx.journal.intent(action, **facts)
    found: dict[str, str] = {}
    try:
        yield found
    except Cancelled:
        ctx.journal.outcome(intent, "cancelled")
        raise
    except DeploymentError as error:
        ctx.journal.outcome(intent, "failed", code=error.code)
        raise
    ctx.journal.outcome(intent, "done", **found)

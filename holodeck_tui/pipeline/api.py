"""Everything a front end calls, in one place.

Signatures::

    run(settings, steps, options, ctx) -> Result            steps: BUILD, PUSH, RUN or DEPLOY
    plan(settings, options, ctx) -> Plan
    status(settings, ctx) -> Status                         state "missing" when nothing is there
    list_deployments(scopes, ctx, *, settings=None, home=None) -> Listing
    logs(settings, options: LogOptions, ctx) -> Result      emits ServiceLog events
    plan_destroy(settings, ctx) -> Destruction | None       None: there is nothing to destroy
    destroy(settings, ctx, *, dry_run=False) -> Result
    revisions(settings, ctx) -> list[Revision]
    rollback(settings, ctx, *, to=None) -> Result
    pause(settings, ctx) -> Status
    resume(settings, ctx) -> Status
    chat(settings, message, ctx) -> ChatReply

Those that return a ``Result`` never raise a ``DeploymentError``: they emit the ``Result`` as the
last event, once, and return it too. The others raise. A defect (any other exception) passes through
both and no ``Result`` was emitted then: the front end makes its own, with exit code 1.

Cancelling: call ``ctx.cancel.cancel()`` from a signal handler; every wait ends and the result says
130. Confirmation is the front end's: ask before calling ``destroy`` or ``rollback``.
"""

from __future__ import annotations

from holodeck_tui.pipeline.listing import list_deployments
from holodeck_tui.pipeline.operations import (
    chat,
    destroy,
    logs,
    pause,
    plan_destroy,
    resume,
    revisions,
    rollback,
    status,
)
from holodeck_tui.pipeline.pipeline import run
from holodeck_tui.pipeline.plan import plan
from holodeck_tui.pipeline.types import (
    BUILD,
    DEPLOY,
    PUSH,
    RUN,
    Builder,
    ChatReply,
    Listing,
    LogOptions,
    Plan,
    PlannedStep,
    RunOptions,
    ScopeFailure,
)

__all__ = [
    "BUILD",
    "DEPLOY",
    "PUSH",
    "RUN",
    "Builder",
    "ChatReply",
    "Listing",
    "LogOptions",
    "Plan",
    "PlannedStep",
    "RunOptions",
    "ScopeFailure",
    "chat",
    "destroy",
    "list_deployments",
    "logs",
    "pause",
    "plan",
    "plan_destroy",
    "resume",
    "revisions",
    "rollback",
    "run",
    "status",
]

"""One result at the end of every run, whatever happened on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.events import Result
from holodeck_tui.core.values import Deployment, ImageRef
from holodeck_tui.pipeline.steps import interruptible


@dataclass
class Outcome:
    """What a run has made so far; it stands in the result also when the run fails later."""

    image: ImageRef | None = None
    deployment: Deployment | None = None


def report(agent: str, ctx: Context, work: Callable[[Outcome], None]) -> Result:
    """Do ``work``, emit its result as the last event, and return it. Defects pass through."""
    outcome = Outcome()
    error: DeploymentError | None = None
    try:
        with interruptible(ctx):
            work(outcome)
    except DeploymentError as caught:
        error = caught
    result = Result(
        ok=error is None,
        exit_code=0 if error is None else int(error.exit_code),
        agent=agent,
        image=outcome.image,
        deployment=outcome.deployment,
        error=error,
    )
    ctx.emit(result)
    return result

"""A revision is proven before it serves: it is asked directly, beside the front."""

from __future__ import annotations

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.probe import Probe, wait_until_healthy
from holodeck_tui.deployers.base import Health
from holodeck_tui.deployers.local_names import short
from holodeck_tui.deployers.local_runtime import Runtime
from holodeck_tui.deployers.local_values import Unit, View

_LINES = 20


def prove(runtime: Runtime, view: View, name: str, health: Health, ctx: Context) -> None:
    """Wait until revision ``name`` is healthy.

    Raises ``unhealthy`` with its last lines and what still serves.
    """
    label = short(view.service, name)
    ctx.wait_for("run", f"{label} to become healthy", health.timeout)

    def gone() -> str | None:
        return ended(runtime.unit(name))

    unit = runtime.unit(name)
    early = ended(unit)
    if early is not None or unit is None or unit.url is None:
        result = Probe("refused", early or "it has no address")
    else:
        result = wait_until_healthy(
            unit.url,
            ctx,
            path=health.path,
            ready=health.ready,
            timeout=health.timeout,
            interval=0.5,
            gone=gone,
            told=lambda result: ctx.log("run", [f"probe: {result.detail}"], detail=True),
        )
    if result.healthy:
        return
    raise DeploymentError(
        "unhealthy",
        f"{label} of {ctx.redactor.clean(view.agent)} did not become healthy.",
        reason=ctx.redactor.clean(result.detail),
        remedy=_remedy(view),
        details=[*last_lines(runtime, name, ctx), *still(view)],
    )


def ended(unit: Unit | None) -> str | None:
    """Why waiting for ``unit`` is useless, or None while it runs."""
    if unit is None:
        return "somebody removed it"
    if unit.phase in {"ended", "restarting", "stopped"}:
        code = "" if unit.exit_code is None else f" with exit code {unit.exit_code}"
        note = f" ({unit.note})" if unit.note else ""
        return f"it ended{code}{note}"
    return None


def last_lines(runtime: Runtime, name: str, ctx: Context) -> list[str]:
    """The last lines of a revision's log, cleaned; fewer where they cannot be had."""
    try:
        return [ctx.redactor.clean(line) for line in runtime.tail(name, _LINES)]
    except DeploymentError as error:
        return [f"its log cannot be read: {error}"]


def still(view: View) -> list[str]:
    """What serves all the same, as a line for people."""
    active = view.active
    if active is None or active.phase != "running":
        return []
    return [f"{short(view.service, active.name)} keeps serving at {view.url}"]


def _remedy(view: View) -> str:
    again = "holodeck-deploy-tui deploy --target local"
    if view.environment:
        again += f" --env {view.environment}"
    return f"Correct what its last lines say, then: {again}"

"""What a service on this machine is before its first deploy, whose it is, and which revision is meant."""

from __future__ import annotations

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.local_names import revision_number, short
from holodeck_tui.deployers.local_values import Facts, Pointer, Unit, View


def nothing_of(facts: Facts, runtime: str) -> View:
    """The service before its first deploy."""
    assert runtime in {"docker", "process"}
    return View(
        service=facts.service,
        runtime="docker" if runtime == "docker" else "process",
        port=None,
        front="missing",
        pointer=Pointer(),
        units={},
        agent=facts.agent,
        environment=facts.environment,
    )


def check_owner(view: View, facts: Facts) -> None:
    """Raise ``deploy-failed`` where the service is another agent's."""
    if (view.agent, view.environment) == (facts.agent, facts.environment):
        return
    raise DeploymentError(
        "deploy-failed",
        f"The name {facts.service} belongs to another agent on this machine.",
        reason="two agents' names come to the same",
        remedy="Change the name: in agent.yaml.",
    )


def earlier(view: View, to: str | None) -> Unit:
    """Revision ``to`` (``r3``), or the one before the serving one. Raises ``revision-unknown``."""
    serving = revision_number(view.service, view.pointer.active or "") or 0
    if to is None:
        before = [u for u in view.previous if (revision_number(view.service, u.name) or 0) < serving]
        if before:
            return max(before, key=lambda unit: revision_number(view.service, unit.name) or 0)
    for unit in view.previous:
        if to in {unit.name, short(view.service, unit.name)}:
            return unit
    raise unknown_revision(view, to)


def unknown_revision(view: View, to: str | None) -> DeploymentError:
    """``revision-unknown``, with those that can be gone back to."""
    known = [short(view.service, unit.name) for unit in view.previous]
    serving = short(view.service, view.pointer.active) if view.pointer.active else "nothing"
    rest = f"{', '.join(known)} can be gone back to" if known else "none before it is kept"
    again = f"rollback --to {known[0]}" if known else "deploy --target local"
    return DeploymentError(
        "revision-unknown",
        f"There is no revision {to} to go back to." if to else "There is no earlier revision to go back to.",
        reason=f"{serving} serves, and {rest}",
        remedy=f"holodeck-deploy-tui {again}",
    )

"""How a service of the process runtime is, read from its folder and from the processes that there are."""

from __future__ import annotations

from datetime import datetime, timezone

from holodeck_tui.deployers.local_ports import HOST
from holodeck_tui.deployers.local_process_files import RevisionFolder, ServiceFolder
from holodeck_tui.deployers.local_processes import booted_since, is_ours
from holodeck_tui.deployers.local_values import Phase, Pointer, Unit, View


def read_view(folder: ServiceFolder) -> View | None:
    """The service now; None where there is none."""
    owner = folder.owner
    if owner is None:
        return None
    front = folder.front
    up = is_ours(front.get("pid"), str(folder.pointer_file))
    units = [
        unit for name in folder.revisions() if (unit := read_unit(folder.revision(name), name)) is not None
    ]
    names, pointer = {unit.name for unit in units}, folder.pointer
    return View(
        service=folder.service,
        runtime="process",
        port=front.get("port"),
        front="up" if up else "down" if front else "missing",
        pointer=pointer if pointer.active in names else Pointer.guess(folder.service, units),
        units={unit.name: unit for unit in units},
        agent=str(owner.get("agent", "")),
        environment=owner.get("environment"),
    )


def read_unit(folder: RevisionFolder, name: str) -> Unit | None:
    """One revision now; None where there is none."""
    if not folder.path.is_dir():
        return None
    made, state = folder.made, folder.state
    phase, note = _phase(folder)
    port = made.get("port")
    return Unit(
        name=name,
        facts=folder.facts,
        phase=phase,
        url=f"http://{HOST}:{port}" if port else None,
        exit_code=None if phase == "running" else state.get("exit_code"),
        restarts=int(state.get("restarts") or 0),
        note=note,
        confirmed=folder.want in {"run", "pause"},
        created_at=_moment(made.get("created_at")),
        started_at=_moment(state.get("since") or made.get("created_at")),
    )


def _phase(folder: RevisionFolder) -> tuple[Phase, str]:
    state, made = folder.state, folder.made
    said = state.get("phase")
    if is_ours(made.get("runner") or state.get("runner"), str(folder.path)):
        if said == "paused":
            return "stopped", ""
        return ("restarting", "") if said == "restarting" else ("running", "")
    if said == "exited":
        return "ended", ""
    since = state.get("since") or made.get("created_at")
    if since is None:
        return "created", ""
    if booted_since(float(since)):
        return "ended", "this machine was restarted since"
    return "ended", "its process was killed"


def _moment(seconds: object) -> datetime | None:
    return datetime.fromtimestamp(seconds, timezone.utc) if isinstance(seconds, (int, float)) else None

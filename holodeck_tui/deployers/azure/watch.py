"""Waiting for a new revision: until it is up, or will not be."""

from __future__ import annotations

from dataclasses import dataclass

from holodeck_tui.core.cancel import Deadline
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.deployers.azure.client import Azure
from holodeck_tui.deployers.azure.errors import Task
from holodeck_tui.deployers.azure.logs import last_lines
from holodeck_tui.deployers.azure.place import Place
from holodeck_tui.deployers.azure.reading import crash_loops, crash_reason, judged
from holodeck_tui.deployers.azure.status import View, view_of


@dataclass(frozen=True)
class Watch:
    """Looks at one revision until it is up, or will not be."""

    azure: Azure
    place: Place
    app: str

    def until_up(self, revision: str, seconds: float) -> View:
        """The revision's view once it is up. Raises ``unhealthy`` with the container's last lines.

        Azure's own "Succeeded" says only that the revision was made.
        """
        ctx = self.azure.ctx
        ctx.wait_for("run", f"the revision {revision} to be healthy", seconds)
        deadline = Deadline(seconds, f"the revision {revision} to be healthy")
        said = ""
        while True:
            view = self._look(revision)
            words = view.words if view else "not there yet"
            if words != said:
                said = words
                ctx.log("run", [f"{revision}: {words}"])
            if view is not None and view.condition == "up":
                return view
            if (
                view is not None
                and view.condition == "unhealthy"
                and crash_loops(self.azure, self.place, self.app, revision)
            ):
                raise self._unhealthy(revision, view.words)
            if view is not None and view.ended:
                raise self._unhealthy(revision, view.reason or view.words)
            if deadline.left <= 0:
                raise self._unhealthy(revision, f"{words} after {seconds:g} s")
            ctx.cancel.sleep(min(self.azure.interval, max(0.01, deadline.left)))

    def _look(self, revision: str) -> View | None:
        revisions = self.azure.sdk.container_apps_revisions
        task = Task(f"The revision {revision} could not be looked at.")
        # Not there at first: Azure's reads lag behind its writes.
        found = self.azure.find(
            task,
            lambda: revisions.get_revision(self.place.group, self.app, revision, **self.azure.call),
        )
        return None if found is None else view_of(found)

    def _unhealthy(self, revision: str, why: str) -> DeploymentError:
        clean = self.azure.ctx.redactor.clean
        details = last_lines(self.azure, self.place, self.app, revision)
        crash = crash_reason(self.azure, self.place, self.app, revision)
        serving = self._serving()
        if serving and serving != revision:
            details = [*details, f"The revision before it, {serving}, still serves."]
        return DeploymentError(
            "unhealthy",
            f"{self.app} was deployed but the revision {revision} is not healthy.",
            reason=clean(f"{why}; {crash}" if crash else why),
            remedy="holodeck-deploy-tui logs --tail 200",
            details=details,
        )

    def _serving(self) -> str | None:
        try:
            return judged(self.azure, self.place, self.app)
        except Cancelled:
            raise
        except DeploymentError:
            return None

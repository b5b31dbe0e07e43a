"""Where a deploy goes: the questions for another target and another environment."""

from __future__ import annotations

from functools import partial

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.ui.backend import background
from holodeck_tui.ui.deploying import Planned, Where, environments
from holodeck_tui.ui.rows import scope_name
from holodeck_tui.ui.screens.base import PlaceScreen

TARGETS = {
    "": "What deploy.yaml or the deployment: section names.",
    "local": "This machine: a container where an engine answers, else a process. Needs no registry.",
    "aws": "AWS App Runner or ECS Express. Needs a deployment: section for aws and a login.",
    "gcp": "Google Cloud Run. Needs a deployment: section for gcp and a login.",
    "azure": "Azure Container Apps. Needs a deployment: section for azure and a login.",
}


class WhereScreen(PlaceScreen):
    """Knows where to, and the plan for it once there is one."""

    def __init__(self) -> None:
        super().__init__()
        self._where = Where()
        self._planned: Planned | None = None

    def action_plan(self) -> None:
        """It goes elsewhere."""
        raise NotImplementedError

    def action_target(self) -> None:
        """Choose where to."""
        from holodeck_tui.core.targets import known_targets
        from holodeck_tui.ui.screens.choose import ChooseScreen

        names = [None, *known_targets()]
        now = self._where.target or self.holodeck.launch.target
        self.app.push_screen(
            ChooseScreen(
                "Deploy where?",
                [self._clean(name) if name else "where its files say" for name in names],
                [TARGETS.get(name or "", "A target of another package.") for name in names],
                at=names.index(now) if now in names else 0,
            ),
            lambda at: self._go_to(Where(names[at], self._where.environment)) if at is not None else None,
        )

    def _go_to(self, where: Where) -> None:
        self._where = where
        self.action_plan()

    def action_environment(self) -> None:
        """Choose an environment."""
        backend = self.holodeck.backend
        background(self, partial(environments, backend), self._offer_environments, self._no_environments)

    def _offer_environments(self, named: tuple[str, ...]) -> None:
        from holodeck_tui.ui.screens.choose import ChooseScreen

        if not named:
            self.notify("deploy.yaml beside the agent names no environments.", markup=False)
            return
        given = self.holodeck.launch.environment
        names = [*([None] if given is None else []), *named]
        now = self._where.environment or given
        self.app.push_screen(
            ChooseScreen(
                "Which environment?",
                [self._clean(name) if name else "none" for name in names],
                [
                    f"What environments.{self._clean(name)} of deploy.yaml says is laid over the rest."
                    if name
                    else "The files as they are."
                    for name in names
                ],
                at=names.index(now) if now in names else 0,
            ),
            lambda at: self._go_to(Where(self._where.target, names[at])) if at is not None else None,
        )

    def _no_environments(self, error: DeploymentError) -> None:
        self.notify(self._clean(str(error)), severity="warning", markup=False)

    def place(self) -> str:
        """In words."""
        planned = self._planned
        place = self._where.target or "the target of its files"
        if planned is not None:
            place = scope_name(planned.scope) if planned.scope else planned.target
        environment = self._where.environment or self.holodeck.launch.environment
        return f"{place}, {environment}" if environment else place

    def heading(self) -> str:
        """The agent, and where it goes."""
        planned = self._planned
        name = self.holodeck.launch.agent.parent.name if planned is None else planned.plan.agent
        return f"{name} → {self.place()}"

    def _clean(self, text: str) -> str:
        return self.holodeck.backend.redactor.clean(text)

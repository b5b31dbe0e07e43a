"""The pipeline: the plan first, then each step as it goes, and what to do where one has failed."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.redact import sanitize
from holodeck_tui.core.values import STEPS, ServiceRef, Step
from holodeck_tui.ui.actions import Action, bindings, key_name
from holodeck_tui.ui.backend import background
from holodeck_tui.ui.deploying import Planned, Where, deploy, environments, make_plan
from holodeck_tui.ui.logs.inbox import Batch
from holodeck_tui.ui.logs.store import NO_TIME
from holodeck_tui.ui.pipeline_view import PipelineView
from holodeck_tui.ui.plan_words import plan_words, result_words
from holodeck_tui.ui.rows import scope_name
from holodeck_tui.ui.run_keeper import Again, Run, RunKeeper
from holodeck_tui.ui.screens.base import PlaceScreen
from holodeck_tui.ui.transfer import clock
from holodeck_tui.ui.widgets.failure import Failure
from holodeck_tui.ui.widgets.log_view import LogView
from holodeck_tui.ui.widgets.step_list import StepList

_TICK = 0.5
TARGETS = {
    "": "What deploy.yaml or the deployment: section names.",
    "local": "This machine: a container where an engine answers, else a process. Needs no registry.",
    "aws": "AWS App Runner or ECS Express. Needs a deployment: section for aws and a login.",
    "gcp": "Google Cloud Run. Needs a deployment: section for gcp and a login.",
    "azure": "Azure Container Apps. Needs a deployment: section for azure and a login.",
}

ACTIONS = (
    Action(
        "pipeline.deploy",
        "d",
        "deploy",
        "Build, push, run and verify, as planned.",
        changes=True,
        when=lambda screen: screen.can_deploy,
    ),
    Action(
        "pipeline.retry",
        "r",
        "retry",
        "Go on from the step that failed.",
        changes=True,
        when=lambda screen: screen.can_retry,
    ),
    Action(
        "pipeline.cancel",
        "ctrl+c,c",
        "cancel",
        "Stop the run; what was begun outside is told.",
        when=lambda screen: screen.shows_running,
    ),
    Action("pipeline.plan", "p", "plan", "Plan again.", when=lambda screen: not screen.keeper.busy),
    Action("pipeline.target", "t", "target", "Another target.", when=lambda screen: not screen.keeper.busy),
    Action(
        "pipeline.environment",
        "e",
        "environment",
        "Another environment of deploy.yaml.",
        when=lambda screen: not screen.keeper.busy,
    ),
    Action(
        "pipeline.remedy",
        "y",
        "copy the remedy",
        "Copy what to do to the clipboard.",
        when=lambda screen: bool(screen.remedy),
    ),
    Action(
        "pipeline.result",
        "enter",
        "see it",
        "Open the deployment that came of it.",
        when=lambda screen: screen.deployed is not None,
    ),
    Action(
        "pipeline.leave",
        "escape",
        "leave it running",
        "Go to the deployments; the run goes on.",
        when=lambda screen: screen.shows_running,
    ),
)


class PipelineScreen(PlaceScreen):
    """Shows the keeper's run, whoever started it; without one, the plan."""

    CSS_PATH = "pipeline.tcss"
    ACTIONS = ACTIONS
    BINDINGS: ClassVar = bindings(ACTIONS)
    SHOWS_RUN = True
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 - Textual declares it so

    def __init__(self) -> None:
        super().__init__()
        self._where = Where()
        self._planned: Planned | None = None
        self._planning = 0
        self._wrong: DeploymentError | None = None
        self._view = PipelineView()
        self._run: Run | None = None
        self._steps: tuple[Step, ...] = STEPS
        self._taken = 0
        self._log = _empty_log()

    def content(self) -> ComposeResult:
        """A title; steps and facts beside the log; what went wrong."""
        yield Static("", id="pipeline-title")
        with Vertical(id="pipeline-body"):
            with VerticalScroll(id="pipeline-left"):
                yield StepList("", id="pipeline-steps")
                yield Static("", id="pipeline-facts")
            yield self._log
        yield Failure(id="pipeline-failure")

    def on_mount(self) -> None:
        """Listen; show the run that goes on, else plan."""
        self.holodeck.run_news.subscribe(self, self._news)
        self.set_interval(_TICK, self._tick)
        self._log.focus()
        if self.keeper.run is None:
            self.action_plan()
        else:
            self._news(self.keeper.run)

    def on_screen_resume(self) -> None:
        """A plan grows old while another place is shown."""
        if self._run is None and self._planned is not None:
            self.action_plan()

    @property
    def keeper(self) -> RunKeeper:
        """Of the app's run."""
        return self.holodeck.keeper

    @property
    def shows_running(self) -> bool:
        """Whether a run goes on."""
        return self.keeper.busy

    @property
    def can_deploy(self) -> bool:
        """Whether a plan stands here and nothing runs."""
        return not self.keeper.busy and self._planned is not None

    @property
    def can_retry(self) -> bool:
        """Whether the run shown is a deploy that has failed, whoever started it."""
        run = self._run
        if run is None or run.again is None or run.result is None:
            return False
        return not run.result.ok and self._wrong is None

    @property
    def remedy(self) -> str:
        """What can be copied."""
        return self.query_one(Failure).remedy if self.is_mounted else ""

    @property
    def deployed(self) -> ServiceRef | None:
        """The deployment that came of the run."""
        result = self._run.result if self._run is not None else None
        return result.deployment.ref if result is not None and result.deployment is not None else None

    def action_plan(self) -> None:
        """Ask the engine what a deploy would do."""
        self._run, self._wrong, self._view = None, None, PipelineView()
        self._planning += 1
        self._planned = None
        self.query_one(Failure).show(None, str)
        self._facts(Content("Planning: reading the agent's files and asking the target …"))
        where, options = self._where, self.holodeck.launch.run_options()
        background(
            self,
            partial(make_plan, self.holodeck.backend, where, options),
            partial(self._was_planned, self._planning),
            partial(self._not_planned, self._planning),
        )
        self._draw()

    def _was_planned(self, number: int, planned: Planned) -> None:
        if number != self._planning or self._run is not None:
            return
        self._planned = planned
        self._view = PipelineView.of_plan(planned.plan)
        self._facts(plan_words(planned.plan, self.holodeck.glyphs, self._clean))
        self._draw()

    def _not_planned(self, number: int, error: DeploymentError) -> None:
        if number != self._planning or self._run is not None:
            return
        self._wrong = error
        key = key_name(self.app, "pipeline.plan")
        self._facts(Content(f"There is no plan: {key} plans again once this is put right."))
        self.query_one(Failure).show(error, self._clean)
        self._draw()

    def action_deploy(self) -> None:
        """Start."""
        launch, planned = self.holodeck.launch, self._planned
        agent = planned.plan.agent if planned is not None else launch.agent.parent.name
        again = partial(deploy, self.holodeck.backend, self._where, launch.run_options())
        self._start(f"deploy {agent} to {self._place()}", STEPS, again)

    def action_retry(self) -> None:
        """Go on where it failed, to where that run went."""
        run = self._run
        if run is not None and run.again is not None:
            self._start(run.title, self._view.retried, run.again)

    def _start(self, title: str, steps: tuple[Step, ...], again: Again) -> None:
        self._steps = steps
        try:
            self.keeper.start(title, again(steps), again)
        except DeploymentError as error:
            self.notify(self._clean(str(error)), severity="warning", markup=False)

    def action_cancel(self) -> None:
        """Stop."""
        selected = self.get_selected_text()
        if selected:
            self.app.copy_to_clipboard(selected)
            return
        self.keeper.cancel()
        self.notify("Stopping …")

    def action_leave(self) -> None:
        """To the deployments."""
        self.holodeck.action_go("deployments")

    def action_remedy(self) -> None:
        """Copy."""
        self.app.copy_to_clipboard(self.remedy)
        self.notify("Copied.", timeout=2)

    def action_result(self) -> None:
        """To the deployment."""
        from holodeck_tui.ui.screens.dashboard import DashboardScreen

        ref = self.deployed
        self.holodeck.action_go("deployments")
        if isinstance(self.app.screen, DashboardScreen) and ref is not None:
            self.app.screen.show(ref)

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

    def _news(self, run: Run) -> None:
        if run is not self._run:
            self._run, self._taken, self._wrong = run, 0, None
            self._view = PipelineView.of_run(self._steps)
            self._steps = STEPS
            self._log.remove()
            self._log = _empty_log()
            self.query_one("#pipeline-body").mount(self._log)
            self._log.focus()
            self._facts(Content(""))
            self.query_one(Failure).show(None, str)
        fresh = run.events[self._taken :]
        lines: list[str] = []
        for offset, event in enumerate(fresh):
            lines += map(sanitize, self._view.take(event, run.times[self._taken + offset]))
        self._taken += len(fresh)
        if lines:
            self._log.write(Batch(0, lines, [NO_TIME] * len(lines)))
        if self._view.result is not None and fresh:
            self._ended()
        self._draw()
        self.refresh_bindings()

    def _ended(self) -> None:
        result = self._view.result
        assert result is not None
        self._facts(result_words(result, self.holodeck.glyphs, self._clean))
        self.query_one(Failure).show(result.error, self._clean)

    def _tick(self) -> None:
        if self._run is not None and self._run.running and self.is_current:
            self._draw()

    def _draw(self) -> None:
        now = self.keeper.clock()
        self.query_one(StepList).show(self._view, now)
        run, title = self._run, self._clean(self._title())
        took = "" if run is None else clock((run.ended or now) - run.started)
        room = max(0, self.size.width - 2 - len(took) - 1)
        shown = Content(title).truncate(room, ellipsis=True).pad_right(0)
        gap = " " * max(1, self.size.width - 2 - shown.cell_length - len(took))
        self.query_one("#pipeline-title", Static).update(Content.assemble(shown, gap, took))
        self.refresh_bindings()

    def on_resize(self) -> None:
        """Widths have changed."""
        self.call_after_refresh(self._draw)

    def _title(self) -> str:
        if self._run is not None:
            return self._run.title
        if self._planned is None:
            return f"{self.holodeck.launch.agent.parent.name} → {self._place()}"
        return f"{self._planned.plan.agent} → {self._place()}"

    def _place(self) -> str:
        planned = self._planned
        place = self._where.target or "the target of its files"
        if planned is not None:
            place = scope_name(planned.scope) if planned.scope else planned.target
        environment = self._where.environment or self.holodeck.launch.environment
        return f"{place}, {environment}" if environment else place

    def _facts(self, content: Content) -> None:
        self.query_one("#pipeline-facts", Static).update(content)

    def _clean(self, text: str) -> str:
        return self.holodeck.backend.redactor.clean(text)


def _empty_log() -> LogView:
    log = LogView()
    log.times = False
    log.add_class("pipeline-log")
    return log

"""The pipeline: the plan first, then each step as it goes, and what to do where one has failed."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.redact import sanitize
from holodeck_tui.core.values import STEPS, ServiceRef, Step
from holodeck_tui.ui.actions import bindings, key_name
from holodeck_tui.ui.backend import background
from holodeck_tui.ui.copying import copy
from holodeck_tui.ui.deploying import Planned, deploy, make_plan
from holodeck_tui.ui.narrating import Narrator
from holodeck_tui.ui.pipeline_view import PipelineView
from holodeck_tui.ui.plan_words import plan_words, result_words
from holodeck_tui.ui.run_keeper import Again, Run, RunKeeper
from holodeck_tui.ui.screens.pipeline_actions import ACTIONS, LogActions
from holodeck_tui.ui.screens.where import WhereScreen
from holodeck_tui.ui.transfer import clock
from holodeck_tui.ui.widgets.failure import Failure
from holodeck_tui.ui.widgets.run_log import RunLog
from holodeck_tui.ui.widgets.step_list import StepList

_TICK = 0.5


class PipelineScreen(LogActions, WhereScreen):
    """Shows the keeper's run, whoever started it; without one, the plan."""

    CSS_PATH = "pipeline.tcss"
    ACTIONS = ACTIONS
    BINDINGS: ClassVar = bindings(ACTIONS)
    SHOWS_RUN = True
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 - Textual declares it so

    def __init__(self) -> None:
        super().__init__()
        self._planning = 0
        self._wrong: DeploymentError | None = None
        self._view = PipelineView()
        self._run: Run | None = None
        self._steps: tuple[Step, ...] = STEPS
        self._taken = 0
        self._narrator = Narrator()

    def content(self) -> ComposeResult:
        """A title; steps and facts beside the log; what went wrong."""
        yield Static("", id="pipeline-title")
        with Vertical(id="pipeline-body"):
            with VerticalScroll(id="pipeline-left"):
                yield StepList("", id="pipeline-steps")
                yield Static("", id="pipeline-facts")
            yield RunLog()
        yield Failure(id="pipeline-failure")

    def on_mount(self) -> None:
        """Listen; show the run that goes on, else plan."""
        self.holodeck.run_news.subscribe(self, self._news)
        self.set_interval(_TICK, self._tick)
        if self.keeper.run is None:
            self.action_plan()
        else:
            self._news(self.keeper.run)

    def on_screen_resume(self) -> None:
        """A plan grows old while another place is shown; the service's log goes on."""
        if self._run is None and self._planned is not None:
            self.action_plan()
        self._listen()

    def on_screen_suspend(self) -> None:
        """Under a dialog the log goes on; behind another place it waits."""
        if self.app.current_mode != "pipeline":
            self._log.pause()

    @property
    def keeper(self) -> RunKeeper:
        """Of the app's run."""
        return self.holodeck.keeper

    @property
    def shows_log(self) -> bool:
        """Whether there is a run, and so a log."""
        return self._run is not None

    @property
    def shows_running(self) -> bool:
        """Whether a run goes on."""
        return self.keeper.busy

    @property
    def can_deploy(self) -> bool:
        """Whether a plan stands here and nothing runs."""
        return not self.keeper.busy and self._run is None and self._planned is not None

    @property
    def heeds_deploy(self) -> bool:
        """Whether the key that deploys does, or says why it does not yet."""
        return not self.keeper.busy and self._wrong is None

    @property
    def plans(self) -> bool:
        """Whether the plan is being made."""
        return self._run is None and self._planned is None and self._wrong is None

    @property
    def can_retry(self) -> bool:
        """Whether the run shown is a deploy that has failed, whoever started it."""
        run = self._run
        if run is None or run.again is None or run.result is None:
            return False
        return not run.result.ok and self._wrong is None

    @property
    def remedy(self) -> str:
        """What can be pasted of what is to be done."""
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
        self._show_log(False)
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
        key = partial(key_name, self.app)
        way = f"{key('pipeline.plan')} plans again once this is put right."
        if error.code == "deployment-missing":
            way = f"{key('pipeline.target')} chooses where it shall go, {key('app.setup')} writes that down."
        self._facts(Content(f"There is no plan: {way}"))
        self.query_one(Failure).show(error, self._clean)
        self._draw()

    def action_deploy(self) -> None:
        """Start what the plan says; nobody has seen one that is being made, or that was made before a run."""
        if not self.can_deploy:
            key = key_name(self.app, "pipeline.deploy")
            if self._run is not None:
                self.action_plan()
            self.notify(f"The plan is being made: {key} deploys once it is there.", timeout=2)
            return
        launch, planned = self.holodeck.launch, self._planned
        agent = planned.plan.agent if planned is not None else launch.agent.parent.name
        again = partial(deploy, self.holodeck.backend, self._where, launch.run_options())
        self._start(f"deploy {agent} to {self.place()}", STEPS, again)

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
        self._draw()

    def action_leave(self) -> None:
        """To the deployments."""
        self.holodeck.action_go("deployments")

    def action_remedy(self) -> None:
        """Copy."""
        copy(self, self.remedy)

    def action_result(self) -> None:
        """To the deployment."""
        from holodeck_tui.ui.screens.dashboard import DashboardScreen

        ref = self.deployed
        self.holodeck.action_go("deployments")
        if isinstance(self.app.screen, DashboardScreen) and ref is not None:
            self.app.screen.show(ref)

    def _news(self, run: Run) -> None:
        if run is not self._run:
            self._run, self._taken, self._wrong = run, 0, None
            self._view = PipelineView.of_run(self._steps)
            self._steps = STEPS
            self._narrator = Narrator()
            self._log.anew()
            self._show_log(True)
            self._facts(Content(""))
            self.query_one(Failure).show(None, str)
        fresh = run.events[self._taken :]
        lines: list[str] = []
        for offset, event in enumerate(fresh):
            told = self._narrator.lines(event)
            lines += map(sanitize, (*told, *self._view.take(event, run.times[self._taken + offset])))
        self._taken += len(fresh)
        self._log.write(lines)
        if self._view.result is not None and fresh:
            self._ended()
        self._draw()
        self.refresh_bindings()

    def _ended(self) -> None:
        result = self._view.result
        assert result is not None
        self._facts(result_words(result, self.holodeck.glyphs, self._clean))
        self.query_one(Failure).show(result.error, self._clean, self._instead(result.error))
        self._listen()

    def _instead(self, error: DeploymentError | None) -> str:
        """What to do here where the remedy is a shell's: nobody gave a command that could be given again."""
        if error is None or error.code != "interrupted":
            return ""
        if self.can_retry:
            return f"{key_name(self.app, 'pipeline.retry')} goes on where it can."
        key = key_name(self.app, "app.deployments")
        return f"{key} leads to the deployments: begin it there again; it goes on where it can."

    def _listen(self) -> None:
        """The new service's own log; a cloud's would have to be asked for again and again."""
        run = self._run
        made = run.result.deployment if run is not None and run.result is not None else None
        if run is not None and made is not None and made.ref.scope == "local" and self.is_current:
            began = datetime.now(timezone.utc) - timedelta(seconds=self.keeper.clock() - run.started)
            self._log.listen(made.ref, made.revision or "", self.holodeck.backend, began)

    def _show_log(self, shown: bool) -> None:
        """Beside or below the steps, or all room for the plan."""
        self.set_class(not shown, "-plan")
        (self._log.view if shown else self.query_one("#pipeline-left")).focus()

    def _tick(self) -> None:
        if self._run is not None and self._run.running and self.is_current:
            self._draw()

    def _draw(self) -> None:
        now = self.keeper.clock()
        self.query_one(StepList).show(self._view, now)
        run = self._run
        title = self._clean(self.heading() if run is None else run.title)
        took = "" if run is None else clock((run.ended or now) - run.started)
        if run is not None and run.running and run.stopping:
            took = f"stopping  {took}"
        room = max(0, self.size.width - 2 - len(took) - 1)
        shown = Content(title).truncate(room, ellipsis=True).pad_right(0)
        gap = " " * max(1, self.size.width - 2 - shown.cell_length - len(took))
        self.query_one("#pipeline-title", Static).update(Content.assemble(shown, gap, took))
        self.refresh_bindings()

    def on_resize(self) -> None:
        """Widths have changed."""
        self.call_after_refresh(self._draw)

    def _facts(self, content: Content) -> None:
        self.query_one("#pipeline-facts", Static).update(content)

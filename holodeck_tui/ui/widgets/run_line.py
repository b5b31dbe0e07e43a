"""One line above the footer: the run that goes on, or how the last one ended."""

from __future__ import annotations

from rich.text import Text
from textual.widgets import Static

from holodeck_tui.core.redact import sanitize
from holodeck_tui.ui.base_app import BaseApp, app_of
from holodeck_tui.ui.places import PLACES
from holodeck_tui.ui.run_keeper import Run


class RunLine(Static):
    """Hidden while there is nothing to tell. A click leads to the pipeline."""

    DEFAULT_CSS = """
    RunLine {
        height: 1; display: none; background: $surface; padding: 0 1;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    RunLine.-shown { display: block; }
    """

    def on_mount(self) -> None:
        """Listen, and count the seconds."""
        self._app.run_news.subscribe(self, self._news)
        self._timer = self.set_interval(1.0, self._show, pause=True)
        self._show()

    @property
    def _app(self) -> BaseApp:
        return app_of(self)

    def _news(self, _run: Run) -> None:
        self._show()

    def on_click(self) -> None:
        """To where the run is shown in full."""
        if any(place.id == "pipeline" for place in PLACES):
            self._app.action_go("pipeline")

    def _show(self) -> None:
        run, keeper, glyphs = self._app.keeper.run, self._app.keeper, self._app.glyphs
        self.set_class(run is not None, "-shown")
        if run is None:
            return
        if run.running:
            self._timer.resume()
            seconds = int(keeper.clock() - run.started)
            doing = f"{run.step}: {sanitize(run.doing)}" if run.doing else run.step
            doing = "stopping" if run.stopping else doing
            text = f"{glyphs.busy} {run.title}  {seconds // 60:02}:{seconds % 60:02}  {doing}"
        else:
            self._timer.pause()
            assert run.result is not None
            text = f"{glyphs.ok} {run.title}: done"
            if not run.result.ok:
                error = run.result.error
                text = f"{glyphs.bad} {run.title}: {sanitize(str(error or 'failed'))}"
        self.update(Text(text))

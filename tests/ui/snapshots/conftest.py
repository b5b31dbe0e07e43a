"""Pictures of the app in one state: frozen values, frozen clocks, nothing that blinks or asks anybody."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import Input, TextArea

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import Status
from holodeck_tui.ui.app import HolodeckApp
from holodeck_tui.ui.launch import Launch
from holodeck_tui.ui.poller import Poller
from holodeck_tui.ui.preferences import Preferences
from holodeck_tui.ui.pulse import Pulse
from holodeck_tui.ui.screens.dashboard import DashboardScreen
from holodeck_tui.ui.screens.pipeline import PipelineScreen
from holodeck_tui.ui.theme import Glyphs
from holodeck_tui.ui.widgets.run_line import RunLine
from tests.ui.conftest import screen_text, wait_for
from tests.ui.snapshots.values import NOW

# What every dialog and the logs are looked at in: themes, the terminal's own colours, and none at all.
LOOKS = pytest.mark.parametrize(
    "look",
    [
        {},
        {"theme": "holodeck-light"},
        {"theme": "holodeck-colour-blind"},
        {"theme": "ansi-light"},
        {"no_color": True, "ascii": True},
    ],
    ids=["dark", "light", "colour-blind", "ansi-light", "no-colour-ascii"],
)
Before = Callable[["Stage"], Awaitable[None]]
# The same picture so many times in a row, so many seconds apart, is taken for the last one.
_SAME, _APART, _PATIENCE = 4, 0.06, 60.0


class _Now(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> _Now:
        return cls.fromtimestamp(NOW.timestamp(), tz)


@dataclass
class Stage:
    """One app whose clocks stand still; a test puts values into it and waits for what they look like."""

    app: HolodeckApp
    now: float = 1000.0
    pilot: Pilot[Any] = field(init=False)

    def __post_init__(self) -> None:
        self.app.fleet.open = lambda: None  # type: ignore[method-assign]
        self.app.fleet.now = lambda: self.now  # type: ignore[method-assign]
        self.app.fleet.poller = Poller(lambda: self.now, spread=lambda: 0.5)
        self.app.keeper.clock = lambda: self.now

    def watch(self, *scopes: str) -> None:
        """These are asked from now on, and none has answered."""
        self.app.fleet.poller.watch(scopes)
        self.app.fleet.poller.due()
        self._publish()

    def tell(self, scope: str, statuses: Sequence[Status] | DeploymentError) -> None:
        """A scope's answer."""
        poller = self.app.fleet.poller
        poller.focused = True
        if isinstance(statuses, DeploymentError):
            poller.failed(scope, statuses)
        else:
            poller.answered(scope, statuses)
        self._publish()

    def _publish(self) -> None:
        # Who does not look asks no health: these have no server.
        self.app.fleet.poller.focused = False
        self.app.fleet._publish()

    def beat(self, *rounds: dict[str, float | None]) -> None:
        """Rounds of /health: milliseconds by URL."""
        screen = self.app.screen
        assert isinstance(screen, DashboardScreen)
        for one in rounds:
            screen._asking._pulse._ask = lambda url, _ctx, one=one: one[url]  # type: ignore[misc]
            assert isinstance(screen._asking._pulse, Pulse)
            screen._asking._pulse.round(one, self.app.backend.context())
        screen.show_again()

    async def until(self, *words: str) -> None:
        """Wait until all of these can be read."""
        await wait_for(self.pilot, lambda: all(word in screen_text(self.app) for word in words))

    async def until_not(self, word: str) -> None:
        """Wait until this cannot be read any more."""
        await wait_for(self.pilot, lambda: word not in screen_text(self.app))

    def _tick(self) -> None:
        """What is drawn anew every second is drawn now, so that nothing depends on when it was."""
        screen = self.app.screen
        if isinstance(screen, DashboardScreen):
            screen._look()
        elif isinstance(screen, PipelineScreen):
            screen._tick()
        for line in screen.query(RunLine):
            line._show()

    async def press(self, *keys: str) -> None:
        """Press keys."""
        await self.pilot.press(*keys)

    async def settle(self) -> None:
        """Wait until nothing changes any more."""
        end, same = time.monotonic() + _PATIENCE, 0
        last: list[Strip] = []
        while same < _SAME:
            assert time.monotonic() < end, "the picture does not come to rest:\n" + screen_text(self.app)
            for one in self.app.screen.query("Input, TextArea"):
                # Where a cursor is in its blinking is a matter of time.
                assert isinstance(one, (Input, TextArea))
                one.cursor_blink = False
            self._tick()
            await self.pilot.pause(_APART)
            # What a picture is made of: it takes a twentieth of the picture's time.
            seen = self.app.screen._compositor.render_strips()
            same, last = (same + 1 if seen == last else 0), seen


Picture = Callable[..., bool]


@pytest.fixture
def frozen() -> Iterator[None]:
    """It is always the same moment, in UTC."""
    with pytest.MonkeyPatch.context() as patch:
        for module in ("detail", "widgets.deployments"):
            patch.setattr(f"holodeck_tui.ui.{module}.datetime", _Now)
        patch.setattr("holodeck_tui.ui.screens.chat.monotonic", lambda: 0.0)
        patch.setenv("TZ", "UTC")
        _read_zone()
        yield
    _read_zone()


def _read_zone() -> None:
    if hasattr(time, "tzset"):
        time.tzset()


@pytest.fixture
def agent(tmp_path: Path) -> Path:
    """An agent with a name that stands in pictures."""
    folder = tmp_path / "ticket-routing"
    folder.mkdir()
    text = (
        "name: ticket-routing\nmodel: {provider: ollama, name: llama3.2}\ninstructions: {inline: be kind}\n"
    )
    (folder / "agent.yaml").write_text(text)
    (folder / "deploy.yaml").write_text("target: local\nlocal: {runtime: process}\n")
    return folder / "agent.yaml"


@pytest.fixture
def picture(launch: Launch, frozen: None, snap_compare: Any) -> Picture:
    """Whether the app looks as it did: ``before`` brings it into the state that is meant."""

    def compare(
        before: Before,
        *,
        size: tuple[int, int] = (80, 24),
        theme: str | None = None,
        ascii: bool = False,  # noqa: A002 - the preference is called so
        read_only: bool = False,
        no_color: bool = False,
        agent: Path | None = None,
    ) -> bool:
        environ = {**launch.environ, **({"NO_COLOR": "1"} if no_color else {})}
        made = replace(launch, agent=agent or launch.agent, read_only=read_only, environ=environ)
        with pytest.MonkeyPatch.context() as patch:
            if no_color:
                # Textual reads it from the process.
                patch.setenv("NO_COLOR", "1")
            app = HolodeckApp(made, preferences=Preferences(theme=theme, ascii=ascii))
        # A terminal that speaks UTF-8, wherever the tests run.
        app.glyphs = Glyphs(not ascii)
        app.animation_level = "none"
        stage = Stage(app)

        async def run(pilot: Pilot[Any]) -> None:
            stage.pilot = pilot
            await wait_for(pilot, lambda: app.screen.query("#deployments"))
            await before(stage)
            await stage.settle()

        return bool(snap_compare(app, terminal_size=size, run_before=run))

    return compare

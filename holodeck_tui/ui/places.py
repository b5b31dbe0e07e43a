"""The places of the app, in the order of their keys. A place is made when it is first gone to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

from textual.screen import Screen


@dataclass(frozen=True)
class Place:
    """``screen`` is ``module:Class``; the class takes no arguments and finds what it needs at its app."""

    id: str
    key: str
    title: str
    help: str
    screen: str

    def factory(self) -> Callable[[], Screen[Any]]:
        """Imports the place's module when it is first called."""

        def make() -> Screen[Any]:
            module, _, name = self.screen.partition(":")
            return cast("Screen[Any]", getattr(import_module(module), name)())

        return make


PLACES: tuple[Place, ...] = (
    Place(
        "deployments",
        "1",
        "Deployments",
        "Every deployment of ours, on this machine and in the clouds.",
        "holodeck_tui.ui.screens.dashboard:DashboardScreen",
    ),
    Place(
        "pipeline",
        "2",
        "Pipeline",
        "Plan, build, push, run and verify this agent.",
        "holodeck_tui.ui.screens.pipeline:PipelineScreen",
    ),
    Place(
        "config",
        "3",
        "Config",
        "agent.yaml and deploy.yaml, as a form and as YAML.",
        "holodeck_tui.ui.screens.editor:EditorScreen",
    ),
    Place(
        "setup",
        "4",
        "Setup",
        "What is ready, what is not, and the first target.",
        "holodeck_tui.ui.screens.setup:SetupScreen",
    ),
)

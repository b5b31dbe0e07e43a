"""Deployments: everything of ours, on this machine and in the clouds."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Static

from holodeck_tui.core.values import ServiceRef
from holodeck_tui.ui.screens.base import PlaceScreen


class DashboardScreen(PlaceScreen):
    """The first place."""

    def content(self) -> ComposeResult:
        """A count."""
        yield Static("", id="count")

    def show(self, ref: ServiceRef) -> None:
        """Go to one deployment."""

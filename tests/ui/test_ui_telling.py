"""An error as a notice says what is wrong, not only that something is."""

from __future__ import annotations

import pytest

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.ui.app import HolodeckApp
from holodeck_tui.ui.screens.operate import tell
from tests.ui.conftest import Eventually, screen_text

pytestmark = pytest.mark.ui


async def test_the_first_problem_stands_in_the_notice(quiet: HolodeckApp, eventually: Eventually) -> None:
    problems = ("agent.yaml:8:22: must be aws, gcp or azure", "agent.yaml:9:1: is unknown")
    error = DeploymentError(
        "config-invalid",
        "The configuration is not valid.",
        reason="agent.yaml has 2 problems",
        remedy="holodeck-deploy-tui validate",
        details=problems,
    )
    async with quiet.run_test(size=(120, 40), notifications=True) as pilot:
        tell(quiet, error)
        await eventually(pilot, lambda: "must be aws, gcp or azure (and 1 more)" in screen_text(quiet))
        assert "holodeck-deploy-tui validate" in screen_text(quiet)

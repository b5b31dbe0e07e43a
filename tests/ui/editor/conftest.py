"""The agent that most tests of the editor edit."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ui.agents import AgentFolder
from tests.ui.editor.test_editor_screen import OVERLAY, TEXT


@pytest.fixture
def agent(tmp_path: Path, sealed_home: Path) -> AgentFolder:
    """agent.yaml and deploy.yaml with an environment."""
    made = AgentFolder(tmp_path, sealed_home)
    made.agent.write_text(TEXT)
    made.overlay.write_text(OVERLAY)
    return made

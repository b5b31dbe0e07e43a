"""A project folder per test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.config.support import AGENT, Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("agent.yaml", AGENT)
    return made

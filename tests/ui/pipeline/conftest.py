from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui.agents import AgentFolder


@pytest.fixture
def agent(tmp_path: Path, sealed_home: Path, holodeck_bin: str) -> Iterator[AgentFolder]:
    made = AgentFolder(tmp_path, sealed_home, holodeck_bin)
    yield made
    made.destroy()

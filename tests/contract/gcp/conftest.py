from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.gcp.agents import CANARY, Bench
from tests.contract.gcp.server import Cloud, cloud
from tests.contract.gcp.world import World


@pytest.fixture
def google() -> Iterator[Cloud]:
    """A Google Cloud of the test's own; it never says what the vendor would not."""
    world = World()
    world.behaviour.seconds = 0.1
    with cloud(world) as started:
        yield started
    assert world.wrong_answers == []


@pytest.fixture
def bench(google: Cloud, tmp_path: Path) -> Bench:
    """An agent with a key in the shell, pointed at that cloud."""
    made = Bench(tmp_path / "agent", {**google.environ, "OPENAI_API_KEY": CANARY})
    made.write()
    return made

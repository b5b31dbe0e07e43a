"""The imitation of Azure, fresh for every test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.azure.server import AzureServer
from tests.contract.azure.support import Stage


@pytest.fixture
def azure() -> Iterator[AzureServer]:
    server = AzureServer()
    yield server
    server.close()


@pytest.fixture
def stage(azure: AzureServer, tmp_path: Path) -> Stage:
    return Stage(azure, tmp_path / "agent")

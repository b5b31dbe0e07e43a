"""One open registry and one with a password, with the same base in both, for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.integration.layers.registries import LOGIN, PASSWORD, USER, base_in_engine, push_base
from tests.registry import RegistryProcess, registry_process


@dataclass(frozen=True)
class Place:
    """A registry, the base in it, and what the environment must hold to log in."""

    registry: RegistryProcess
    base: str
    environ: dict[str, str]

    @property
    def host(self) -> str:
        return self.registry.host


@pytest.fixture(scope="session")
def engine_base() -> Iterator[str]:
    with base_in_engine() as name:
        yield name


@pytest.fixture(scope="session")
def open_place(tmp_path_factory: pytest.TempPathFactory, engine_base: str) -> Iterator[Place]:
    with registry_process(tmp_path_factory.mktemp("open") / "r") as registry:
        yield Place(registry, push_base(engine_base, registry.host), {})


@pytest.fixture(scope="session")
def locked_place(tmp_path_factory: pytest.TempPathFactory, engine_base: str) -> Iterator[Place]:
    with registry_process(tmp_path_factory.mktemp("locked") / "r", login=(USER, PASSWORD)) as registry:
        yield Place(registry, push_base(engine_base, registry.host, password=True), LOGIN)


@pytest.fixture(params=["open", "password"])
def place(request: pytest.FixtureRequest) -> Place:
    name = "open_place" if request.param == "open" else "locked_place"
    found = request.getfixturevalue(name)
    assert isinstance(found, Place)
    return found

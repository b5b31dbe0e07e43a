"""Settings every test shares: sealed from the user's own files, and honest about what is skipped."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from functools import cache
from itertools import zip_longest
from pathlib import Path

import psutil
import pytest
from hypothesis import settings

# What these modules of tests hold to be so is told in full where it is not; only what is imported later is.
pytest.register_assert_rewrite(
    *(f"tests.contract.{name}" for name in ("front_ends", "found_elsewhere", "keys", "scenario", "told"))
)

from tests.leaks import describe, processes_in  # noqa: E402
from tests.parts import lacks, need  # noqa: E402

# A busy machine is no failure: what a test may take is for the run as a whole.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

REPOSITORY = Path(__file__).resolve().parents[1]


@cache
def _engine_answers() -> bool:
    if shutil.which("docker") is None:
        return False
    done = subprocess.run(["docker", "version"], capture_output=True, timeout=30, check=False)
    return done.returncode == 0


def _missing(item: pytest.Item) -> str | None:
    if item.get_closest_marker("docker") and not _engine_answers():
        return "no container engine answers"
    if item.get_closest_marker("podman") and shutil.which("podman") is None:
        return "podman is not installed"
    return None


# These begin early, because they are long and each is one worker's; the fixtures of the last three are shared.
_LONG = ("samples", "canary", "layers", "contract", "pipeline")
_SHARED = frozenset({"layers", "contract", "pipeline"})


# Before xdist's own hook, which reads the groups that are named here.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Order tests for parallel runs (``make test``), and keep those of a file in one worker.

    The fast ones first, then the long ones; then what loads the processors (engines, registries, commands)
    in turn with what mostly waits (the app), so that neither has the machine for itself.
    """
    if not config.pluginmanager.hasplugin("xdist"):
        return
    kinds: dict[int, list[list[pytest.Item]]] = {}
    for group, tests in _groups(items).items():
        kinds.setdefault(_rank(tests[0]), []).append(tests)
        for item in tests:
            item.add_marker(pytest.mark.xdist_group(group))
    first, long, loads, waits = (kinds.get(rank, []) for rank in range(4))
    # A long file that begins last is waited for alone.
    loads.sort(key=lambda tests: not any(item.get_closest_marker("slow") for item in tests))
    turns = [group for pair in zip_longest(loads, waits) for group in pair if group]
    items[:] = [item for group in (*first, *long, *turns) for item in group]


def _groups(items: list[pytest.Item]) -> dict[str, list[pytest.Item]]:
    found: dict[str, list[pytest.Item]] = {}
    for item in items:
        folder = item.path.parent
        shared = folder.parent.name == "integration" and folder.name in _SHARED
        found.setdefault(str(folder if shared else item.path), []).append(item)
    return found


def _rank(item: pytest.Item) -> int:
    kind, folder = (*item.path.relative_to(REPOSITORY).parts, "")[1:3]
    if kind == "integration":
        return 1 if folder in _LONG else 2
    return {"unit": 0, "contract": 2}.get(kind, 3)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what cannot run here, with the reason; in CI a skip is a failure."""
    reason = _missing(item)
    if reason:
        lacks(reason)


_LEAKS = pytest.StashKey[list[str]]()


def pytest_configure() -> None:
    """Let a run that is told to end, by CI or ``timeout``, take down what it started, as with Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run that leaves processes behind, and end them; what they were is told in its summary."""
    if hasattr(session.config, "workerinput"):
        return  # its controller looks
    factory: pytest.TempPathFactory = session.config._tmp_path_factory  # type: ignore[attr-defined]
    left = processes_in(factory.getbasetemp())
    session.config.stash[_LEAKS] = [describe(process) for process in left]
    for process in left:
        with suppress(psutil.Error):
            process.kill()
    if left and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name what was left behind."""
    left = config.stash.get(_LEAKS, [])
    if left:
        terminalreporter.section("processes that outlived this run", red=True)
        for line in left:
            terminalreporter.write_line(line)


@pytest.fixture(autouse=True)
def sealed_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of the test's own, so that no file of the user is read or written."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "DOCKER_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture(scope="session")
def holodeck_bin() -> str:
    """The real ``holodeck`` command, for the process runtime."""
    return need("HOLODECK_TEST_BIN")


@pytest.fixture(scope="session")
def holodeck_python() -> str:
    """A Python that can import the real holodeck-ai, to judge files by its own loader."""
    return need("HOLODECK_TEST_PYTHON")


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of real HoloDeck samples, which is not part of this project."""
    named = os.environ.get("HOLODECK_SAMPLES")
    folder = Path(named) if named else REPOSITORY.parent / "shared" / "samples"
    if not folder.is_dir():
        pytest.skip("the HoloDeck samples are not here; set HOLODECK_SAMPLES")
    return folder

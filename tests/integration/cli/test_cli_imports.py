"""The command starts quickly because it imports little; proven on sys.modules of a real process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

HEAVY = {
    "pydantic",
    "docker",
    "httpx",
    "ruamel",
    "jinja2",
    "importlib.metadata",
    "textual",
    "opentelemetry",
    "requests",
    "dotenv",
    "platformdirs",
    "asyncio",
}


def imported(words: str) -> set[str]:
    """The modules a process has after ``holodeck-deploy-tui WORDS``, beyond those of a bare Python."""
    script = (
        "import sys; before = set(sys.modules)\n"
        "from holodeck_tui.cli import run\n"
        f"run({words.split()!r})\n"
        "print('\\n'.join(set(sys.modules) - before), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    return set(done.stderr.splitlines())


@pytest.mark.parametrize(
    "words", ["--help", "deploy --help", "--version", "--bogus", "", "build --bogus --output json"]
)
def test_help_and_wrong_words_import_nothing_heavy(words: str) -> None:
    assert not HEAVY & imported(words)


def test_help_imports_of_ours_only_the_grammar() -> None:
    ours = {name for name in imported("--help") if name.startswith("holodeck_tui.")}
    assert ours == {
        "holodeck_tui.cli",
        "holodeck_tui.core",
        "holodeck_tui.core.errors",
        "holodeck_tui.headless",
        "holodeck_tui.headless.grammar",
        "holodeck_tui.headless.options",
        "holodeck_tui.headless.words",
    }


VENDORS = {"boto3", "botocore", "google", "google.cloud", "azure", "azure.mgmt", "azure.identity"}


@pytest.mark.parametrize("command", ["validate", "bundle", "schema", "deploy --dry-run --target local"])
def test_the_headless_path_imports_no_terminal_app_and_no_cloud(command: str) -> None:
    agent = Path(__file__).parents[3] / "holodeck_tui" / "sample" / "agent.yaml"
    words = command if command == "schema" else f"{command} {agent}"
    assert not (VENDORS | {"textual"}) & imported(words)


@pytest.mark.parametrize("command", ["validate", "bundle"])
def test_looking_at_files_imports_no_engine_and_no_http(command: str) -> None:
    agent = Path(__file__).parents[3] / "holodeck_tui" / "sample" / "agent.yaml"
    assert not {"docker", "httpx", "requests", "jinja2"} & imported(f"{command} {agent}")

"""The real parts that tests run against: what is missing skips a test, but fails it in CI."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

_MEND = "run tests/environment/setup.sh"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
_SETTINGS = _CACHE / "holodeck-deploy-tui" / "test-environment" / "environment"
# Read once, before any test seals its environment: where tests/environment/setup.sh put the real parts.
if _SETTINGS.is_file():
    for _line in _SETTINGS.read_text().splitlines():
        _name, _, _value = _line.partition("=")
        os.environ.setdefault(_name, _value)


def lacks(what: str) -> NoReturn:
    """End this test: ``what`` is not here."""
    if os.environ.get("CI", "").lower() in {"1", "true", "yes"}:
        pytest.fail(f"in CI nothing may be skipped: {what}; {_MEND}", pytrace=False)
    pytest.skip(f"{what}; {_MEND}")


def need(name: str) -> str:
    """An environment variable of the test environment, or a skip (in CI: a failure)."""
    return os.environ.get(name) or lacks(f"{name} is not set")


def registry_program() -> str:
    """Debian's docker-registry."""
    program = shutil.which("docker-registry")
    return program or lacks("docker-registry is not installed")


def need_image(name: str) -> str:
    """``name``, which the container engine has."""
    done = subprocess.run(["docker", "image", "inspect", name], capture_output=True, check=False, timeout=60)
    return name if done.returncode == 0 else lacks(f"the image {name} is not in the engine")

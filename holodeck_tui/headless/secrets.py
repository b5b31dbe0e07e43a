"""The secret values this shell knows, so that no output shows one, not even that of a crash."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from holodeck_tui.core.redact import looks_secret


def known_secrets(environ: Mapping[str, str], env_files: Iterable[Path]) -> Iterator[str]:
    """Values of secret-looking names in the environment and the ``.env`` files that can be read."""
    for name, value in environ.items():
        if looks_secret(name):
            yield value
    for path in env_files:
        if path.is_file():
            yield from _file_secrets(path)


def _file_secrets(path: Path) -> Iterator[str]:
    from dotenv import dotenv_values

    try:
        values = dotenv_values(path, interpolate=False)
    except (OSError, ValueError):
        return
    for name, value in values.items():
        if value and looks_secret(name):
            yield value

"""The user's own config of the app: theme, keymap, ASCII. What is wrong in it is told and left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from holodeck_tui.core.files import read_regular

_NOTHING: Mapping[str, str] = MappingProxyType({})
KEYS = ("theme", "ascii", "keymap")


@dataclass(frozen=True)
class Preferences:
    """``keymap``: action id → Textual keys, comma-separated. ``wrong``: what was left out, as sentences."""

    theme: str | None = None
    ascii: bool = False
    keymap: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    wrong: tuple[str, ...] = ()


def config_file() -> Path:
    """E.g. ``~/.config/holodeck-deploy-tui/ui.yaml``."""
    import platformdirs

    return Path(platformdirs.user_config_dir("holodeck-deploy-tui", appauthor=False)) / "ui.yaml"


def read_preferences(path: Path) -> Preferences:
    """What ``path`` says; nothing where there is no such file."""
    try:
        text = read_regular(path).decode("utf-8", "replace")
    except (FileNotFoundError, NotADirectoryError):
        return Preferences()
    except OSError as error:
        return Preferences(wrong=(f"{path.name} cannot be read: {error.strerror}",))
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    from holodeck_tui.core.redact import sanitize

    try:
        data = YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        return Preferences(wrong=(f"{path.name} cannot be read as YAML: {sanitize(str(error))[:200]}",))
    if data is None:
        return Preferences()
    if not isinstance(data, dict):
        return Preferences(wrong=(f"{path.name} must be keys and values",))
    wrong = [
        f"{path.name}: {sanitize(str(key))} is not one of {', '.join(KEYS)}"
        for key in data
        if key not in KEYS
    ]
    keymap = data.get("keymap") or {}
    if not isinstance(keymap, dict) or not all(isinstance(key, str) for key in keymap.values()):
        wrong.append(f"{path.name}: keymap must be action: keys, e.g. deployments.logs: l")
        keymap = {}
    theme = data.get("theme")
    return Preferences(
        theme=str(theme) if theme else None,
        ascii=bool(data.get("ascii")),
        keymap=MappingProxyType({str(name): str(keys) for name, keys in keymap.items()}),
        wrong=tuple(wrong),
    )

"""Which values no text may show: those that the agent's files take from variables, but for plain settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from holodeck_tui.core.redact import looks_secret
from holodeck_tui.models.base import REFERENCE

if TYPE_CHECKING:
    from holodeck_tui.config.resolve import Settings
    from holodeck_tui.config.sources import Source

# Below these, ``${VAR}`` goes to the container; elsewhere in deployment: and deploy.yaml it is a setting
# (a registry, a region, a name) that results have to show.
_CONTAINERS = frozenset({"environment", "secrets"})


def masked_values(settings: Settings) -> tuple[str, ...]:
    """Values of every ``${VAR}`` of the agent's files, comments included, and of ``.env`` files.

    Not masked, unless the variable's name looks secret: what is a plain setting (``registry.url:
    ${REGISTRY}``), and what one of the files says openly.
    """
    sources = [one for one in _sources(settings) if one is not None]
    texts = [one.document.text for one in sources]
    names = {name for text in texts for name in REFERENCE.findall(text)}
    names |= settings.variables.names_in_files()
    settled = {name for one in sources for name in _settings_of(one)}
    names = {name for name in names if looks_secret(name) or name not in settled}
    found = [settings.variables.get(one.env) or "" for one in settings.overlay.secrets.values() if one.env]
    for name in names:
        value = settings.variables.get(name)
        if value and (looks_secret(name) or not any(value in text for text in texts)):
            found.append(value)
    return (*settings.variables.secrets(), *sorted(filter(None, found)))


def _sources(settings: Settings) -> tuple[Source | None, ...]:
    files = settings.files
    return files.agent, files.overlay, files.project, files.user


def _settings_of(source: Source) -> Iterator[str]:
    whole = source.data
    data = whole if source.kind == "overlay" else {"deployment": whole.get("deployment")}
    for text in _texts(data, frozenset()):
        yield from REFERENCE.findall(text)


def _texts(data: Any, above: frozenset[int]) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, (Mapping, list)) and id(data) not in above:
        pairs = data.items() if isinstance(data, Mapping) else enumerate(data)
        for name, value in pairs:
            if name not in _CONTAINERS:
                yield from _texts(value, above | {id(data)})

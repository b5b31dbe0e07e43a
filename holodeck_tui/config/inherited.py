"""Which value holds at each key of the configuration, and which file and line it is from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from holodeck_tui.config import layers
from holodeck_tui.config.evaluate import Question, deployment_layers
from holodeck_tui.config.layers import Layer
from holodeck_tui.config.sources import Sources
from holodeck_tui.config.variables import Variables

Keys = tuple[str, ...]


@dataclass(frozen=True)
class Held:
    """A value as it is written (``${VAR}`` stays) and its place, as ``config.yaml:3``."""

    value: Any
    place: str


def held_values(sources: Sources, environment: str | None, variables: Variables) -> Mapping[Keys, Held]:
    """By path: ``("deployment", "port")`` of the merged section, ``("health", "timeout")`` of deploy.yaml."""
    found: dict[Keys, Held] = {}
    section = layers.merge(deployment_layers(sources, Question(variables, environment)))
    for path, value in layers.leaves(section.data):
        layer = section.origin(path) if path else None
        if layer is not None and layer.source is not None:
            where: Keys = ("deployment", *map(str, path))
            found[where] = Held(value, layer.source.place((*layer.prefix, *path)))
    overlay = sources.overlay
    if overlay is None:
        return MappingProxyType(found)
    base = {name: value for name, value in overlay.data.items() if name != "environments"}
    parts = [Layer(overlay, (), base)]
    if environment is not None:
        own = overlay.document.get(("environments", environment))
        if isinstance(own, Mapping):
            rest = {name: value for name, value in own.items() if name != "deployment"}
            parts.append(Layer(overlay, ("environments", environment), rest))
    merged = layers.merge(parts)
    for path, value in layers.leaves(merged.data):
        layer = merged.origin(path) if path else None
        if layer is not None and layer.source is not None:
            found[tuple(map(str, path))] = Held(value, layer.source.place((*layer.prefix, *path)))
    return MappingProxyType(found)

"""Deep merging that remembers which file each value came from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from holodeck_tui.config.sources import Problem, Severity, Source
from holodeck_tui.config.variables import Variables
from holodeck_tui.models.base import REFERENCE

Path = tuple[str | int, ...]

COMMAND_LINE = "command line"


@dataclass(frozen=True)
class Layer:
    """Keys of one file: ``data`` is what stands at ``prefix`` of ``source`` (None: the command line).

    ``depth``: as many elements of a merged path are the prefix itself.
    """

    source: Source | None
    prefix: Path
    data: Mapping[str, Any]
    depth: int = 0

    def place(self, path: Sequence[str | int]) -> str:
        """``agent.yaml:12``, or ``command line``."""
        return COMMAND_LINE if self.source is None else self.source.place((*self.prefix, *path[self.depth :]))

    def problem(self, path: Sequence[str | int], message: str, severity: Severity, *, key: bool) -> Problem:
        """A problem at ``path`` of this layer."""
        if self.source is None:
            return Problem(COMMAND_LINE, 1, 1, ".".join(map(str, path)), message, severity)
        return self.source.problem((*self.prefix, *path[self.depth :]), message, severity, key=key)


@dataclass
class Merged:
    """Several layers laid over each other, the last on top."""

    data: dict[str, Any] = field(default_factory=dict)
    origins: dict[Path, Layer] = field(default_factory=dict)

    def origin(self, path: Sequence[str | int]) -> Layer | None:
        """The layer that wrote what stands at ``path``, or at its nearest ancestor."""
        path = tuple(path)
        for end in range(len(path), -1, -1):
            layer = self.origins.get(path[:end])
            if layer is not None:
                return layer
        return None

    def places(self, prefix: str = "") -> dict[str, str]:
        """Dotted path of every plain value → the file and line that wrote it."""
        start = f"{prefix}." if prefix else ""
        return {
            start + ".".join(map(str, path)): self._layer(path).place(path)
            for path, value in leaves(self.data)
            if not (isinstance(value, Mapping) and not value)
        }

    def _layer(self, path: Path) -> Layer:
        layer = self.origin(path)
        assert layer is not None
        return layer


def merge(layers: Sequence[Layer], *, whole: Collection[Path] = ()) -> Merged:
    """Lay ``layers`` over each other, the lowest first.

    Mappings merge, all else replaces. A path in ``whole`` is replaced too; ``*`` stands for any key.
    """
    merged = Merged()
    for layer in layers:
        # A key that is missing in a block is told where the agent's own file has the block.
        if () not in merged.origins or _agents(layer):
            merged.origins[()] = layer
        _lay(merged, layer, (), tuple(whole))
    return merged


def _agents(layer: Layer) -> bool:
    return layer.source is not None and layer.source.kind == "agent"


def _lay(merged: Merged, layer: Layer, at: Path, whole: tuple[Path, ...]) -> None:
    base, over = at_path(merged.data, at), at_path(layer.data, at)
    for name, value in over.items():
        path = (*at, name)
        if isinstance(value, Mapping) and isinstance(base.get(name), dict) and not _matches(path, whole):
            if _agents(layer):
                merged.origins[path] = layer
            _lay(merged, layer, path, whole)
            continue
        for known in [known for known in merged.origins if known[: len(path)] == path]:
            del merged.origins[known]
        for inner in _inside(value):
            merged.origins[path + inner] = layer
        base[name] = _copied(value)


def _inside(value: Any) -> Iterator[Path]:
    """The paths of a value and of all mappings' values in it."""
    yield ()
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from ((name, *path) for path in _inside(item))


def at_path(data: Any, path: Sequence[str | int]) -> Any:
    """What stands at ``path``; it must be there."""
    for name in path:
        data = data[name]
    return data


def _matches(path: Path, patterns: tuple[Path, ...]) -> bool:
    return any(
        len(pattern) == len(path)
        and all(part in {"*", name} for part, name in zip(pattern, path, strict=True))
        for pattern in patterns
    )


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _copied(item) for name, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def leaves(data: Any, at: Path = ()) -> list[tuple[Path, Any]]:
    """Every plain value and empty block with its path."""
    if isinstance(data, Mapping) and data:
        return [leaf for name, value in data.items() for leaf in leaves(value, (*at, name))]
    if isinstance(data, list) and data:
        return [leaf for index, value in enumerate(data) for leaf in leaves(value, (*at, index))]
    return [(at, data)]


@dataclass(frozen=True)
class Resolved:
    """Data with ``${VAR}`` replaced where its variable is set.

    ``used``: paths whose value came from a variable; ``unset``: paths that still hold references to
    variables that are set nowhere, with their names.
    """

    data: dict[str, Any]
    used: frozenset[Path]
    unset: Mapping[Path, tuple[str, ...]]

    def without(self, names: Collection[str]) -> Resolved:
        """The same without some top-level keys."""
        data = {name: value for name, value in self.data.items() if name not in names}
        unset = {path: missing for path, missing in self.unset.items() if path[0] not in names}
        return Resolved(data, self.used, unset)


def resolve(data: Mapping[str, Any], variables: Variables, *, keep: Collection[Path] = ()) -> Resolved:
    """Replace ``${VAR}`` in text values, except at and below the paths in ``keep`` (``*``: any key)."""
    used: set[Path] = set()
    unset: dict[Path, tuple[str, ...]] = {}
    patterns = tuple(keep)

    def visit(value: Any, at: Path) -> Any:
        if _matches(at, patterns):
            return value
        if isinstance(value, Mapping):
            return {name: visit(item, (*at, name)) for name, item in value.items()}
        if isinstance(value, list):
            return [visit(item, (*at, index)) for index, item in enumerate(value)]
        if not isinstance(value, str) or not REFERENCE.search(value):
            return value
        used.add(at)
        missing = variables.missing(value)
        if missing:
            unset[at] = missing
            return value
        return variables.expand(value)

    return Resolved(visit(data, ()), frozenset(used), unset)


def without(data: Mapping[str, Any], paths: Collection[Path]) -> dict[str, Any]:
    """A copy of ``data`` without the values at ``paths``."""
    copy: dict[str, Any] = _copied(data)
    for path in paths:
        holder: Any = copy
        for name in path[:-1]:
            holder = holder[name] if not isinstance(holder, Mapping) else holder.get(name, {})
        if isinstance(holder, dict):
            holder.pop(path[-1], None)
    return copy

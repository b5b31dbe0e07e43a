"""What a service on this machine is, in either runtime: its facts, its revisions, which one serves."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from holodeck_tui.core.values import Change
from holodeck_tui.deployers.local_names import revision_number

RuntimeName = Literal["docker", "process"]

# created: not started yet. running. restarting: it ended and is about to be started again.
# stopped: ended because somebody wanted it. ended: by itself, and nobody starts it again.
Phase = Literal["created", "running", "restarting", "stopped", "ended"]


@dataclass(frozen=True)
class Facts:
    """What one revision was made from. Kept as labels of its container, or in a file of its folder.

    ``image`` is the engine's image ID (None in the process runtime). ``env`` maps each variable's name
    to a keyed hash of its value, never to the value. ``made_with`` changes when the way containers or
    processes are set up changes, so that an update of this tool takes effect.
    """

    service: str
    agent: str
    environment: str | None
    content_hash: str
    image: str | None
    image_uri: str | None
    env: Mapping[str, str]
    port: int
    protocol: str
    memory: str | None
    health_path: str = "/health"
    ready_path: str = "/ready"
    timeout: float = 180.0
    made_with: str = "1"
    tags: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        """One line of JSON that :meth:`parse` reads."""
        return json.dumps({**self.__dict__, "env": dict(self.env), "tags": dict(self.tags)}, sort_keys=True)

    @classmethod
    def parse(cls, text: str) -> Facts | None:
        """The facts in ``text``; None when another version of this tool wrote something else there."""
        try:
            data = json.loads(text)
            known = {key: data[key] for key in cls.__dataclass_fields__ if key in data}
            return cls(**known)
        except (ValueError, TypeError):
            return None

    def differences(self, other: Facts) -> list[Change]:
        """From ``self`` (what runs) to ``other`` (what would run). Values of variables are ``***``."""
        changes: list[Change] = []
        for name in ("image", "protocol", "port", "memory", "health_path", "ready_path", "timeout"):
            before, after = getattr(self, name), getattr(other, name)
            if before != after:
                changes.append(Change(name, before, after))
        if self.image is None and other.image is None and self.content_hash != other.content_hash:
            changes.append(Change("content_hash", self.content_hash, other.content_hash))
        for name in sorted({*self.env, *other.env}):
            if self.env.get(name) != other.env.get(name):
                before, after = ("***" if name in side.env else None for side in (self, other))
                changes.append(Change(f"environment.{name}", before, after))
        if not changes and self.made_with != other.made_with:
            changes.append(Change("made_with", self.made_with, other.made_with))
        return changes


@dataclass(frozen=True)
class Pointer:
    """Which revision serves, where, and which ones served before (newest first).

    Replacing it is the one moment in which a service switches; the front reads ``host`` and ``port``.
    """

    active: str | None = None
    host: str | None = None
    port: int | None = None
    previous: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        """What the front reads."""
        data: dict[str, Any] = {**self.__dict__, "previous": list(self.previous)}
        return (json.dumps(data) + "\n").encode()

    @classmethod
    def parse(cls, data: bytes) -> Pointer | None:
        """None when it is damaged."""
        try:
            value = json.loads(data)
            return cls(value["active"], value["host"], value["port"], tuple(value["previous"]))
        except (ValueError, KeyError, TypeError):
            return None

    @classmethod
    def guess(cls, service: str, units: Iterable[Unit]) -> Pointer:
        """The pointer that was lost: the newest proven revision that runs serves, or would."""
        proven = sorted(
            (unit for unit in units if unit.confirmed),
            key=lambda unit: (unit.phase == "running", revision_number(service, unit.name) or 0),
            reverse=True,
        )
        return cls(proven[0].name, previous=tuple(unit.name for unit in proven[1:])) if proven else cls()

    def to(self, name: str, host: str, port: int, keep: int) -> Pointer:
        """The pointer after a switch to ``name``; at most ``keep`` earlier ones are remembered."""
        earlier = [one for one in (self.active, *self.previous) if one and one != name]
        return replace(self, active=name, host=host, port=port, previous=tuple(dict.fromkeys(earlier))[:keep])


@dataclass(frozen=True)
class Unit:
    """One revision as its runtime sees it now.

    ``url`` reaches it directly, beside the front; ``confirmed``: it was proven once.
    """

    name: str
    facts: Facts | None
    phase: Phase
    url: str | None = None
    exit_code: int | None = None
    restarts: int = 0
    note: str = ""
    confirmed: bool = False
    created_at: datetime | None = None
    started_at: datetime | None = None


@dataclass(frozen=True)
class View:
    """One service as its runtime sees it now."""

    service: str
    runtime: RuntimeName
    port: int | None
    front: Literal["up", "down", "missing"]
    pointer: Pointer
    units: Mapping[str, Unit]
    agent: str = ""
    environment: str | None = None

    @property
    def active(self) -> Unit | None:
        """The revision that serves (or is paused)."""
        return self.units.get(self.pointer.active) if self.pointer.active else None

    @property
    def previous(self) -> list[Unit]:
        """Those that served before and still exist, newest first."""
        return [self.units[name] for name in self.pointer.previous if name in self.units]

    @property
    def strays(self) -> list[Unit]:
        """Those that never served, or are no longer remembered: left by a run that was killed."""
        known = {self.pointer.active, *self.pointer.previous}
        return [unit for name, unit in self.units.items() if name not in known]

    @property
    def url(self) -> str | None:
        """The stable address."""
        return None if self.port is None else f"http://127.0.0.1:{self.port}"

    @property
    def next_number(self) -> int:
        """The number of the next revision: above all that are known."""
        names = (*self.units, *self.pointer.previous, self.pointer.active or "")
        return max((revision_number(self.service, name) or 0 for name in names), default=0) + 1


@dataclass(frozen=True)
class Remaining:
    """What becomes of images: phrases for people."""

    gone: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()

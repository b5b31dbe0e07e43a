"""What a contract server knows: its services' state, the misbehaviours asked of it, and what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

ACCOUNT = "123456789012"
REGION = "eu-west-1"


class Fault(Exception):
    """An error answer of a service: a code of its model, a message, an HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


@dataclass
class Rule:
    """One misbehaviour: for ``times`` calls of ``service.operation`` ("*": any).

    ``do``: ``error`` (``code``, ``message``, ``status``), ``drop`` (the connection breaks before anything is
    done), ``drop-after`` (it is done, and the answer is lost), ``slow`` (``seconds``).
    """

    do: str
    service: str = "*"
    operation: str = "*"
    times: int = 1
    code: str = ""
    message: str = ""
    status: int = 400
    seconds: float = 0.0

    def fits(self, service: str, operation: str) -> bool:
        return self.times > 0 and self.service in {"*", service} and self.operation in {"*", operation}


@dataclass
class Ending:
    """How the next operation of a type ends; ``lines`` go to the ``/service`` log."""

    type: str
    status: str
    seconds: float | None = None
    lines: Sequence[str] = ()
    application: Sequence[str] = ()


@dataclass
class World:
    """All state, under one lock. ``seconds``: what an operation takes; ``lag``: until it is listed.

    Of ECS: ``bare`` gives addresses without a scheme, ``draining`` keeps what is deleted from going.
    """

    seconds: float = 0.2
    lag: float = 0.0
    latency: float = 0.0
    empty_pages: bool = False
    closed: bool = False
    bare: bool = False
    draining: bool = False
    registry: str | None = None
    rules: list[Rule] = field(default_factory=list)
    endings: list[Ending] = field(default_factory=list)
    sick: set[str] = field(default_factory=set)
    calls: list[dict[str, Any]] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    guard: threading.RLock = field(default_factory=threading.RLock)

    def rule(self, service: str, operation: str) -> Rule | None:
        """The misbehaviour of this call, used up by one."""
        with self.guard:
            found = next((rule for rule in self.rules if rule.fits(service, operation)), None)
            if found is not None:
                found.times -= 1
            return found

    def ending(self, kind: str) -> Ending:
        with self.guard:
            found = next((each for each in self.endings if each.type in {kind, "*"}), None)
            if found is not None:
                self.endings.remove(found)
            return found or Ending(kind, "SUCCEEDED")

    def count(self, operation: str) -> int:
        with self.guard:
            return sum(1 for call in self.calls if call["operation"] == operation)

    def bodies(self) -> str:
        """Everything that was sent, as text; but for what went to the secret store itself."""
        with self.guard:
            return json.dumps([call for call in self.calls if call["service"] != "secretsmanager"])

    def told(self, order: dict[str, Any]) -> dict[str, Any]:
        """One order of the control API."""
        with self.guard:
            for rule in order.get("rules", ()):
                self.rules.append(Rule(**rule))
            for ending in order.get("endings", ()):
                self.endings.append(Ending(**ending))
            for name in (
                "seconds",
                "lag",
                "latency",
                "empty_pages",
                "closed",
                "registry",
                "bare",
                "draining",
            ):
                if name in order:
                    setattr(self, name, order[name])
            if "sick" in order:
                self.sick = set(order["sick"])
            if order.get("forget"):
                self.rules.clear()
                self.endings.clear()
                self.calls.clear()
            return {"calls": len(self.calls), "violations": self.violations}


def paged(
    items: Sequence[Any], body: dict[str, Any], world: World, *, token: str, size: int
) -> tuple[list[Any], dict[str, str]]:
    """One page and its token; with ``empty_pages`` an empty page stands before each."""
    kind, _, start_text = str(body.get(token) or "e:0").partition(":")
    if not start_text.isdigit() or kind not in {"e", "f"}:
        raise Fault("InvalidRequestException", "The NextToken is not valid.")
    start = int(start_text)
    if world.empty_pages and kind == "e" and items:
        return [], {token: f"f:{start}"}
    page = list(items[start : start + size])
    more = start + size < len(items)
    return page, {token: f"e:{start + size}"} if more else {}


def now() -> float:
    return time.time()

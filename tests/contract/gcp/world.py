"""What the servers know, and how they were told to behave: one lock, no thread of its own."""

from __future__ import annotations

import hashlib
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Any

from google.cloud import run_v2
from google.cloud.logging_v2.types import LogEntry
from google.longrunning import operations_pb2

from tests.contract.gcp.faults import Fault, Refusal


@dataclass
class Behaviour:
    """What the control endpoint sets. Times are seconds."""

    # How the next revision ends: ok, crash, missing, denied, secrets, deadline, sick (up, but not healthy).
    outcome: str = "ok"
    # How long Cloud Run works on a change, and how long it is read as it was after that.
    seconds: float = 0.3
    stale: float = 0.0
    # The network's way there and back.
    latency: float = 0.0
    # A tail's session ends after so long, or after so many entries.
    tail_seconds: float = 3600.0
    tail_entries: int = 10_000_000
    tail_suppresses: int = 0
    # Pages without entries before the first with some.
    empty_pages: int = 0
    # An image is looked up there (http://127.0.0.1:PORT); without it every image exists.
    registry: str = ""
    # Whether a service may read only secrets that it was given.
    strict_secrets: bool = True


@dataclass
class Running:
    """Something that takes its time: ``done_at`` on the monotonic clock."""

    name: str
    service: str
    done_at: float
    finish: Callable[[], None]
    error: Any = None
    response: Any = None
    finished: bool = False


@dataclass
class Said:
    """An entry of the log, with what filters look at taken out. ``at`` is in nanoseconds."""

    at: int
    name: str
    labels: dict[str, str]
    entry: Any


@dataclass
class World:
    """All of Google Cloud that there is."""

    url: str = ""
    behaviour: Behaviour = field(default_factory=Behaviour)
    services: dict[str, run_v2.Service] = field(default_factory=dict)
    revisions: dict[str, list[run_v2.Revision]] = field(default_factory=dict)
    # What is still read of a service, and until when.
    stale: dict[str, tuple[run_v2.Service | None, float]] = field(default_factory=dict)
    sick: set[str] = field(default_factory=set)
    operations: dict[str, Running] = field(default_factory=dict)
    secrets: dict[str, Any] = field(default_factory=dict)
    payloads: dict[str, list[bytes]] = field(default_factory=dict)
    policies: dict[str, Any] = field(default_factory=dict)
    repositories: dict[str, Any] = field(default_factory=dict)
    logs: list[Said] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    # What was said against the published model: a defect of these servers.
    wrong_answers: list[str] = field(default_factory=list)
    lock: threading.Condition = field(default_factory=lambda: threading.Condition(threading.RLock()))

    @contextmanager
    def call(self, method: str, request: dict[str, Any]) -> Iterator[None]:
        """One call: noted, slowed down, failed as asked for."""
        time.sleep(self.behaviour.latency)
        with self.lock:
            self.calls[method] += 1
            self.requests.append((method, request))
            before = self._fault(method, after=False)
            if before is not None:
                raise before
            self.advance()
            yield
            after = self._fault(method, after=True)
            if after is not None:
                raise after

    def advance(self) -> None:
        """Have everything end whose time has come."""
        now = time.monotonic()
        for running in list(self.operations.values()):
            if not running.finished and running.done_at <= now:
                running.finished = True
                running.finish()

    def start(
        self, name: str, parent: str, finish: Callable[[], None], *, seconds: float | None = None
    ) -> Running:
        """An operation on ``name`` that ends after its time."""
        identity = f"{parent}/operations/{uuid.uuid4()}"
        takes = self.behaviour.seconds if seconds is None else seconds
        running = Running(identity, name, time.monotonic() + takes, finish)
        self.operations[identity] = running
        return running

    def busy(self, service: str) -> bool:
        """Whether something is under way there."""
        return any(one.service == service and not one.finished for one in self.operations.values())

    def log(self, service: str, revision: str, *lines: str, stream: str = "stdout") -> None:
        """Have the container say something."""
        parts = service.split("/")
        labels = {
            "service_name": parts[5],
            "revision_name": revision,
            "location": parts[3],
            "project_id": parts[1],
        }
        name = f"projects/{parts[1]}/logs/run.googleapis.com%2F{stream.replace('/', '%2F')}"
        pattern = LogEntry.pb(
            LogEntry(log_name=name, resource={"type": "cloud_run_revision", "labels": labels})
        )
        with self.lock:
            for line in lines:
                entry = type(pattern)()
                entry.CopyFrom(pattern)
                at = max(time.time_ns(), self.logs[-1].at if self.logs else 0)
                entry.timestamp.FromNanoseconds(at)
                entry.insert_id, entry.text_payload = uuid.uuid4().hex[:16], line
                self.logs.append(Said(at, name, labels, entry))
            self.lock.notify_all()

    def control(self, wishes: dict[str, Any]) -> None:
        """Set behaviours; ``fail`` adds a fault, ``log`` has a service say lines, ``forget`` clears notes."""
        known = {one.name for one in fields(Behaviour)}
        with self.lock:
            for key, value in wishes.items():
                if key == "fail":
                    self.faults.append(Fault(**value))
                elif key == "log":
                    self.log(value["service"], value["revision"], *value["lines"])
                elif key == "forget":
                    self.requests.clear()
                    self.calls.clear()
                elif key in known:
                    setattr(self.behaviour, key, value)
                else:
                    raise KeyError(key)
            self.lock.notify_all()

    def _fault(self, method: str, *, after: bool) -> Refusal | None:
        for fault in self.faults:
            if fault.method in {method, "*"} and fault.times > 0 and fault.after == after:
                fault.times -= 1
                return Refusal(fault.code, fault.message, reason=fault.reason, metadata=fault.metadata)
        return None


def number_of(project: str) -> str:
    """A project's number: what Secret Manager has in names instead of the id."""
    return str(10**11 + int(hashlib.sha256(project.encode()).hexdigest()[:9], 16))


def operation_answer(running: Running) -> operations_pb2.Operation:
    """The operation as Google tells it."""
    made = operations_pb2.Operation(name=running.name, done=running.finished)
    if running.finished and running.error is not None:
        made.error.CopyFrom(running.error)
    elif running.finished and running.response is not None:
        made.response.Pack(running.response())
    return made

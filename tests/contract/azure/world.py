"""What an imitation of Azure holds: environments, apps, revisions, operations; how it misbehaves."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta, timezone
from typing import Any

SUBSCRIPTION = "00000000-0000-0000-0000-00000000a2e5"
GROUP, ENVIRONMENT, LOCATION = "agents", "shared", "eastus"
WORKSPACE = "11111111-2222-3333-4444-555555555555"
Body = dict[str, Any]


@dataclass
class Faults:
    """How it misbehaves. Numbers count down with every request they spoil."""

    busy: int = 0  # 409 ContainerAppOperationInProgress on changes
    throttled: int = 0  # 429 with Retry-After
    retry_after: int = 1
    unavailable: int = 0  # 503
    dropped: int = 0  # the connection is cut instead of an answer
    dropped_polls: int = 0  # the same, of polls of an operation alone
    unregistered: bool = False  # 409 MissingSubscriptionRegistration on changes until registered
    refusal: list[Any] = field(default_factory=list)  # [status, code, message] on everything
    fail: list[Any] = field(default_factory=list)  # [code, message]: the next operation fails with it
    stuck: bool = False  # operations never end
    seconds: float = 0.2  # how long an operation takes
    pull: str = ""  # "UNAUTHORIZED" or "MANIFEST_UNKNOWN": images cannot be pulled
    crash: bool = False  # containers of new revisions crash
    starting: float = 0.1  # how long a revision is Processing, in seconds
    lag: int = 0  # so many reads of a new revision answer 404
    latency: float = 0.0
    empty_pages: int = 0
    page_size: int = 100
    stream_cut: int = 0  # a stream is cut after so many lines, always
    stream_throttled: int = 0
    partial_history: bool = False
    scaled_to_zero: bool = False  # new revisions have no replica
    no_secrets: bool = False  # 403 on listSecrets
    no_usages: bool = False  # 403 on usages
    used_up: bool = False  # the quota is
    no_registries: bool = False  # 403 on the list of container registries

    def set(self, values: dict[str, Any]) -> None:
        known = {one.name for one in fields(self)}
        for name, value in values.items():
            assert name in known, f"no such fault: {name}"
            setattr(self, name, value)

    def take(self, name: str) -> bool:
        """Whether this request is to be spoiled that way; counts it."""
        left = getattr(self, name)
        if left > 0:
            setattr(self, name, left - 1)
        return bool(left > 0)


@dataclass
class Revision:
    """One revision with its one replica. ``lines``: what its container printed, with times."""

    name: str
    template: Body
    created: datetime
    active: bool = True
    crashes: bool = False
    ready_at: float = 0.0
    weight: int = 0
    hidden: int = 0
    zero: bool = False
    lines: list[tuple[datetime, str]] = field(default_factory=list)

    @property
    def env(self) -> dict[str, str]:
        entries = self.template["containers"][0].get("env") or []
        return {one["name"]: one.get("value", "") for one in entries}

    @property
    def state(self) -> str:
        if not self.active:
            return "off"
        if time.monotonic() < self.ready_at:
            return "starting"
        return "crashed" if self.crashes else "up"

    @property
    def replica(self) -> str:
        return f"{self.name}-7c9d5b-x2k4p"


@dataclass
class App:
    name: str
    group: str
    body: Body
    fqdn: str
    created: datetime
    secrets: dict[str, Body] = field(default_factory=dict)
    revisions: list[Revision] = field(default_factory=list)
    provisioning: str = "InProgress"
    stopped: bool = False
    events: list[tuple[datetime, Body]] = field(default_factory=list)
    close: Callable[[], None] = lambda: None

    @property
    def multiple(self) -> bool:
        mode = self.body["properties"]["configuration"].get("activeRevisionsMode", "Single")
        return bool(str(mode).lower() == "multiple")

    @property
    def latest(self) -> Revision | None:
        return self.revisions[-1] if self.revisions else None

    @property
    def ready(self) -> Revision | None:
        """The newest that came up."""
        return next(
            (one for one in reversed(self.revisions) if not one.crashes and one.state != "starting"), None
        )

    @property
    def serving(self) -> Revision | None:
        """Who answers: by traffic, where that one is up; else the last that was ready and is active."""
        if self.stopped:
            return None
        up = [one for one in self.revisions if one.state == "up"]
        carrying = [one for one in up if one.weight > 0]
        return max(carrying, key=lambda one: one.weight) if carrying else (up[-1] if up else None)

    def settle(self) -> None:
        """With one active revision, the older ones go as soon as the newest is ready."""
        latest = self.latest
        if latest is not None and latest.state == "up" and not self.multiple:
            for one in self.revisions[:-1]:
                one.active = False
        weights = self.body["properties"]["configuration"].get("ingress", {}).get("traffic") or []
        for one in self.revisions:
            one.weight = sum(
                w.get("weight", 0)
                for w in weights
                if w.get("revisionName") == one.name or (w.get("latestRevision") and one is latest)
            )


@dataclass
class Operation:
    until: float
    finish: Callable[[], Body | None]
    error: Body | None = None
    done: bool = False


class World:
    """One subscription."""

    def __init__(self) -> None:
        self.guard = threading.RLock()
        self.faults = Faults()
        self.groups = {GROUP: LOCATION}
        self.environments: dict[tuple[str, str], Body] = {}
        self.apps: dict[tuple[str, str], App] = {}
        self.operations: dict[str, Operation] = {}
        self.tokens: set[str] = set()
        self.history: list[tuple[datetime, str, str, str]] = []  # time, app, replica, text
        self.requests: list[tuple[str, str, str, Any]] = []
        self.registered = True
        self.registries: dict[str, str] = {}  # host → where it is really asked
        self.container_registries: list[Body] = []
        self.identities: list[Body] = []
        self.workspace = False
        self.make_environment(GROUP, ENVIRONMENT)

    def now(self) -> datetime:
        return datetime.now(timezone.utc)

    def make_environment(
        self,
        group: str,
        name: str,
        body: Body | None = None,
        state: str = "Succeeded",
        subscription: str = SUBSCRIPTION,
    ) -> Body:
        logs = {"destination": "log-analytics", "logAnalyticsConfiguration": {"customerId": WORKSPACE}}
        properties: Body = {
            "provisioningState": state,
            "defaultDomain": "happyhill-1.eastus.azurecontainerapps.io",
        }
        if self.workspace:
            properties["appLogsConfiguration"] = logs
        made = {
            "id": f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.App"
            f"/managedEnvironments/{name}",
            "name": name,
            "type": "Microsoft.App/managedEnvironments",
            "location": (body or {}).get("location", "East US"),
            "tags": (body or {}).get("tags", {}),
            "properties": properties,
        }
        self.environments[group.lower(), name] = made
        return made

    def make_registry(self, name: str, subscription: str = SUBSCRIPTION) -> None:
        """An Azure Container Registry of the subscription."""
        kind = "Microsoft.ContainerRegistry/registries"
        self.container_registries.append({
            "id": f"/subscriptions/{subscription}/resourceGroups/{GROUP}/providers/{kind}/{name}",
            "name": name,
            "type": kind,
            "location": LOCATION,
            "sku": {"name": "Basic", "tier": "Basic"},
            "properties": {
                "loginServer": f"{name}.azurecr.io",
                "provisioningState": "Succeeded",
                "adminUserEnabled": False,
            },
        })  # fmt: skip

    def make_identity(self, name: str) -> str:
        """A user-assigned identity; its resource id."""
        kind = "Microsoft.ManagedIdentity/userAssignedIdentities"
        made = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/{GROUP}/providers/{kind}/{name}"
        self.identities.append({"id": made, "name": name, "type": kind, "location": LOCATION})
        return made

    def start(self, finish: Callable[[], Body | None]) -> str:
        """An operation that takes its time; ``finish`` makes it true and says what went wrong."""
        name = uuid.uuid4().hex
        self.operations[name] = Operation(time.monotonic() + self.faults.seconds, finish)
        return name

    def advance(self) -> None:
        """Let everything whose time has come happen."""
        with self.guard:
            for operation in [*self.operations.values()]:
                if not operation.done and not self.faults.stuck and time.monotonic() >= operation.until:
                    operation.error = operation.finish()
                    operation.done = True
            for app in self.apps.values():
                app.settle()

    def new_revision(self, app: App, template: Body, name: str) -> Revision:
        env = {one["name"]: one.get("value", "") for one in template["containers"][0].get("env") or []}
        mode = env.get("STANDIN", "healthy").partition(":")[0]
        crashes = mode == "crash" or self.faults.crash
        revision = Revision(name, template, self.now(), crashes=crashes, hidden=self.faults.lag)
        revision.ready_at = time.monotonic() + self.faults.starting
        revision.zero = self.faults.scaled_to_zero
        text = env.get("STANDIN_NAME", "")
        words = [f"standin {text} starts as {mode}"]
        words += [f"last words {number} of {text}" for number in range(30)] if crashes else []
        for number, line in enumerate(words):
            revision.lines.append((revision.created + timedelta(microseconds=number), line))
        app.revisions.append(revision)
        reason = "ContainerCrashing" if crashes else "RevisionReady"
        event = {"RevisionName": name, "ReplicaName": revision.replica, "Reason": reason, "Msg": "as told"}
        app.events.append((revision.created, event))
        return revision

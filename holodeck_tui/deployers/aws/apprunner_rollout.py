"""One deploy on App Runner: create or update, once, waited for and judged by its operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any, TypeVar

from holodeck_tui.core.cancel import Deadline
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import Change
from holodeck_tui.deployers.aws import apprunner_revisions as revisions
from holodeck_tui.deployers.aws import tags
from holodeck_tui.deployers.aws.apprunner_api import AppRunner, Operation, Service
from holodeck_tui.deployers.aws.apprunner_compare import differences
from holodeck_tui.deployers.aws.apprunner_failure import explain
from holodeck_tui.deployers.aws.apprunner_scaling import Scaling
from holodeck_tui.deployers.aws.apprunner_template import Desired
from holodeck_tui.deployers.aws.apprunner_wait import Timing, Watch, waits_for_role
from holodeck_tui.deployers.aws.client import persist
from holodeck_tui.deployers.aws.errors import AwsError

T = TypeVar("T")

# How often the same thing is looked for, or tried again, before it is given up.
_LOOKS = 5


@dataclass(frozen=True)
class Outcome:
    """What a rollout left: the service, the revision that serves, whether anything was changed."""

    service: Service
    revision: str | None
    changed: bool


class Rollout:
    """Brings one service to what is desired."""

    def __init__(
        self,
        api: AppRunner,
        name: str,
        ctx: Context,
        timing: Timing,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self._api = api
        self._name = name
        self._ctx = ctx
        self._timing = timing
        self._clock = clock
        self._watch = Watch(api, ctx, timing)
        self._scaling = Scaling(api.aws, name)

    def deploy(self, desired: Desired, labels: Mapping[str, str]) -> Outcome:
        """Create or update; nothing when nothing differs. Raises what App Runner says, with its logs."""
        own = {key: value for key, value in labels.items() if key in _IDENTITY}
        service = self._ready(labels)
        scaling = self._scaling.ensure(desired.block, own)
        if service is None:
            outcome = self._create(desired.request(scaling), dict(labels))
        else:
            outcome = self._update(service, desired, scaling)
        self.remember(outcome, labels)
        self._scaling.clean(besides=outcome.service.scaling_arn)
        return outcome

    def to_image(self, service: Service, image: str) -> Outcome:
        """The same service with another image."""
        source = dict(service.raw["SourceConfiguration"])
        source["ImageRepository"] = {**source["ImageRepository"], "ImageIdentifier": image}
        ready = self._watch.quiet(service)
        if ready is None:
            raise DeploymentError(
                "not-deployed", f"{self._name} is gone.", reason="it was deleted meanwhile",
                remedy="holodeck-deploy-tui deploy",
            )  # fmt: skip
        instance = ready.raw["InstanceConfiguration"]
        request = {"SourceConfiguration": source, "InstanceConfiguration": instance}
        return self._apply(ready, request)[0]

    def _ready(self, labels: Mapping[str, str]) -> Service | None:
        """The service, idle and ours; one that was never created is removed first."""
        service = self._api.find(self._name)
        if service is None:
            return None
        known = self._api.tags(service.arn)
        if not _same_owner(known, labels):
            raise DeploymentError(
                "deploy-failed",
                f"The App Runner service {self._name} is not touched.",
                reason="it is there already and does not carry this deployment's tags",
                remedy="Rename the agent, or delete that service.",
            )
        ready = self._watch.quiet(service)
        if ready is not None and ready.status == "CREATE_FAILED":
            # It can only be deleted, and counts against the quota while it is there.
            self._ctx.log("run", [f"{self._name} was left as CREATE_FAILED; it is deleted and created again"])
            self.delete(ready)
            return None
        return ready

    def delete(self, service: Service) -> None:
        """Delete and wait until it is gone. Raises ``destroy-failed``."""
        ready = self._watch.quiet(service)
        if ready is None:
            return
        what = f"App Runner to delete {self._name}"
        try:
            self._started(lambda: self._api.act("delete_service", ready.arn), ready, "DELETE_SERVICE")
        except AwsError as error:
            if error.kind == "gone":
                return
            raise
        if not self._watch.gone(ready.arn, what):
            raise DeploymentError(
                "destroy-failed",
                f"App Runner could not delete {self._name}.",
                reason="its status is DELETE_FAILED",
                remedy="holodeck-deploy-tui destroy --yes",
            )

    def switch(self, service: Service, operation: str, kind: str) -> None:
        """Pause or resume and wait for it. Raises what the operation ended in."""
        ready = self._watch.quiet(service) or service
        started, _ = self._started(lambda: self._api.act(operation, ready.arn), ready, kind)
        self._finish(ready.arn, started, f"App Runner to {operation.partition('_')[0]} {self._name}")

    def _create(self, request: dict[str, Any], labels: dict[str, str]) -> Outcome:
        def create() -> tuple[str, str]:
            try:
                service, operation = self._api.create(self._name, request, labels)
            except AwsError as error:
                # The answer was lost, or an earlier try's was: there was none of that name before.
                made = self._made(labels) if error.kind in {"network", "server", "exists"} else None
                if made is None:
                    raise
                self._ctx.log("run", ["The connection broke; the service is being created all the same"])
                return made
            return service.arn, operation

        arn, operation = self._persist(create)
        self._finish(arn, operation, f"App Runner to create {self._name}")
        return self._outcome(arn, operation)

    def _made(self, labels: Mapping[str, str]) -> tuple[str, str] | None:
        """A service of ours that a call without an answer has made, and the operation that makes it."""
        found = self._api.find(self._name)
        if found is None or not _same_owner(self._api.tags(found.arn), labels):
            return None
        for _ in range(_LOOKS):
            running = self._api.operations(found.arn)
            if running:
                return found.arn, running[-1].id
            self._ctx.cancel.sleep(self._timing.first)
        return None

    def _update(self, service: Service, desired: Desired, scaling: str) -> Outcome:
        operations = self._api.operations(service.arn)
        changes = differences(service, desired, self._scaling)
        last = operations[0] if operations else None
        if service.status == "PAUSED":
            self._ctx.log("run", [f"{self._name} is paused; it is resumed first"])
            self.switch(service, "resume_service", "RESUME_SERVICE")
        elif not changes and last is not None and last.succeeded:
            return Outcome(service, revisions.current(operations), changed=False)
        if changes:
            self._tell(changes)
        outcome, certain = self._apply(service, desired.request(scaling))
        if not certain and differences(outcome.service, desired, self._scaling):
            # What was waited for was an update from another machine.
            outcome, _ = self._apply(outcome.service, desired.request(scaling))
        return outcome

    def _apply(self, service: Service, request: dict[str, Any]) -> tuple[Outcome, bool]:
        started, certain = self._started(
            lambda: self._api.update(service.arn, request), service, "UPDATE_SERVICE"
        )
        self._finish(service.arn, started, f"App Runner to update {self._name}")
        return self._outcome(service.arn, started), certain

    def _started(self, call: Callable[[], str], service: Service, kind: str) -> tuple[str, bool]:
        """The id of the operation that ``call`` starts, and whether it is surely that one.

        Where the answer was lost it is the one of that kind that was not there before.
        """
        before = {each.id for each in self._api.operations(service.arn)}

        def start() -> tuple[str, bool]:
            try:
                return call(), True
            except AwsError as error:
                # "Busy" may be what the SDK heard when it sent the call again by itself.
                if error.kind not in {"network", "server", "busy"}:
                    raise
                new = [each for each in self._api.operations(service.arn) if each.id not in before]
                mine = next((each for each in new if each.type == kind), None)
                if mine is None:
                    raise
                self._ctx.log("run", [f"The connection broke; {kind} runs all the same"])
                return mine.id, False

        for _ in range(_LOOKS):
            try:
                return self._persist(start)
            except AwsError as error:
                if error.kind != "busy":
                    raise
            self._watch.quiet(replace(service, raw={**service.raw, "Status": "OPERATION_IN_PROGRESS"}))
        return self._persist(start)

    def _persist(self, call: Callable[[], T]) -> T:
        deadline = Deadline(self._timing.role, "App Runner to take the request")
        return persist(call, self._ctx, deadline, again=waits_for_role, pause=self._timing.first)

    def _finish(self, arn: str, operation_id: str, what: str) -> Operation:
        done = self._watch.settle(arn, operation_id, what)
        if not done.succeeded:
            raise explain(self._api.aws, arn, self._name, done)
        return done

    def _outcome(self, arn: str, operation_id: str) -> Outcome:
        service = self._api.describe(arn)
        if service is None:
            raise DeploymentError(
                "deploy-failed", f"{self._name} is gone.", reason="it was deleted while it was deployed",
                remedy="holodeck-deploy-tui deploy",
            )  # fmt: skip
        return Outcome(service, revisions.name(operation_id), changed=True)

    def remember(self, outcome: Outcome, labels: Mapping[str, str]) -> None:
        """Tags of the service: an update takes none."""
        known = self._api.tags(outcome.service.arn)
        wanted = dict(labels)
        image = outcome.service.image or ""
        if outcome.revision and not any(each.name == outcome.revision for each in revisions.read(known)):
            wanted |= revisions.Remembered(
                name=outcome.revision,
                digest=image.partition("@")[2],
                content_hash=tags.decode(labels.get(tags.CONTENT, "")),
                moment=self._clock(),
                version=tags.decode(labels.get(tags.VERSION, "")),
            ).tag
        missing = {key: value for key, value in wanted.items() if known.get(key) != value}
        if missing:
            new = any(key.startswith(revisions.PREFIX) for key in missing)
            self._api.tag(outcome.service.arn, missing, revisions.superfluous(known) if new else ())

    def _tell(self, changes: list[Change]) -> None:
        lines = [f"{each.path}: {_shown(each.before)} → {_shown(each.after)}" for each in changes]
        self._ctx.log("run", lines, detail=True)


def _shown(value: object) -> str:
    return "absent" if value is None else str(value)


_IDENTITY = (tags.MANAGED, tags.AGENT, tags.ENVIRONMENT)


def _same_owner(known: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    return all(known.get(key) == labels.get(key) for key in _IDENTITY)

"""Cloud Run: services, revisions, the operations on them."""

from __future__ import annotations

import random
import string
import time
import uuid
from datetime import datetime, timezone
from typing import Any

import httpx
from google.cloud import run_v2
from google.iam.v1 import iam_policy_pb2
from google.longrunning import operations_pb2

from tests.contract.gcp import rules
from tests.contract.gcp.faults import Refusal, invalid, make_status, not_found
from tests.contract.gcp.model import name_flaw, request_flaws
from tests.contract.gcp.world import Running, World, number_of, operation_answer

State = run_v2.Condition.State
Common = run_v2.Condition.CommonReason
OfRevision = run_v2.Condition.RevisionReason
LATEST = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST

# Outcome -> the operation's code, the service-level reason, the revision's reason, what is said.
_ENDS: dict[str, tuple[str, Any, Any, str]] = {
    "crash": (
        "INTERNAL",
        None,
        OfRevision.HEALTH_CHECK_CONTAINER_ERROR,
        (
            "The user-provided container failed to start and listen on the port defined provided by the "
            "PORT environment variable within the allocated timeout."
        ),
    ),
    "deadline": ("DEADLINE_EXCEEDED", Common.PROGRESS_DEADLINE_EXCEEDED, None, "Deadline exceeded."),
    "missing": ("NOT_FOUND", Common.CONTAINER_MISSING, None, "Image '{image}' not found."),
    "denied": (
        "PERMISSION_DENIED",
        Common.CONTAINER_PERMISSION_DENIED,
        None,
        "Google Cloud Run Service Agent must have permission to read the image, {image}.",
    ),
    "secrets": (
        "PERMISSION_DENIED",
        Common.SECRETS_ACCESS_CHECK_FAILED,
        None,
        "Permission denied on secret for Revision service account.",
    ),
}


class RunApi:
    """google.cloud.run.v2 Services and Revisions."""

    def __init__(self, world: World) -> None:
        self.world = world

    def update_service(self, request: run_v2.UpdateServiceRequest) -> operations_pb2.Operation:
        """Create or replace; only what the mask names where there is one."""
        world, asked = self.world, request.service
        mask = list(request.update_mask.paths) if request.update_mask else []
        flaw = name_flaw("run.v2", "run.projects.locations.services.patch", "name", asked.name)
        flaws = [flaw] if flaw else []
        flaws += request_flaws(run_v2.Service.pb(asked), partial=bool(mask))
        if flaws:
            raise invalid(*flaws)
        there = world.services.get(asked.name)
        if there is None and not request.allow_missing:
            raise not_found("SERVICE", asked.name)
        if there is not None and there.delete_time:
            raise Refusal(
                "ABORTED", f"Conflict for resource '{asked.name.rpartition('/')[2]}': being deleted."
            )
        wanted = run_v2.Service(there if mask else asked)
        for path in mask:
            setattr(wanted, path, getattr(asked, path))
        known = {one.name.rpartition("/")[2] for one in world.revisions.get(asked.name, [])}
        flaws = [*rules.service_flaws(wanted, known), *self._secret_flaws(wanted)]
        if flaws:
            raise invalid(*flaws)
        parent = asked.name.rpartition("/services/")[0]
        if request.validate_only:
            running = world.start(asked.name, parent, lambda: None, seconds=0.0)
            running.finished, running.response = True, lambda: run_v2.Service.pb(wanted)
            return self._answer(running, wanted)
        service = self._take(there, wanted)
        if there is None:
            world.stale[asked.name] = (None, time.monotonic() + world.behaviour.stale)
        running = world.start(asked.name, parent, lambda: self._settle(service.name, running))
        return self._answer(running, service)

    def get_service(self, request: run_v2.GetServiceRequest) -> run_v2.Service:
        """One service."""
        old, until = self.world.stale.get(request.name, (None, 0.0))
        found = old if until > time.monotonic() else self.world.services.get(request.name)
        if found is None:
            raise not_found("SERVICE", request.name)
        return found

    def list_services(self, request: run_v2.ListServicesRequest) -> run_v2.ListServicesResponse:
        """One location's services, by name; pages without entries come first where that is asked for."""
        parts = request.parent.split("/")
        if len(parts) != 4 or parts[3] == "-":
            raise invalid("parent must be one location")
        names = sorted(name for name in self.world.services if name.startswith(f"{request.parent}/services/"))
        size = min(request.page_size or 100, 1000)
        empty, _, start = (request.page_token or "0:0").partition(":")
        if int(empty) < self.world.behaviour.empty_pages:
            return run_v2.ListServicesResponse(next_page_token=f"{int(empty) + 1}:{start}")
        page = names[int(start) : int(start) + size]
        more = int(start) + size < len(names)
        return run_v2.ListServicesResponse(
            services=[self.world.services[name] for name in page],
            next_page_token=f"{empty}:{int(start) + size}" if more else "",
        )

    def delete_service(self, request: run_v2.DeleteServiceRequest) -> operations_pb2.Operation:
        """Remove it, after its time."""
        world = self.world
        found = self.get_service(run_v2.GetServiceRequest(name=request.name))
        parent = request.name.rpartition("/services/")[0]
        if request.validate_only:
            running = world.start(request.name, parent, lambda: None, seconds=0.0)
            return self._answer(running, found)
        found.delete_time = datetime.now(timezone.utc)
        found.reconciling = True

        def gone() -> None:
            world.services.pop(request.name, None)
            world.revisions.pop(request.name, None)

        running = world.start(request.name, parent, gone)
        running.response = lambda: run_v2.Service.pb(found)
        return self._answer(running, found)

    def list_revisions(self, request: run_v2.ListRevisionsRequest) -> run_v2.ListRevisionsResponse:
        """A service's, newest first."""
        found = [*reversed(self.world.revisions.get(request.parent, []))]
        start, size = int(request.page_token or 0), request.page_size or 100
        more = start + size < len(found)
        return run_v2.ListRevisionsResponse(
            revisions=found[start : start + size], next_page_token=str(start + size) if more else ""
        )

    def get_revision(self, request: run_v2.GetRevisionRequest) -> run_v2.Revision:
        """One revision."""
        service = request.name.rpartition("/revisions/")[0]
        for one in self.world.revisions.get(service, []):
            if one.name == request.name:
                return one
        raise not_found("REVISION", request.name)

    def get_operation(self, request: operations_pb2.GetOperationRequest) -> operations_pb2.Operation:
        """How it goes."""
        found = self.world.operations.get(request.name)
        if found is None:
            raise not_found("OPERATION", request.name)
        return operation_answer(found)

    def test_iam_permissions(
        self, request: iam_policy_pb2.TestIamPermissionsRequest
    ) -> iam_policy_pb2.TestIamPermissionsResponse:
        """The login may do everything."""
        return iam_policy_pb2.TestIamPermissionsResponse(permissions=request.permissions)

    def _answer(self, running: Running, service: run_v2.Service) -> operations_pb2.Operation:
        made = operation_answer(running)
        made.metadata.Pack(run_v2.Service.pb(service))
        return made

    def _take(self, there: run_v2.Service | None, wanted: run_v2.Service) -> run_v2.Service:
        """The service as it is right after the call: at work, nothing changed yet in what serves."""
        now = datetime.now(timezone.utc)
        service = run_v2.Service(wanted)
        before = there.template if there is not None else None
        for name in ("uid", "create_time", "uri", "latest_ready_revision", "latest_created_revision",
                     "observed_generation", "creator", "traffic_statuses", "conditions"):  # fmt: skip
            if there is not None:
                setattr(service, name, getattr(there, name))
        if there is None:
            service.uid, service.create_time = str(uuid.uuid4()), now
            service.creator = "deployer@example.com"
        _fill_in(service)
        service.generation = (there.generation if there is not None else 0) + 1
        service.update_time, service.reconciling = now, True
        service.last_modifier = "deployer@example.com"
        service.etag = f'"{uuid.uuid4().hex}"'
        service.terminal_condition = _condition("Ready", State.CONDITION_RECONCILING, "Deploying Revision.")
        service.conditions = [
            _condition("RoutesReady", State.CONDITION_PENDING),
            _condition("ConfigurationsReady", State.CONDITION_RECONCILING, "Waiting for the revision."),
        ]
        if before is None or not _same_template(before, service.template):
            self._new_revision(service)
        self.world.services[service.name] = service
        return service

    def _new_revision(self, service: run_v2.Service) -> None:
        known = self.world.revisions.setdefault(service.name, [])
        tail = "".join(random.choices(string.ascii_lowercase, k=3))
        identity = service.name.rpartition("/")[2]
        template = service.template
        revision = run_v2.Revision(
            name=f"{service.name}/revisions/{identity}-{len(known) + 1:05d}-{tail}",
            uid=str(uuid.uuid4()),
            generation=1,
            labels=dict(template.labels),
            annotations=dict(template.annotations),
            create_time=datetime.now(timezone.utc),
            service=service.name,
            scaling=template.scaling,
            max_instance_request_concurrency=template.max_instance_request_concurrency,
            timeout=template.timeout,
            service_account=template.service_account,
            containers=template.containers,
            reconciling=True,
            conditions=[_condition("Ready", State.CONDITION_RECONCILING)],
        )
        known.append(revision)
        service.latest_created_revision = revision.name

    def _settle(self, name: str, running: Running) -> None:
        """The end of the work: the newest revision is ready, or it is not and the old one serves."""
        world = self.world
        service = world.services.get(name)
        if service is None:
            return
        world.stale[name] = (run_v2.Service(service), time.monotonic() + world.behaviour.stale)
        revision = self.get_revision(run_v2.GetRevisionRequest(name=service.latest_created_revision))
        identity = revision.name.rpartition("/")[2]
        if revision.reconciling:
            end = self._end(revision)
            revision.reconciling, revision.observed_generation = False, 1
            if end in _ENDS:
                self._fail(revision, end)
            else:
                revision.conditions = [_condition("Ready", State.CONDITION_SUCCEEDED)]
                world.log(name, identity, f"agent of {identity} started", "listening")
                if end == "sick":
                    world.sick.add(revision.name)
        failed = next((one for one in revision.conditions if one.state == State.CONDITION_FAILED), None)
        if failed is None:
            service.latest_ready_revision = revision.name
        service.reconciling, service.observed_generation = False, service.generation
        project, location = name.split("/")[1], name.split("/")[3]
        service.uri = f"{world.url}/run/{project}/{location}/{name.rpartition('/')[2]}"
        service.traffic_statuses = _statuses(service)
        service.conditions = [
            _condition(
                "RoutesReady",
                State.CONDITION_SUCCEEDED if service.latest_ready_revision else State.CONDITION_FAILED,
            ),
            _condition("ConfigurationsReady", State.CONDITION_SUCCEEDED),
        ]
        service.terminal_condition = _condition("Ready", State.CONDITION_SUCCEEDED)
        if failed is not None:
            text = f"Revision '{identity}' is not ready and cannot serve traffic. {failed.message}"
            service.terminal_condition = _condition(
                "Ready", State.CONDITION_FAILED, text, reason=failed.reason or Common.REVISION_FAILED
            )
            service.conditions[1] = _condition(
                "ConfigurationsReady",
                State.CONDITION_FAILED,
                text,
                reason=failed.reason or None,
                revision_reason=failed.revision_reason or None,
            )
            code = next(end[0] for end in _ENDS.values() if (end[1], end[2]) == _reasons(failed))
            running.error = make_status(code, text)
        running.response = lambda: run_v2.Service.pb(world.services[name])

    def _end(self, revision: run_v2.Revision) -> str:
        world = self.world
        image = revision.containers[0].image
        if world.behaviour.registry and not _is_there(image, world.behaviour.registry):
            return "missing"
        if world.behaviour.strict_secrets and not self._may_read(revision):
            return "secrets"
        return world.behaviour.outcome

    def _fail(self, revision: run_v2.Revision, end: str) -> None:
        _, common, own, text = _ENDS[end]
        said = text.format(image=revision.containers[0].image)
        revision.conditions = [
            _condition("Ready", State.CONDITION_FAILED, said, reason=common, revision_reason=own)
        ]
        identity = revision.name.rpartition("/")[2]
        if end == "crash":
            lines = ("Traceback (most recent call last):", "RuntimeError: no such model")
            self.world.log(revision.service, identity, *lines, stream="stderr")
        self.world.log(revision.service, identity, said, stream="varlog/system")

    def _may_read(self, revision: run_v2.Revision) -> bool:
        project = revision.name.split("/")[1]
        account = revision.service_account or f"{number_of(project)}-compute@developer.gserviceaccount.com"
        for one in revision.containers[0].env:
            key = one.value_source.secret_key_ref
            if not key.secret:
                continue
            name = key.secret if "/" in key.secret else f"projects/{project}/secrets/{key.secret}"
            policy = self.world.policies.get(name)
            members = [m for b in policy.bindings for m in b.members] if policy else []
            if f"serviceAccount:{account}" not in members:
                return False
        return True

    def _secret_flaws(self, service: run_v2.Service) -> list[str]:
        flaws = []
        project = service.name.split("/")[1]
        for one in service.template.containers[0].env if service.template.containers else ():
            key = one.value_source.secret_key_ref
            name = key.secret if "/" in key.secret else f"projects/{project}/secrets/{key.secret}"
            versions = self.world.payloads.get(name, [])
            if key.secret and name not in self.world.secrets:
                flaws.append(f"env.{one.name}: Secret {name} was not found")
            elif key.secret and key.version != "latest" and int(key.version) > len(versions):
                flaws.append(f"env.{one.name}: version {key.version} was not found")
        return flaws


def _reasons(condition: run_v2.Condition) -> tuple[Any, Any]:
    return condition.reason or None, condition.revision_reason or None


def _condition(
    kind: str, state: Any, message: str = "", *, reason: Any = None, revision_reason: Any = None
) -> run_v2.Condition:
    made = run_v2.Condition(
        type_=kind, state=state, message=message, last_transition_time=datetime.now(timezone.utc)
    )
    if revision_reason is not None:
        made.revision_reason = revision_reason
    elif reason is not None:
        made.reason = reason
    return made


def _statuses(service: run_v2.Service) -> list[run_v2.TrafficTargetStatus]:
    ready = service.latest_ready_revision.rpartition("/")[2]
    if not ready:
        return []
    targets = service.traffic or [run_v2.TrafficTarget(type_=LATEST, percent=100)]
    return [
        run_v2.TrafficTargetStatus(type_=one.type_, revision=one.revision or ready, percent=one.percent)
        for one in targets
    ]


def _fill_in(service: run_v2.Service) -> None:
    """What Cloud Run writes into a service by itself: readers must not take it for a change."""
    template = service.template
    project = service.name.split("/")[1]
    template.max_instance_request_concurrency = template.max_instance_request_concurrency or 80
    template.scaling.max_instance_count = template.scaling.max_instance_count or 100
    template.service_account = (
        template.service_account or f"{number_of(project)}-compute@developer.gserviceaccount.com"
    )
    if not template.timeout:
        template.timeout = {"seconds": 300}
    template.execution_environment = (
        template.execution_environment or run_v2.ExecutionEnvironment.EXECUTION_ENVIRONMENT_GEN2
    )
    container = template.containers[0]
    container.name = container.name or "agent-1"
    container.ports[0].name = container.ports[0].name or "http1"
    container.resources.startup_cpu_boost = True
    container.resources.cpu_idle = True
    cpu = container.resources.limits["cpu"]
    container.resources.limits["cpu"] = cpu if cpu.endswith("m") else f"{int(cpu) * 1000}m"
    service.launch_stage = service.launch_stage or 4  # GA
    service.annotations["run-client"] = "cloud-run"
    container.env = [*reversed(container.env)]


def _same_template(before: run_v2.RevisionTemplate, after: run_v2.RevisionTemplate) -> bool:
    def plain(template: run_v2.RevisionTemplate) -> str:
        copy = run_v2.RevisionTemplate(template)
        copy.containers[0].env = sorted(copy.containers[0].env, key=lambda one: one.name)
        return run_v2.RevisionTemplate.to_json(copy, sort_keys=True)

    return plain(before) == plain(after)


def _is_there(image: str, registry: str) -> bool:
    repository, _, digest = image.partition("/")[2].partition("@")
    accept = (
        "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"
    )
    answer = httpx.head(
        f"{registry}/v2/{repository}/manifests/{digest}", headers={"Accept": accept}, trust_env=False
    )
    return answer.status_code == 200

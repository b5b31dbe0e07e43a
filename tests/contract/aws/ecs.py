"""ECS Express Mode as a state machine: services, their deployments, revisions, tasks, clusters."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.contract.aws.agents import Agent, pull
from tests.contract.aws.ecs_rollout import Rollout
from tests.contract.aws.ecs_tasks import Revision, check, describe_revision, task, task_definition
from tests.contract.aws.world import ACCOUNT, REGION, Ending, Fault, World, now, paged

ARN = f"arn:aws:ecs:{REGION}:{ACCOUNT}:"
_SETTABLE = (
    "executionRoleArn", "taskRoleArn", "cpu", "memory", "cpuArchitecture", "healthCheckPath",
    "primaryContainer", "scalingTarget", "networkConfiguration",
)  # fmt: skip

Body = dict[str, Any]


@dataclass
class Service:
    """One Express service; ``active`` is the revision that has the traffic."""

    name: str
    arn: str
    cluster: str
    infrastructure: str
    tags: dict[str, str]
    group: str
    agent: Agent
    endpoint: str
    status: str = "ACTIVE"
    active: str | None = None
    created: float = field(default_factory=now)
    deleted: float = 0.0
    rollouts: list[Rollout] = field(default_factory=list)
    tasks: list[Body] = field(default_factory=list)
    events: list[Body] = field(default_factory=list)

    def note(self, text: str) -> None:
        self.events.insert(0, {"id": str(uuid.uuid4()), "createdAt": now(), "message": text})


@dataclass
class EcsExpress:
    """``write_log(group, lines, stream)`` writes to CloudWatch Logs; ``secret(reference)`` reads a secret.

    ``clusters`` empty is a fresh region; names in ``down`` have no running task.
    """

    world: World
    write_log: Callable[[str, list[str], str], None]
    secret: Callable[[str], str]
    service: str = "ecs"
    clusters: set[str] = field(default_factory=lambda: {"default"})
    down: set[str] = field(default_factory=set)
    services: dict[str, Service] = field(default_factory=dict)
    gone: list[Service] = field(default_factory=list)
    revisions: dict[str, Revision] = field(default_factory=dict)

    def handle(self, operation: str, body: Body) -> Body:
        with self.world.guard:
            self._advance()
            method: Callable[[Body], Body] | None = getattr(self, f"do_{operation}", None)
            if method is None:
                raise Fault("UnsupportedFeatureException", f"This server has no {operation}.")
            return method(body)

    # Express services

    def do_CreateExpressGatewayService(self, body: Body) -> Body:  # noqa: N802
        cluster = self._cluster(body)
        check(body, new=True)
        name = body["serviceName"]
        arn = f"{ARN}service/{cluster}/{name}"
        known = self.services.get(arn)
        if known is not None and known.status == "ACTIVE":
            raise Fault("InvalidParameterException", "Creation of service was not idempotent.")
        if known is not None and known.status == "DRAINING":
            raise Fault("InvalidParameterException", "Unable to Start a service that is still Draining.")
        if known is not None:
            self.gone.append(known)
        agent = Agent()
        made = self.services[arn] = Service(
            name=name,
            arn=arn,
            cluster=cluster,
            infrastructure=body["infrastructureRoleArn"],
            tags={tag["key"]: tag["value"] for tag in body.get("tags", ())},
            group=f"/aws/ecs/{cluster}/{name}-{uuid.uuid4().hex[:4]}",
            agent=agent,
            endpoint=f"{name}.ecs.{REGION}.on.aws" if self.world.bare else f"http://{agent.host}",
        )
        self._begin(made, body, "ECS_CREATE")
        return {"service": self._express(made)}

    def do_UpdateExpressGatewayService(self, body: Body) -> Body:  # noqa: N802
        service = self._service(body["serviceArn"], "ServiceNotFoundException")
        if service.status != "ACTIVE":
            raise Fault("ServiceNotActiveException", "Service was not ACTIVE.")
        if any(not each.over for each in service.rollouts):
            raise Fault("InvalidParameterException", "A deployment of the service is in progress.")
        check(body, new=False)
        before = self.revisions[service.active].body if service.active else {}
        merged = {**before, **{key: body[key] for key in _SETTABLE if key in body}}
        rollout = self._begin(service, merged, "ECS_UPDATE")
        return {
            "service": {
                "serviceArn": service.arn,
                "serviceName": service.name,
                "cluster": service.cluster,
                "status": {"statusCode": service.status},
                "targetConfiguration": self._configuration(service, rollout.target),
                "createdAt": service.created,
                "updatedAt": now(),
            }
        }

    def do_DescribeExpressGatewayService(self, body: Body) -> Body:  # noqa: N802
        service = self._service(body["serviceArn"], "ResourceNotFoundException")
        found = self._express(service)
        if "TAGS" in body.get("include", ()):
            found["tags"] = _tags(service.tags)
        return {"service": found}

    def do_DeleteExpressGatewayService(self, body: Body) -> Body:  # noqa: N802
        service = self._service(body["serviceArn"], "ServiceNotFoundException")
        if service.status != "ACTIVE":
            raise Fault("ServiceNotActiveException", "Service was not ACTIVE.")
        service.status, service.deleted = "DRAINING", now()
        return {"service": self._express(service)}

    # services, deployments, revisions, tasks

    def do_ListServices(self, body: Body) -> Body:  # noqa: N802
        cluster = self._cluster(body)
        arns = [
            each.arn
            for each in self.services.values()
            if each.cluster == cluster and each.status != "INACTIVE" and self._shown(each.created)
        ]
        size = int(body.get("maxResults", 10))
        if not 1 <= size <= 100:
            raise Fault("InvalidParameterException", "maxResults must be between 1 and 100.")
        page, following = paged(arns, body, self.world, token="nextToken", size=size)
        return {"serviceArns": page, **following}

    def do_DescribeServices(self, body: Body) -> Body:  # noqa: N802
        cluster = self._cluster(body)
        if not 1 <= len(body["services"]) <= 10:
            raise Fault("InvalidParameterException", "Services cannot be empty, or more than 10.")
        found, missing = [], []
        for name in body["services"]:
            arn = name if name.startswith("arn:") else f"{ARN}service/{cluster}/{name}"
            service = self.services.get(arn)
            if service is None or not self._shown(service.created):
                missing.append({"arn": arn, "reason": "MISSING"})
            else:
                found.append(self._plain(service, with_tags="TAGS" in body.get("include", ())))
        return {"services": found, "failures": missing}

    def do_ListServiceDeployments(self, body: Body) -> Body:  # noqa: N802
        self._cluster(body)
        service = self._service(body["service"], "ServiceNotFoundException")
        # Oldest first: no order is promised.
        shown = [each.brief() for each in service.rollouts if self._shown(each.created)]
        wanted = [each for each in shown if each["status"] in body.get("status", (each["status"],))]
        size = int(body.get("maxResults", 20))
        page, following = paged(wanted, body, self.world, token="nextToken", size=size)
        return {"serviceDeployments": page, **following}

    def do_DescribeServiceDeployments(self, body: Body) -> Body:  # noqa: N802
        wanted = set(body["serviceDeploymentArns"])
        every = [each for service in self.services.values() for each in service.rollouts]
        found = [each.whole() for each in every if each.arn in wanted]
        return {"serviceDeployments": found, "failures": []}

    def do_StopServiceDeployment(self, body: Body) -> Body:  # noqa: N802
        every = [each for service in self.services.values() for each in service.rollouts]
        found = next((each for each in every if each.arn == body["serviceDeploymentArn"]), None)
        if found is None:
            raise Fault("ServiceDeploymentNotFoundException", "The service deployment was not found.")
        found.stop()
        return {"serviceDeploymentArn": found.arn}

    def do_DescribeServiceRevisions(self, body: Body) -> Body:  # noqa: N802
        arns = body["serviceRevisionArns"]
        if len(arns) > 20:
            raise Fault("InvalidParameterException", "More than 20 service revisions.")
        found = [describe_revision(self.revisions[arn]) for arn in arns if arn in self.revisions]
        return {"serviceRevisions": found, "failures": []}

    def do_DescribeTaskDefinition(self, body: Body) -> Body:  # noqa: N802
        for revision in self.revisions.values():
            if revision.definition == body["taskDefinition"]:
                return {"taskDefinition": task_definition(revision)}
        raise Fault("ClientException", "Unable to describe task definition.")

    def do_ListTasks(self, body: Body) -> Body:  # noqa: N802
        self._cluster(body)
        service = next((each for each in self.services.values() if each.name == body["serviceName"]), None)
        if service is None:
            raise Fault("ServiceNotFoundException", "Service not found.")
        arns = [one["taskArn"] for one in service.tasks if one["desiredStatus"] == body["desiredStatus"]]
        page, following = paged(
            arns, body, self.world, token="nextToken", size=int(body.get("maxResults", 100))
        )
        return {"taskArns": page, **following}

    def do_DescribeTasks(self, body: Body) -> Body:  # noqa: N802
        every = [one for service in self.services.values() for one in service.tasks]
        return {"tasks": [one for one in every if one["taskArn"] in body["tasks"]], "failures": []}

    # clusters and tags

    def do_DescribeClusters(self, body: Body) -> Body:  # noqa: N802
        names = [name.rpartition("/")[2] for name in body.get("clusters", ["default"])]
        found = [_cluster(name) for name in names if name in self.clusters]
        for cluster in found:
            up = [one.cluster for one in self.services.values() if one.status == "ACTIVE"]
            cluster["activeServicesCount"] = up.count(cluster["clusterName"])
        return {"clusters": found, "failures": []}

    def do_CreateCluster(self, body: Body) -> Body:  # noqa: N802
        name = body.get("clusterName", "default")
        self.clusters.add(name)
        return {"cluster": _cluster(name)}

    def do_TagResource(self, body: Body) -> Body:  # noqa: N802
        service = self._service(body["resourceArn"], "ResourceNotFoundException")
        service.tags.update({tag["key"]: tag["value"] for tag in body["tags"]})
        return {}

    def do_UntagResource(self, body: Body) -> Body:  # noqa: N802
        service = self._service(body["resourceArn"], "ResourceNotFoundException")
        for key in body["tagKeys"]:
            service.tags.pop(key, None)
        return {}

    def resources(self) -> dict[str, dict[str, str]]:
        """For the tagging API."""
        with self.world.guard:
            self._advance()
            return {f: each.tags for f, each in self.services.items() if each.status != "INACTIVE"}

    def close(self) -> None:
        for each in [*self.services.values(), *self.gone]:
            if each.status != "INACTIVE":
                each.agent.close()

    # how it works

    def settle(self) -> None:
        """Bring everything to where it is now."""
        with self.world.guard:
            self._advance()

    def _cluster(self, body: Body) -> str:
        name = str(body.get("cluster", "default")).rpartition("/")[2]
        if name not in self.clusters:
            raise Fault("ClusterNotFoundException", "Cluster not found.")
        return name

    def _service(self, arn: str, missing: str) -> Service:
        found = self.services.get(arn)
        if found is None or not self._shown(found.created):
            raise Fault(missing, "Service not found.")
        return found

    def _shown(self, created: float) -> bool:
        return now() - created >= self.world.lag

    def _begin(self, service: Service, body: Body, kind: str) -> Rollout:
        number = str(uuid.uuid4().int)[:19]
        arn = f"{ARN}service-revision/{service.cluster}/{service.name}/{number}"
        count = sum(1 for each in self.revisions.values() if each.service == service.name) + 1
        self.revisions[arn] = Revision(
            arn=arn,
            service=service.name,
            service_arn=service.arn,
            definition=f"{ARN}task-definition/{service.cluster}-{service.name}:{count}",
            group=service.group,
            endpoint=service.endpoint,
            body={key: body[key] for key in _SETTABLE if key in body},
        )
        ending = self._ending(kind, body)
        rollout = Rollout(
            arn=f"{ARN}service-deployment/{service.cluster}/{service.name}/{uuid.uuid4().hex[:20]}",
            service=service.arn,
            cluster=f"{ARN}cluster/{service.cluster}",
            target=arn,
            source=service.active,
            ending=ending,
            seconds=self.world.seconds if ending.seconds is None else ending.seconds,
            wanted=body.get("scalingTarget", {}).get("minTaskCount", 1),
        )
        service.rollouts.append(rollout)
        service.note(f"(service {service.name}) deployment started.")
        return rollout

    def _ending(self, kind: str, body: Body) -> Ending:
        """As told; else as the image, its secrets and its environment say."""
        told = self.world.ending(kind)
        if told.status != "SUCCEEDED":
            return told
        container = body["primaryContainer"]
        failed = "ROLLBACK_SUCCESSFUL" if kind == "ECS_UPDATE" else "ROLLBACK_FAILED"
        if self.world.registry:
            try:
                pull(self.world.registry, container["image"])
            except LookupError as error:
                text = f"CannotPullContainerError: pull image manifest has been retried: {error}"
                return Ending(kind, failed, told.seconds, ["tasks failed to start", text])
        login = (container.get("repositoryCredentials") or {}).get("credentialsParameter")
        references = [each["valueFrom"] for each in container.get("secrets", ())] + ([login] if login else [])
        for reference in references:
            try:
                self.secret(reference)
            except LookupError as error:
                text = f"ResourceInitializationError: unable to pull secrets or registry auth: {error}"
                return Ending(kind, failed, told.seconds, ["tasks failed to start", text])
        env = {each["name"]: each["value"] for each in container.get("environment", ())}
        if env.get("STANDIN") == "crash":
            text = "Essential container in task exited"
            return Ending(
                kind, failed, told.seconds, ["tasks failed to start", text], ["standin: last words"]
            )
        return told

    def _advance(self) -> None:
        for service in self.services.values():
            for rollout in service.rollouts:
                ended = rollout.advance()
                if rollout.crashing and not rollout.told:
                    rollout.told = True
                    self._stop_task(service, rollout)
                if ended and rollout.status == "SUCCESSFUL":
                    self._serve(service, rollout)
            old = now() - service.deleted >= self.world.seconds
            if service.status == "DRAINING" and old and not self.world.draining:
                service.status = "INACTIVE"
                service.agent.close()

    def _serve(self, service: Service, rollout: Rollout) -> None:
        service.active = rollout.target
        container = self.revisions[rollout.target].body["primaryContainer"]
        env = {each["name"]: each["value"] for each in container.get("environment", ())}
        service.agent.image = container["image"]
        service.agent.well = service.name not in self.world.sick
        said = pull(self.world.registry, container["image"]) if self.world.registry else None
        service.agent.says = said or env.get("STANDIN_NAME")
        made = task(service.arn, self.revisions[rollout.target], rollout.created)
        service.tasks.append(made)
        self._log(service, made, ["standin: Application startup complete."])
        service.note(f"(service {service.name}) has reached a steady state.")

    def _stop_task(self, service: Service, rollout: Rollout) -> None:
        lines = [*rollout.ending.lines[1:2], "Task failed to start"][0]
        made = task(service.arn, self.revisions[rollout.target], rollout.created, stopped=lines)
        service.tasks.append(made)
        self._log(service, made, [*rollout.ending.application])

    def _log(self, service: Service, made: Mapping[str, Any], lines: list[str]) -> None:
        if lines:
            self.write_log(service.group, lines, f"ecs/Main/{made['taskArn'].rpartition('/')[2]}")

    def _express(self, service: Service) -> Body:
        active = service.active or (service.rollouts[-1].target if service.rollouts else None)
        return {
            "cluster": service.cluster,
            "serviceName": service.name,
            "serviceArn": service.arn,
            "infrastructureRoleArn": service.infrastructure,
            # Said of everything that is not being removed, also of what never came up.
            "status": {"statusCode": service.status},
            **({"currentDeployment": service.rollouts[-1].arn} if service.rollouts else {}),
            "activeConfigurations": [self._configuration(service, active)] if active else [],
            "createdAt": service.created,
            "updatedAt": now(),
        }

    def _configuration(self, service: Service, arn: str) -> Body:
        body = self.revisions[arn].body
        return {
            "cpu": "256",
            "memory": "512",
            "cpuArchitecture": "X86_64",
            "healthCheckPath": "/ping",
            "networkConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"]},
            "taskDefinitionArn": self.revisions[arn].definition,
            **body,
            "serviceRevisionArn": arn,
            "ingressPaths": [{"accessType": "PUBLIC", "endpoint": service.endpoint}],
            "createdAt": service.created,
        }

    def _plain(self, service: Service, *, with_tags: bool) -> Body:
        wanted = 0
        if service.active and service.status == "ACTIVE":
            wanted = self.revisions[service.active].body.get("scalingTarget", {}).get("minTaskCount", 1)
        found: Body = {
            "serviceArn": service.arn,
            "serviceName": service.name,
            "clusterArn": f"{ARN}cluster/{service.cluster}",
            "status": service.status,
            "desiredCount": wanted,
            "runningCount": 0 if service.name in self.down else wanted,
            "pendingCount": 0,
            "createdAt": service.created,
            "events": service.events[:100],
            "resourceManagementType": "ECS",
        }
        return {**found, "tags": _tags(service.tags)} if with_tags else found


def _cluster(name: str) -> Body:
    return {"clusterArn": f"{ARN}cluster/{name}", "clusterName": name, "status": "ACTIVE"}


def _tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in tags.items()]

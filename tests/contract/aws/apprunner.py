"""App Runner as a state machine: services, operations, autoscaling configurations, tags."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.contract.aws.agents import Agent, pull
from tests.contract.aws.world import ACCOUNT, REGION, Ending, Fault, World, now, paged

ARN = f"arn:aws:apprunner:{REGION}:{ACCOUNT}:"
DEFAULT_SCALING = f"{ARN}autoscalingconfiguration/DefaultConfiguration/1/{'0' * 31}1"
_UNITS = {"0.25 vCPU": "256", "0.5 vCPU": "512", "1 vCPU": "1024", "2 vCPU": "2048", "4 vCPU": "4096"}
_SETTABLE = (
    "SourceConfiguration", "InstanceConfiguration", "HealthCheckConfiguration", "NetworkConfiguration",
)  # fmt: skip

Body = dict[str, Any]


@dataclass
class Running:
    """An operation under way and what it does when it ends."""

    operation: Body
    ending: Ending
    apply: Callable[[], None]
    undo: Callable[[], None]
    seconds: float
    done: bool = False


@dataclass
class AppRunner:
    """``write_log(group, lines)`` puts lines into CloudWatch Logs."""

    world: World
    write_log: Callable[[str, list[str]], None]
    service: str = "apprunner"
    services: dict[str, Body] = field(default_factory=dict)
    operations: dict[str, list[Body]] = field(default_factory=dict)
    running: dict[str, Running] = field(default_factory=dict)
    scalings: dict[str, Body] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    agents: dict[str, Agent] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.scalings[DEFAULT_SCALING] = _scaling(DEFAULT_SCALING, "DefaultConfiguration", 1, {})

    def handle(self, operation: str, body: Body) -> Body:
        with self.world.guard:
            self._advance()
            method: Callable[[Body], Body] | None = getattr(self, f"do_{operation}", None)
            if method is None:
                raise Fault("InvalidRequestException", f"This server has no {operation}.")
            return method(body)

    # services

    def do_CreateService(self, body: Body) -> Body:  # noqa: N802
        if self.world.closed:
            raise Fault(
                "AccessDeniedException",
                "AWS App Runner is in maintenance mode and is no longer available to new customers.",
                403,
            )
        name = body["ServiceName"]
        if any(
            each["ServiceName"] == name and each["Status"] != "DELETED" for each in self.services.values()
        ):
            raise Fault("InvalidRequestException", f"Service with the provided name already exists: {name}.")
        self._check(body)
        service_id = uuid.uuid4().hex
        arn = f"{ARN}service/{name}/{service_id}"
        agent = self.agents[arn] = Agent()
        self.services[arn] = {
            "ServiceName": name,
            "ServiceId": service_id,
            "ServiceArn": arn,
            "ServiceUrl": agent.host,
            "CreatedAt": now(),
            "UpdatedAt": now(),
            "Status": "OPERATION_IN_PROGRESS",
            "NetworkConfiguration": {"EgressConfiguration": {"EgressType": "DEFAULT"}},
            "InstanceConfiguration": {"Cpu": "1024", "Memory": "2048"},
            "AutoScalingConfigurationSummary": {"AutoScalingConfigurationArn": DEFAULT_SCALING},
        }
        self.tags[arn] = {tag["Key"]: tag["Value"] for tag in body.get("Tags", ())}
        self._set(arn, body)

        def fail() -> None:
            self.services[arn]["Status"] = "CREATE_FAILED"

        return self._begin(arn, "CREATE_SERVICE", lambda: self._serve(arn), fail, body)

    def do_UpdateService(self, body: Body) -> Body:  # noqa: N802
        arn = body["ServiceArn"]
        service = self._service(arn)
        self._idle(service, "updated", {"RUNNING"})
        self._check(body)

        def apply() -> None:
            self._set(arn, body)
            self._serve(arn)

        return self._begin(arn, "UPDATE_SERVICE", apply, self._back(arn, "RUNNING"), body)

    def do_DeleteService(self, body: Body) -> Body:  # noqa: N802
        arn = body["ServiceArn"]
        self._idle(self._service(arn), "deleted", {"RUNNING", "PAUSED", "CREATE_FAILED", "DELETE_FAILED"})

        def apply() -> None:
            self.services[arn] |= {"Status": "DELETED", "DeletedAt": now()}
            self.agents.pop(arn).close()

        return self._begin(arn, "DELETE_SERVICE", apply, self._back(arn, "DELETE_FAILED"), {})

    def do_PauseService(self, body: Body) -> Body:  # noqa: N802
        arn = body["ServiceArn"]
        self._idle(self._service(arn), "paused", {"RUNNING"})

        def apply() -> None:
            self.services[arn]["Status"] = "PAUSED"
            self.agents[arn].image = None

        return self._begin(arn, "PAUSE_SERVICE", apply, self._back(arn, "RUNNING"), {})

    def do_ResumeService(self, body: Body) -> Body:  # noqa: N802
        arn = body["ServiceArn"]
        self._idle(self._service(arn), "resumed", {"PAUSED"})
        return self._begin(arn, "RESUME_SERVICE", lambda: self._serve(arn), self._back(arn, "PAUSED"), {})

    def do_DescribeService(self, body: Body) -> Body:  # noqa: N802
        return {"Service": self._service(body["ServiceArn"], deleted=True)}

    def do_ListServices(self, body: Body) -> Body:  # noqa: N802
        keys = ("ServiceName", "ServiceId", "ServiceArn", "ServiceUrl", "CreatedAt", "UpdatedAt", "Status")
        listed = [
            {key: each[key] for key in keys}
            for each in self.services.values()
            if now() - each["CreatedAt"] >= self.world.lag
        ]
        size = int(body.get("MaxResults", 20))
        page, following = paged(listed, body, self.world, token="NextToken", size=size)
        return {"ServiceSummaryList": page, **following}

    def do_ListOperations(self, body: Body) -> Body:  # noqa: N802
        arn = body["ServiceArn"]
        self._service(arn, deleted=True)
        listed = [each for each in self.operations[arn] if now() - each["StartedAt"] >= self.world.lag]
        size = int(body.get("MaxResults", 20))
        page, following = paged(listed, body, self.world, token="NextToken", size=size)
        return {"OperationSummaryList": page, **following}

    # autoscaling configurations

    def do_CreateAutoScalingConfiguration(self, body: Body) -> Body:  # noqa: N802
        name = body["AutoScalingConfigurationName"]
        if body.get("MinSize", 1) > body.get("MaxSize", 25):
            raise Fault("InvalidRequestException", "MinSize must not exceed MaxSize.")
        same = [each for each in self.scalings.values() if each["AutoScalingConfigurationName"] == name]
        for each in same:
            each["Latest"] = False
        revision = len(same) + 1
        arn = f"{ARN}autoscalingconfiguration/{name}/{revision}/{uuid.uuid4().hex}"
        self.scalings[arn] = _scaling(arn, name, revision, body)
        self.tags[arn] = {tag["Key"]: tag["Value"] for tag in body.get("Tags", ())}
        return {"AutoScalingConfiguration": self._scaling(arn)}

    def do_DescribeAutoScalingConfiguration(self, body: Body) -> Body:  # noqa: N802
        return {"AutoScalingConfiguration": self._scaling(body["AutoScalingConfigurationArn"])}

    def do_ListAutoScalingConfigurations(self, body: Body) -> Body:  # noqa: N802
        name = body.get("AutoScalingConfigurationName")
        keys = (
            "AutoScalingConfigurationArn", "AutoScalingConfigurationName", "AutoScalingConfigurationRevision",
            "Status", "CreatedAt", "HasAssociatedService", "IsDefault",
        )  # fmt: skip
        every = [self._scaling(arn) for arn in self.scalings]
        if body.get("LatestOnly"):
            every = [each for each in every if each["Latest"]]
        wanted = [each for each in every if name in {None, each["AutoScalingConfigurationName"]}]
        listed = [{key: each[key] for key in keys} for each in wanted]
        page, following = paged(
            listed, body, self.world, token="NextToken", size=int(body.get("MaxResults", 100))
        )
        return {"AutoScalingConfigurationSummaryList": page, **following}

    def do_DeleteAutoScalingConfiguration(self, body: Body) -> Body:  # noqa: N802
        found = self._scaling(body["AutoScalingConfigurationArn"])
        if found["HasAssociatedService"]:
            raise Fault("InvalidRequestException", "The configuration is in use by a service.")
        del self.scalings[found["AutoScalingConfigurationArn"]]
        return {"AutoScalingConfiguration": {**found, "Status": "INACTIVE", "DeletedAt": now()}}

    # tags

    def do_TagResource(self, body: Body) -> Body:  # noqa: N802
        labels = self._tags(body["ResourceArn"])
        labels.update({tag["Key"]: tag["Value"] for tag in body["Tags"]})
        if len(labels) > 50:
            raise Fault("InvalidRequestException", "More than 50 tags.")
        return {}

    def do_UntagResource(self, body: Body) -> Body:  # noqa: N802
        for key in body["TagKeys"]:
            self._tags(body["ResourceArn"]).pop(key, None)
        return {}

    def do_ListTagsForResource(self, body: Body) -> Body:  # noqa: N802
        found = self._tags(body["ResourceArn"])
        return {"Tags": [{"Key": key, "Value": value} for key, value in found.items()]}

    def resources(self) -> dict[str, dict[str, str]]:
        """For the tagging API."""
        with self.world.guard:
            self._advance()
            return {arn: self.tags[arn] for arn, each in self.services.items() if each["Status"] != "DELETED"}

    # how it works

    def agent(self, host: str) -> Agent | None:
        with self.world.guard:
            self._advance()
            return next((each for each in self.agents.values() if each.host == host), None)

    def close(self) -> None:
        for agent in self.agents.values():
            agent.close()

    def _tags(self, arn: str) -> dict[str, str]:
        if arn not in self.tags or self.services.get(arn, {}).get("Status") == "DELETED":
            raise Fault("ResourceNotFoundException", f"No such resource: {arn}")
        return self.tags[arn]

    def _scaling(self, arn: str) -> Body:
        if arn not in self.scalings:
            raise Fault("ResourceNotFoundException", f"No such autoscaling configuration: {arn}")
        used = {
            each["AutoScalingConfigurationSummary"]["AutoScalingConfigurationArn"]
            for each in self.services.values()
            if each["Status"] != "DELETED"
        }
        return {**self.scalings[arn], "HasAssociatedService": arn in used}

    def _service(self, arn: str, *, deleted: bool = False) -> Body:
        found = self.services.get(arn)
        if found is None or (found["Status"] == "DELETED" and not deleted):
            raise Fault("ResourceNotFoundException", f"Service not found: {arn}")
        return found

    def _idle(self, service: Body, done: str, states: set[str]) -> None:
        if service["Status"] not in states:
            raise Fault(
                "InvalidStateException",
                f"Service cannot be {done} in the current state: {service['Status']}.",
            )

    def _check(self, body: Body) -> None:
        source = body.get("SourceConfiguration")
        if source is None:
            return
        repository = source["ImageRepository"]
        role = (source.get("AuthenticationConfiguration") or {}).get("AccessRoleArn")
        if repository["ImageRepositoryType"] == "ECR" and not role:
            raise Fault("InvalidRequestException", "Authentication configuration is invalid.")
        if source.get("AutoDeploymentsEnabled", True) and repository["ImageRepositoryType"] != "ECR":
            raise Fault("InvalidRequestException", "AutoDeployments are for ECR only.")
        names = repository.get("ImageConfiguration", {})
        for name in (
            *names.get("RuntimeEnvironmentVariables", ()),
            *names.get("RuntimeEnvironmentSecrets", ()),
        ):
            if name == "PORT" or name.startswith("AWSAPPRUNNER"):
                raise Fault("InvalidRequestException", f"{name} is reserved.")
        before = self.services.get(body.get("ServiceArn", ""), {})
        instance = body.get("InstanceConfiguration") or before.get("InstanceConfiguration") or {}
        if names.get("RuntimeEnvironmentSecrets") and not instance.get("InstanceRoleArn"):
            raise Fault("InvalidRequestException", "Secrets need an instance role.")
        scaling = body.get("AutoScalingConfigurationArn")
        if scaling is not None:
            self._scaling(scaling)

    def _set(self, arn: str, body: Body) -> None:
        service = self.services[arn]
        for key in _SETTABLE:
            if key in body:
                service[key] = body[key]
        instance = dict(service["InstanceConfiguration"])
        instance["Cpu"] = _UNITS.get(instance.get("Cpu", "1024"), instance.get("Cpu", "1024"))
        memory = str(instance.get("Memory", "2048"))
        amount = memory.removesuffix(" GB")
        instance["Memory"] = str(int(float(amount) * 1024)) if amount != memory else memory
        service["InstanceConfiguration"] = instance
        if "AutoScalingConfigurationArn" in body:
            found = self._scaling(body["AutoScalingConfigurationArn"])
            service["AutoScalingConfigurationSummary"] = {
                key: found[key]
                for key in (
                    "AutoScalingConfigurationArn",
                    "AutoScalingConfigurationName",
                    "AutoScalingConfigurationRevision",
                )
            }
        service["UpdatedAt"] = now()

    def _serve(self, arn: str) -> None:
        service, agent = self.services[arn], self.agents[arn]
        service["Status"] = "RUNNING"
        agent.image = _image(service)
        agent.well = service["ServiceName"] not in self.world.sick
        if self.world.registry:
            agent.says = pull(self.world.registry, agent.image)
        self._log(arn, "application", ["standin: Application startup complete."])

    def _back(self, arn: str, status: str) -> Callable[[], None]:
        def undo() -> None:
            self.services[arn]["Status"] = status

        return undo

    def _begin(
        self, arn: str, kind: str, apply: Callable[[], None], undo: Callable[[], None], body: Body
    ) -> Body:
        ending = self._ending(kind, body)
        operation = {
            "Id": str(uuid.uuid4()),
            "Type": kind,
            "Status": "PENDING",
            "TargetArn": arn,
            "StartedAt": now(),
            "UpdatedAt": now(),
        }
        self.operations.setdefault(arn, []).insert(0, operation)
        self.services[arn]["Status"] = "OPERATION_IN_PROGRESS"
        seconds = self.world.seconds if ending.seconds is None else ending.seconds
        self.running[operation["Id"]] = Running(operation, ending, apply, undo, seconds)
        self._log(arn, "service", [f"[AppRunner] {kind} started."])
        return {"Service": self.services[arn], "OperationId": operation["Id"]}

    def _ending(self, kind: str, body: Body) -> Ending:
        """As told; else as the image and its environment say."""
        told = self.world.ending(kind)
        source = body.get("SourceConfiguration")
        if told.status != "SUCCEEDED" or source is None:
            return told
        failed = "FAILED" if kind == "CREATE_SERVICE" else "ROLLBACK_SUCCEEDED"
        repository = source["ImageRepository"]
        if self.world.registry:
            try:
                pull(self.world.registry, repository["ImageIdentifier"])
            except LookupError as error:
                text = f"[AppRunner] Failed to pull your application image: {error}."
                return Ending(kind, failed, told.seconds, [text])
        env = repository.get("ImageConfiguration", {}).get("RuntimeEnvironmentVariables", {})
        if env.get("STANDIN") == "crash":
            lines = ["[AppRunner] Health check failed on path /health.", "[AppRunner] Deployment failed."]
            return Ending(kind, failed, told.seconds, lines, ["standin: last words"])
        return told

    def _advance(self) -> None:
        for running in [*self.running.values()]:
            operation, ending = running.operation, running.ending
            age = now() - operation["StartedAt"]
            if age < running.seconds:
                slow = ending.status.startswith("ROLLBACK") and age > running.seconds / 2
                operation["Status"] = "ROLLBACK_IN_PROGRESS" if slow else "IN_PROGRESS"
                continue
            del self.running[operation["Id"]]
            operation |= {"Status": ending.status, "EndedAt": now(), "UpdatedAt": now()}
            arn = operation["TargetArn"]
            self._log(arn, "service", [*ending.lines])
            self._log(arn, "application", [*ending.application])
            if ending.status == "SUCCEEDED":
                running.apply()
                self._log(arn, "service", [f"[AppRunner] {operation['Type']} completed."])
            else:
                running.undo()
                word = operation["Type"].partition("_")[0].capitalize()
                self._log(arn, "service", [f"[AppRunner] {word} failed."])

    def _log(self, arn: str, kind: str, lines: list[str]) -> None:
        if lines:
            name, _, service_id = arn.partition(":service/")[2].partition("/")
            self.write_log(f"/aws/apprunner/{name}/{service_id}/{kind}", lines)


def _image(service: Body) -> str:
    return str(service["SourceConfiguration"]["ImageRepository"]["ImageIdentifier"])


def _scaling(arn: str, name: str, revision: int, body: Body) -> Body:
    return {
        "AutoScalingConfigurationArn": arn,
        "AutoScalingConfigurationName": name,
        "AutoScalingConfigurationRevision": revision,
        "Latest": True,
        "Status": "ACTIVE",
        "MaxConcurrency": body.get("MaxConcurrency", 100),
        "MinSize": body.get("MinSize", 1),
        "MaxSize": body.get("MaxSize", 25),
        "CreatedAt": now(),
        "HasAssociatedService": False,
        "IsDefault": not body,
    }

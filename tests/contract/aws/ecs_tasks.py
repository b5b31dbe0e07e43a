"""What an Express service is made of, as ECS shows it: revisions, task definitions, tasks."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from typing import Any

from tests.contract.aws.world import ACCOUNT, REGION, Fault, now

Body = dict[str, Any]

# "Fargate task CPU and memory": CPU units → MiB.
_PAIRS = {
    "256": {512, 1024, 2048},
    "512": {1024 * gb for gb in range(1, 5)},
    "1024": {1024 * gb for gb in range(2, 9)},
    "2048": {1024 * gb for gb in range(4, 17)},
    "4096": {1024 * gb for gb in range(8, 31)},
}
_ROLE = re.compile(r"arn:aws:iam::\d{12}:role/[\w+=,.@/-]+")


@dataclass
class Revision:
    """``body`` is what it was made from."""

    arn: str
    service: str
    service_arn: str
    definition: str
    group: str
    endpoint: str
    body: Body
    created: float = field(default_factory=now)


def check(body: Body, *, new: bool) -> None:
    """What ECS refuses although the model allows it."""
    for key in ("executionRoleArn", "infrastructureRoleArn", "taskRoleArn"):
        if key in body and not _ROLE.fullmatch(body[key]):
            raise Fault("InvalidParameterException", f"{key} is not valid.")
    if new and not body.get("executionRoleArn"):
        raise Fault("InvalidParameterException", "executionRoleArn is required.")
    container = body.get("primaryContainer")
    if new and not container:
        raise Fault("InvalidParameterException", "primaryContainer is required.")
    if container:
        if not re.fullmatch(r"[\w.:-]+/[\w./-]+(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?", container["image"]):
            raise Fault("InvalidParameterException", f"Invalid image {container['image']!r}.")
        names = [each["name"] for kind in ("environment", "secrets") for each in container.get(kind, ())]
        if len(names) != len(set(names)):
            raise Fault("ClientException", "The secret name must be unique and not shared with any variable.")
    if not str(body.get("healthCheckPath", "/ping")).startswith("/"):
        raise Fault("InvalidParameterException", "healthCheckPath must start with a slash.")
    if "cpu" in body and int(body.get("memory", "512")) not in _PAIRS.get(body["cpu"], ()):
        raise Fault("InvalidParameterException", "No Fargate configuration exists for given values.")
    scaling = body.get("scalingTarget", {})
    if scaling.get("minTaskCount", 1) > scaling.get("maxTaskCount", 20):
        raise Fault("InvalidParameterException", "minTaskCount must not exceed maxTaskCount.")
    if len(body.get("serviceName", "a")) > 255 or not re.fullmatch(r"[\w-]+", body.get("serviceName", "a")):
        raise Fault("InvalidParameterException", "The service name is not valid.")


def describe_revision(revision: Revision) -> Body:
    image = revision.body["primaryContainer"]["image"]
    main = {"containerName": "Main", "image": image}
    if "@" in image:
        main["imageDigest"] = image.partition("@")[2]
    provisioned = {"status": "ACTIVE", "updatedAt": revision.created}
    port = int(revision.body["primaryContainer"].get("containerPort", 80))
    group = {
        **provisioned,
        "healthCheckPath": revision.body.get("healthCheckPath", "/ping"),
        "healthCheckPort": port,
        "port": port,
    }
    return {
        "serviceRevisionArn": revision.arn,
        "serviceArn": revision.service_arn,
        "taskDefinition": revision.definition,
        "launchType": "FARGATE",
        "containerImages": [main],
        "createdAt": revision.created,
        "ecsManagedResources": {
            "ingressPaths": [
                {"accessType": "PUBLIC", "endpoint": revision.endpoint, "targetGroups": [group]}
            ],
            "logGroups": [{**provisioned, "logGroupName": revision.group}],
        },
    }


def task_definition(revision: Revision) -> Body:
    body = revision.body
    container = body["primaryContainer"]
    main = {
        "name": "Main",
        "image": container["image"],
        "essential": True,
        "portMappings": [{"containerPort": int(container.get("containerPort", 80)), "protocol": "tcp"}],
        "environment": container.get("environment", []),
        "secrets": container.get("secrets", []),
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {"awslogs-group": revision.group, "awslogs-stream-prefix": "ecs"},
        },
    }
    for key in ("repositoryCredentials", "command"):
        if key in container:
            main[key] = container[key]
    family, _, number = revision.definition.rpartition("/")[2].partition(":")
    found = {
        "taskDefinitionArn": revision.definition,
        "family": family,
        "revision": int(number),
        "status": "ACTIVE",
        "networkMode": "awsvpc",
        "cpu": body.get("cpu", "256"),
        "memory": body.get("memory", "512"),
        "runtimePlatform": {
            "cpuArchitecture": body.get("cpuArchitecture", "X86_64"),
            "operatingSystemFamily": "LINUX",
        },
        "containerDefinitions": [main],
    }
    for key in ("executionRoleArn", "taskRoleArn"):
        if key in body:
            found[key] = body[key]
    return found


def task(service: str, revision: Revision, created: float, *, stopped: str = "") -> Body:
    """A task that runs, or one that ended for the reason ``stopped``."""
    cluster = service.split("/")[1]
    made = {
        "taskArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/{cluster}/{uuid.uuid4().hex}",
        "taskDefinitionArn": revision.definition,
        "group": f"service:{revision.service}",
        "desiredStatus": "STOPPED" if stopped else "RUNNING",
        "lastStatus": "STOPPED" if stopped else "RUNNING",
        "createdAt": max(created, now() - 0.001),
        "containers": [{"name": "Main", "lastStatus": "STOPPED" if stopped else "RUNNING"}],
    }
    if stopped:
        made |= {"stoppedAt": now(), "stoppedReason": stopped, "stopCode": "TaskFailedToStart"}
        if "exited" in stopped:
            made["containers"][0]["exitCode"] = 3
    return made

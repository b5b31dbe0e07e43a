"""Earlier revisions, as ECS itself remembers them: nothing about them has to be kept here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.aws.client import Answer
from holodeck_tui.deployers.aws.ecs_api import Ecs, Rollout, short
from holodeck_tui.deployers.aws.ecs_secrets import is_kept
from holodeck_tui.deployers.aws.errors import AwsError
from holodeck_tui.deployers.base import Revision

# The container of an Express service that gets the traffic.
_MAIN = "Main"
_PINNED = ":::"


def configuration_of(ecs: Ecs, revision: str) -> Mapping[str, Any] | None:
    """A revision in the form of an active configuration, from its task definition; None where it is gone.

    The scaling is not part of it.
    """
    try:
        found = ecs.revisions([revision]).get(revision)
        if found is None or not found.get("taskDefinition"):
            return None
        return _configuration(found, ecs.task_definition(str(found["taskDefinition"])))
    except AwsError as error:
        if error.kind in {"gone", "refused"}:
            return None
        raise


def choose(rollouts: Sequence[Rollout], active: str | None, to: str | None, name: str) -> str:
    """ARN of the revision ``to`` (its id or ARN), or of the one that served before the active one.

    Raises ``revision-unknown``.
    """
    known = list(dict.fromkeys(each.revision for each in rollouts if each.succeeded))
    if to is not None:
        for arn in known:
            if to in {arn, short(arn)}:
                return arn
        raise _unknown(f"ECS has no revision {to} of it that ever served", known)
    earlier = [arn for arn in known if arn != active]
    if not earlier:
        raise _unknown(f"no revision of {name} served before the one that does now", known)
    return earlier[0]


def listing(ecs: Ecs, rollouts: Sequence[Rollout], active: str | None) -> list[Revision]:
    """What served once and can again, newest first."""
    made = {each.revision: each for each in reversed(rollouts) if each.succeeded}
    details = ecs.revisions(made)
    return [
        Revision(
            name=short(arn),
            image_uri=_image(details.get(arn, {})),
            created_at=each.created_at,
            active=arn == active,
            detail=f"deployment {short(each.arn)}",
        )
        for arn, each in sorted(made.items(), key=lambda pair: pair[1].created_at, reverse=True)
    ]


def refresh(ecs: Ecs, configuration: Mapping[str, Any], service: str) -> dict[str, Any]:
    """The body of an update to ``configuration``, with the values that its secrets have now.

    A version that was replaced may be revoked, and Secrets Manager forgets it some day.
    """
    container = dict(configuration["primaryContainer"])
    container["secrets"] = [
        {
            "name": each["name"],
            "valueFrom": _now(ecs, str(each["valueFrom"]))
            if is_kept(str(each["valueFrom"]), service)
            else each["valueFrom"],
        }
        for each in container.get("secrets") or ()
    ]
    kept = {
        name: configuration[name]
        for name in ("executionRoleArn", "taskRoleArn", "cpu", "memory", "cpuArchitecture", "healthCheckPath")
        if configuration.get(name)
    }
    wanted = ("image", "containerPort", "repositoryCredentials", "command", "environment", "secrets")
    return {**kept, "primaryContainer": {name: container[name] for name in wanted if container.get(name)}}


def _now(ecs: Ecs, reference: str) -> str:
    arn, pinned, _ = reference.partition(_PINNED)
    if not pinned:
        return reference
    answer = ecs.aws.ask("secretsmanager", "describe_secret", f"look at the secret {arn}", SecretId=arn)
    stages: Mapping[str, list[str]] = answer.get("VersionIdsToStages") or {}
    current = next((version for version, names in stages.items() if "AWSCURRENT" in names), None)
    return f"{arn}{_PINNED}{current}" if current else arn


def _configuration(revision: Answer, definition: Answer) -> dict[str, Any]:
    containers = definition.get("containerDefinitions") or [{}]
    main = next((each for each in containers if each.get("name") == _MAIN), containers[0])
    ports = main.get("portMappings") or [{}]
    container: dict[str, Any] = {
        "image": main.get("image"),
        "containerPort": ports[0].get("containerPort"),
        "environment": main.get("environment") or [],
        "secrets": main.get("secrets") or [],
    }
    for name in ("repositoryCredentials", "command"):
        if main.get(name):
            container[name] = main[name]
    return {
        "serviceRevisionArn": revision.get("serviceRevisionArn"),
        "executionRoleArn": definition.get("executionRoleArn"),
        "taskRoleArn": definition.get("taskRoleArn"),
        "cpu": definition.get("cpu"),
        "memory": definition.get("memory"),
        "cpuArchitecture": (definition.get("runtimePlatform") or {}).get("cpuArchitecture"),
        "healthCheckPath": _health(revision),
        "primaryContainer": container,
    }


def _health(revision: Answer) -> str | None:
    managed = revision.get("ecsManagedResources") or {}
    for path in managed.get("ingressPaths") or ():
        for group in path.get("targetGroups") or ():
            if group.get("healthCheckPath"):
                return str(group["healthCheckPath"])
    return None


def _image(revision: Mapping[str, Any]) -> str | None:
    images = revision.get("containerImages") or ()
    main = next((each for each in images if each.get("containerName") == _MAIN), images[0] if images else {})
    return str(main["image"]) if main.get("image") else None


def _unknown(reason: str, known: Sequence[str]) -> DeploymentError:
    return DeploymentError(
        "revision-unknown",
        "There is nothing to go back to.",
        reason=reason,
        remedy=f"holodeck-deploy-tui rollback --to {short(known[-1])}"
        if known
        else "holodeck-deploy-tui deploy",
        details=[short(arn) for arn in known],
    )

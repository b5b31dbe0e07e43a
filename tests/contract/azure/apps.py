"""Container Apps' rules: what a PUT may say, what comes of it, and how an app looks from outside."""

from __future__ import annotations

import copy
import json
import re
import urllib.error
import urllib.request
from base64 import b64encode
from typing import Any

from azure.mgmt.appcontainers import models as m

from tests.contract.azure.agent import open_agent
from tests.contract.azure.model import flaws
from tests.contract.azure.world import SUBSCRIPTION, App, Body, Revision, World

_NAME = re.compile(r"[a-z](?:-?[a-z0-9])*")
_SECRET = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def app_id(group: str, name: str) -> str:
    return (
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.App/containerApps/{name}"
    )


def put(world: World, group: str, name: str, body: Body) -> tuple[int, App, str]:
    """201 or 200, the app, and the operation that makes it true."""
    problems = flaws(m.ContainerApp, body, request=True)
    if problems:
        raise Refused(400, "InvalidRequestContent", "; ".join(problems))
    known = world.apps.get((group.lower(), name))
    check(world, name, body, known)
    body = copy.deepcopy(body)
    secrets = {one["name"]: one for one in body["properties"]["configuration"].pop("secrets", None) or []}
    if known is None:
        app = App(name, group, body, "", world.now())
        ingress = body["properties"]["configuration"].get("ingress") or {}
        app.fqdn, app.close = open_agent(world, app)
        if not ingress.get("external"):
            app.fqdn = f"{name}.internal.contract.invalid"
        world.apps[group.lower(), name] = app
    else:
        app = known
        app.body = body
    # What is not in the PUT is gone.
    app.secrets = secrets
    app.provisioning = "InProgress"
    return (201 if known is None else 200), app, world.start(lambda: _provision(world, app))


def patch(world: World, app: App, body: Body) -> str:
    problems = flaws(m.ContainerApp, body, request=True, partial=True)
    if problems:
        raise Refused(400, "InvalidRequestContent", "; ".join(problems))
    changed = copy.deepcopy(body)
    configuration = changed.get("properties", {}).get("configuration", {})
    secrets = configuration.pop("secrets", None)
    _merge(app.body, changed)
    if secrets is not None:
        app.secrets = {one["name"]: one for one in secrets}
    _check_secrets(app.secrets, app.body["properties"]["template"])
    app.provisioning = "InProgress"
    return world.start(lambda: _provision(world, app))


def _merge(into: Body, what: Body) -> None:
    for key, value in what.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict) and key != "tags":
            _merge(into[key], value)
        else:
            into[key] = value


def check(world: World, name: str, body: Body, known: App | None) -> None:
    """The rules that Microsoft documents for what is sent."""
    if not (2 <= len(name) <= 32 and _NAME.fullmatch(name)):
        raise Refused(400, "ContainerAppInvalidName", f"Invalid ContainerApp name '{name}'.")
    facts = body.get("properties") or {}
    environment = str(facts.get("environmentId") or facts.get("managedEnvironmentId") or "")
    match = re.search(r"/resourceGroups/([^/]+)/.*/managedEnvironments/([^/]+)$", environment, re.IGNORECASE)
    if not match or (match[1].lower(), match[2]) not in world.environments:
        raise Refused(404, "ManagedEnvironmentNotFound", f"The environment '{environment}' was not found.")
    template = facts.get("template") or {}
    for container in template.get("containers") or []:
        _check_container(container)
    secrets = {one["name"]: one for one in facts["configuration"].get("secrets") or []}
    _check_secrets(secrets, template)
    for registry in facts["configuration"].get("registries") or []:
        password = registry.get("passwordSecretRef")
        if password and password not in secrets:
            raise Refused(400, "ContainerAppRegistryInvalid", f"The secret '{password}' was not found.")
    suffix = template.get("revisionSuffix")
    same = next((r for r in (known.revisions if known else []) if r.name == f"{name}--{suffix}"), None)
    if same is not None and same.template != template:
        raise Refused(400, "RevisionSuffixAlreadyExists", f"Revision with suffix {suffix} already exists.")
    names = {one.name for one in known.revisions} if known else set()
    weights = (facts["configuration"].get("ingress") or {}).get("traffic") or []
    unknown = [
        one for one in weights if not one.get("latestRevision") and one.get("revisionName") not in names
    ]
    if unknown or (weights and sum(one.get("weight", 0) for one in weights) != 100):
        raise Refused(400, "ContainerAppInvalidTraffic", f"The traffic {weights} is invalid.")


def _check_container(container: Body) -> None:
    resources = container.get("resources") or {}
    cpu, memory = resources.get("cpu"), str(resources.get("memory", ""))
    whole = isinstance(cpu, (int, float)) and 0.25 <= cpu <= 4 and (cpu * 4) % 1 == 0
    if not whole or not memory.endswith("Gi") or float(memory[:-2]) != 2 * float(cpu or 0):
        text = f"The invalid resource combination cpu {cpu}, memory {memory}: memory is twice the cpu."
        raise Refused(400, "ContainerAppInvalidResourceTotal", text)
    for probe in container.get("probes") or []:
        limits = {"failureThreshold": (1, 10), "periodSeconds": (1, 240), "timeoutSeconds": (1, 240)}
        for key, (least, most) in limits.items():
            if not least <= probe.get(key, least) <= most:
                raise Refused(400, "ContainerAppProbeInvalid", f"{key} must be {least} to {most}.")


def _check_secrets(secrets: dict[str, Body], template: Body) -> None:
    for name, secret in secrets.items():
        if not _SECRET.fullmatch(name):
            raise Refused(400, "ContainerAppSecretInvalid", f"Invalid secret name '{name}'.")
        if not secret.get("value") and not secret.get("keyVaultUrl"):
            text = f"Container app secret(s) '{name}' are invalid: value or keyVaultUrl is required."
            raise Refused(400, "ContainerAppSecretInvalid", text)
    for container in template.get("containers") or []:
        for entry in container.get("env") or []:
            ref = entry.get("secretRef")
            if ref and ref not in secrets:
                text = f"SecretRef '{ref}' defined for container is not found."
                raise Refused(400, "ContainerAppSecretRefNotFound", text)


def _provision(world: World, app: App) -> Body | None:
    template = app.body["properties"]["template"]
    image = template["containers"][0]["image"]
    if world.faults.fail:
        code, message = world.faults.fail
        world.faults.fail = []
        app.provisioning = "Failed"
        return {"code": code, "message": message}
    why = world.faults.pull or _pull(world, app, image)
    suffix = template.get("revisionSuffix") or f"{len(app.revisions):07x}"
    name = f"{app.name}--{suffix}"
    new = all(one.name != name for one in app.revisions)
    if why and new:
        app.provisioning = "Failed"
        text = (
            f"Failed to provision revision for container app '{app.name}'. Error details: The following "
            f"field(s) are either invalid or missing. Field 'template.containers.agent.image' is invalid "
            f"with details: 'Invalid value: \"{image}\": GET https:: {why}: as told; map[Name:agent]';."
        )
        return {"code": "ContainerAppOperationError", "message": text}
    if new:
        world.new_revision(app, copy.deepcopy(template), name)
    app.provisioning = "Succeeded"
    return None


def _pull(world: World, app: App, image: str) -> str:
    """What a registry that is named to this imitation says of an image; empty when it can be pulled."""
    match = re.fullmatch(r"([^/]+)/(.+?)(?:@(sha256:[0-9a-f]{64})|:([\w.-]+))", image)
    if not match or match[1] not in world.registries:
        return ""
    url = f"{world.registries[match[1]]}/v2/{match[2]}/manifests/{match[3] or match[4]}"
    accept = (
        "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"
    )
    request = urllib.request.Request(url, method="GET", headers={"Accept": accept})
    for registry in app.body["properties"]["configuration"].get("registries") or []:
        secret = app.secrets.get(registry.get("passwordSecretRef") or "")
        if registry.get("server") == match[1] and secret:
            pair = f"{registry['username']}:{secret['value']}".encode()
            request.add_header("Authorization", f"Basic {b64encode(pair).decode()}")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as answer:
            manifest = json.load(answer)
    except urllib.error.HTTPError as error:
        return {401: "UNAUTHORIZED", 404: "MANIFEST_UNKNOWN"}.get(error.code, "UNKNOWN")
    digest = manifest["config"]["digest"]
    with opener.open(f"{world.registries[match[1]]}/v2/{match[2]}/blobs/{digest}", timeout=10) as answer:
        config = json.load(answer)
    # Only linux/amd64 runs there.
    wrong = (config.get("os"), config.get("architecture")) != ("linux", "amd64")
    return "no child with platform linux/amd64" if wrong else ""


def show(world: World, app: App, base: str) -> Body:
    """An app as a GET shows it: what was sent, rewritten as Azure does, and what Azure knows of it."""
    body = copy.deepcopy(app.body)
    facts = body["properties"]
    configuration = facts["configuration"]
    if app.secrets:
        keys = ("name", "keyVaultUrl", "identity")
        configuration["secrets"] = [{k: one[k] for k in keys if one.get(k)} for one in app.secrets.values()]
    for registry in configuration.get("registries") or []:
        if registry.get("identity"):
            registry["identity"] = registry["identity"].replace("resourceGroups", "resourcegroups")
    ingress = configuration.get("ingress")
    if ingress:
        ingress["fqdn"] = app.fqdn
        ingress["transport"] = str(ingress.get("transport") or "auto").capitalize()
    for container in facts["template"].get("containers") or []:
        container["resources"]["ephemeralStorage"] = "2Gi"
        container["resources"]["cpu"] = float(container["resources"]["cpu"])
    latest, ready = app.latest, app.ready
    facts |= {
        "provisioningState": app.provisioning,
        # Recorded so: Running while the operation is still InProgress.
        "runningStatus": "Stopped" if app.stopped else "Running",
        "managedEnvironmentId": facts.get("environmentId"),
        "latestRevisionName": latest.name if latest else "",
        "latestReadyRevisionName": ready.name if ready else "",
        "eventStreamEndpoint": f"{base}/subscriptions/{SUBSCRIPTION}/resourceGroups/{app.group}"
        f"/containerApps/{app.name}/eventstream",
    }
    identity = body.get("identity")
    if identity and "systemassigned" in identity["type"].lower():
        identity |= {"principalId": "99999999-0000-0000-0000-000000000000", "tenantId": "tenant"}
    for one in (identity or {}).get("userAssignedIdentities") or {}:
        identity["userAssignedIdentities"][one] = {"principalId": "p", "clientId": "c"}
    return {
        **body,
        "id": app_id(app.group, app.name),
        "name": app.name,
        "type": "Microsoft.App/containerApps",
        "location": "East US",
        "systemData": {"createdAt": app.created.isoformat()},
    }


def show_revision(app: App, revision: Revision) -> Body:
    health, running, provisioning = {
        "off": ("None", "Stopped", "Deprovisioned"),
        "starting": ("None", "Processing", "Provisioning"),
        "crashed": ("Unhealthy", "Failed", "Provisioned"),
        "up": ("Healthy", "Running", "Provisioned"),
    }[revision.state]
    if app.stopped:
        running = "Stopped"
    elif revision.zero and revision.state == "up":
        health = "None"
    template = copy.deepcopy(revision.template)
    for container in template.get("containers") or []:
        container["resources"]["ephemeralStorage"] = "2Gi"
    facts: dict[str, Any] = {
        "createdTime": revision.created.isoformat(),
        "fqdn": f"{revision.name}.contract.invalid",
        "template": template,
        "active": revision.active,
        "replicas": 1 if revision.active and not revision.zero else 0,
        "trafficWeight": revision.weight,
        "healthState": health,
        "provisioningState": provisioning,
        "runningState": running,
    }
    name = f"{app_id(app.group, app.name)}/revisions/{revision.name}"
    return {
        "id": name,
        "name": revision.name,
        "type": "Microsoft.App/containerapps/revisions",
        "properties": facts,
    }


def show_replicas(app: App, revision: Revision) -> list[Body]:
    if not revision.active or app.stopped or revision.zero:
        return []
    crashed = revision.state == "crashed"
    container: dict[str, Any] = {
        "name": revision.template["containers"][0]["name"],
        "ready": revision.state == "up",
        "started": not crashed,
        "restartCount": 4 if crashed else 0,
        "runningState": "Waiting" if crashed else "Running",
        "runningStateDetails": "CrashLoopBackOff: exit code 3" if crashed else "",
    }
    facts = {"createdTime": revision.created.isoformat(), "containers": [container]}
    return [{"id": revision.replica, "name": revision.replica, "properties": facts}]

"""What runs against what would be sent, property by property, past all that Cloud Run rewrites."""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from holodeck_tui.core.redact import MASK, looks_secret
from holodeck_tui.core.values import Change
from holodeck_tui.models import sizes

if TYPE_CHECKING:
    from google.cloud.run_v2 import Container, EnvVar, Probe, Service

# A tag is for people: the same image under another one changes nothing that runs.
_VOLATILE = frozenset({"labels.holodeck-version"})
_CONCURRENCY, _INSTANCES, _TIMEOUT = 80, 100, 300
_SECRET = "secret "  # noqa: S105 - begins what stands for a reference to one


def differences(live: Service, wanted: Service, masked: Collection[str] = ()) -> list[Change]:
    """Empty when sending ``wanted`` would change nothing. Values of the variables ``masked`` are ``***``."""
    before, after = flatten(live), flatten(wanted)
    found: list[Change] = []
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) == after.get(path) or path in _VOLATILE:
            continue
        if path not in after and not path.startswith("env.") and not _own_account(path, before):
            continue  # a label that others gave it, the account that it has by default
        found.append(Change(path, _shown(path, before, masked), _shown(path, after, masked)))
    return found


def flatten(service: Service) -> dict[str, Any]:
    """Dotted path → plain value, of everything that this tool sets."""
    template = service.template
    scaling = template.scaling
    found: dict[str, Any] = {
        "public": bool(service.invoker_iam_disabled),
        "ingress": service.ingress.name.removeprefix("INGRESS_TRAFFIC_").lower(),
        "traffic": traffic(service),
        "concurrency": template.max_instance_request_concurrency or _CONCURRENCY,
        "timeout": _seconds(template.timeout),
        "min_instances": scaling.min_instance_count,
        "max_instances": scaling.max_instance_count or _INSTANCES,
    }
    if template.service_account:
        found["service_account"] = template.service_account
    found |= {f"labels.{key}": value for key, value in service.labels.items()}
    if template.containers:
        found |= _container(template.containers[0], service.name.split("/")[1])
    return found


def traffic(service: Service) -> dict[str, int]:
    """Percent by revision's short name, ``latest`` for the newest that is ready."""
    split: dict[str, int] = {}
    for target in service.traffic:
        name = target.revision.rpartition("/")[2] or "latest"
        if target.percent:
            split[name] = split.get(name, 0) + target.percent
    return split or {"latest": 100}


def is_held(service: Service) -> bool:
    """Whether the traffic goes to named revisions alone, as after a rollback."""
    return bool(service.traffic) and "latest" not in traffic(service)


def _container(container: Container, project: str) -> dict[str, Any]:
    limits = container.resources.limits
    memory = sizes.mebibytes(limits.get("memory", ""))
    port = container.ports[0].container_port if container.ports else 8080
    return {
        "image": container.image or None,
        "port": port,
        "cpu": sizes.short(sizes.vcpus(limits.get("cpu", "1")) or Decimal(1)),
        "memory": limits.get("memory") if memory is None else sizes.as_binary(memory),
        "health.startup": _probe(container.startup_probe, port),
        "health.liveness": _probe(container.liveness_probe, port),
        **{f"env.{one.name}": _value(one, project) for one in container.env},
    }


def _probe(probe: Probe, port: int) -> str | None:
    if not probe or not probe.http_get.path:
        return None
    return (
        f"{probe.http_get.path} on {probe.http_get.port or port} every {probe.period_seconds or 10} s, "
        f"{probe.timeout_seconds or 1} s to answer, {probe.failure_threshold or 3} failures"
    )


def _value(variable: EnvVar, project: str) -> str:
    key = variable.value_source.secret_key_ref
    if not key.secret:
        return variable.value
    own = rf"projects/(?:{re.escape(project)}|\d+)/secrets/"
    return f"{_SECRET}{re.sub(own, '', key.secret)}:{key.version or 'latest'}"


def _shown(path: str, values: dict[str, Any], masked: Collection[str]) -> Any:
    value = values.get(path)
    name = path.removeprefix("env.")
    if value is None or name == path:
        return value
    secret = str(value).startswith(_SECRET) or name in masked or looks_secret(name)
    return MASK if secret else value


def _seconds(timeout: Any) -> int:
    # The SDK's types say protobuf's Duration; its objects give a timedelta.
    return int(timeout.total_seconds()) if timeout else _TIMEOUT


def _own_account(path: str, values: dict[str, Any]) -> bool:
    return path == "service_account" and not str(values[path]).endswith(
        "-compute@developer.gserviceaccount.com"
    )

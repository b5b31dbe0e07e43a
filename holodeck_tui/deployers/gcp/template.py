"""From the description of the service to what Cloud Run is told."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from holodeck_tui.deployers.base import ServiceSpec
from holodeck_tui.deployers.gcp.names import (
    AGENT_NOTE,
    ENVIRONMENT_NOTE,
    IMAGE_NOTE,
    Place,
    block_of,
    labels,
)
from holodeck_tui.deployers.gcp.secrets import SecretRef
from holodeck_tui.models import sizes

if TYPE_CHECKING:
    from google.cloud.run_v2 import Service

# A started agent answers after about 11 s, and Cloud Run waits 240 s at most (Probe, startup_probe).
_PERIOD, _ANSWER = 5, 4
_LONGEST_START = 240
_LIVE_PERIOD, _LIVE_ANSWER, _LIVE_FAILURES = 30, 10, 5


def make_service(
    spec: ServiceSpec, place: Place, env: Mapping[str, str], secrets: Mapping[str, SecretRef]
) -> Service:
    """The whole service, complete enough to make it and to replace it. ``env`` has values, no references.

    An image that is not built yet has an empty name.
    """
    from google.cloud import run_v2

    block, overlay = block_of(spec.settings), spec.settings.overlay.gcp
    carried = labels(spec.tags, spec.name)
    template = run_v2.RevisionTemplate(
        labels=carried,
        annotations={IMAGE_NOTE: spec.image.uri} if spec.image is not None else {},
        scaling=run_v2.RevisionScaling(
            min_instance_count=block.min_instances, max_instance_count=block.max_instances
        ),
        max_instance_request_concurrency=block.concurrency,
        timeout={"seconds": overlay.timeout or block.timeout},
        service_account=overlay.service_account or "",
        containers=[_container(spec, env, secrets)],
    )
    notes = {AGENT_NOTE: spec.agent}
    if spec.environment:
        notes[ENVIRONMENT_NOTE] = spec.environment
    return run_v2.Service(
        name=place.service(spec.name),
        labels=carried,
        annotations=notes,
        ingress=run_v2.IngressTraffic.INGRESS_TRAFFIC_ALL,
        invoker_iam_disabled=overlay.public,
        template=template,
        traffic=traffic(overlay.traffic),
    )


def traffic(split: Mapping[str, int] | None) -> list[Any]:
    """Percent by revision (``latest`` is the newest that is ready); without any, all to the newest."""
    from google.cloud import run_v2

    kinds = run_v2.TrafficTargetAllocationType
    latest = kinds.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
    named = kinds.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
    return [
        run_v2.TrafficTarget(type_=latest, percent=percent)
        if name.lower() == "latest"
        else run_v2.TrafficTarget(type_=named, revision=name, percent=percent)
        for name, percent in (split or {"latest": 100}).items()
    ]


def with_traffic(live: Service, targets: list[Any]) -> Service:
    """What is sent to move the traffic alone: no field of it is one that Cloud Run writes itself."""
    from google.cloud import run_v2

    return run_v2.Service(name=live.name, annotations=dict(live.annotations), traffic=targets)


def with_instances(live: Service, count: int | None) -> Service:
    """What is sent to hold the service at ``count`` instances; None: Cloud Run scales it."""
    from google.cloud import run_v2

    modes = run_v2.ServiceScaling.ScalingMode
    held = run_v2.ServiceScaling(scaling_mode=modes.MANUAL, manual_instance_count=count)
    scaling = run_v2.ServiceScaling(scaling_mode=modes.AUTOMATIC) if count is None else held
    return run_v2.Service(name=live.name, annotations=dict(live.annotations), scaling=scaling)


def _container(spec: ServiceSpec, env: Mapping[str, str], secrets: Mapping[str, SecretRef]) -> Any:
    from google.cloud import run_v2

    block = block_of(spec.settings)
    get = run_v2.HTTPGetAction(path=spec.health.path, port=spec.port)
    allowed = min(_LONGEST_START, max(_PERIOD, int(spec.health.timeout)))
    variables = [run_v2.EnvVar(name=name, value=value) for name, value in env.items()]
    variables += [
        run_v2.EnvVar(
            name=name,
            value_source=run_v2.EnvVarSource(
                secret_key_ref=run_v2.SecretKeySelector(secret=ref.secret, version=ref.version or "latest")
            ),
        )
        for name, ref in secrets.items()
    ]
    return run_v2.Container(
        image=spec.image.pinned if spec.image is not None else "",
        ports=[run_v2.ContainerPort(container_port=spec.port)],
        env=sorted(variables, key=lambda one: one.name),
        resources=run_v2.ResourceRequirements(
            limits={
                "cpu": cpu_limit(block.vcpus),
                "memory": sizes.as_binary(Decimal(block.memory_mib)),
            }
        ),
        startup_probe=run_v2.Probe(
            http_get=get,
            period_seconds=_PERIOD,
            timeout_seconds=_ANSWER,
            failure_threshold=max(1, allowed // _PERIOD),
        ),
        liveness_probe=run_v2.Probe(
            http_get=get,
            period_seconds=_LIVE_PERIOD,
            timeout_seconds=_LIVE_ANSWER,
            failure_threshold=_LIVE_FAILURES,
        ),
    )


def cpu_limit(vcpus: Decimal) -> str:
    """``1`` or ``500m``: whole vCPUs, or thousandths of one."""
    return sizes.short(vcpus) if vcpus == int(vcpus) else f"{int(vcpus * 1000)}m"

"""What Cloud Run refuses beyond types: names, labels, sizes, probes, traffic, reserved names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from google.cloud import run_v2

_SERVICE_ID = re.compile(r"[a-z](?:[a-z0-9-]{0,47}[a-z0-9])?")
_LABEL_KEY = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_LABEL_VALUE = re.compile(r"[a-z0-9_-]{0,63}")
_RESERVED_SPACES = (
    "run.googleapis.com",
    "cloud.googleapis.com",
    "serving.knative.dev",
    "autoscaling.knative.dev",
)
_RESERVED_NAMES = {"PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"}
_PULLABLE = re.compile(r"(?:[a-z0-9-]+-docker\.pkg\.dev|(?:[a-z]+\.)?gcr\.io|docker\.io)/.+")
# cloud.google.com/run/docs/configuring/services/cpu: vCPU -> least and most MiB.
_MEMORY = {1: (128, 4096), 2: (128, 8192), 4: (2048, 16384), 6: (4096, 24576), 8: (4096, 32768)}


def service_flaws(service: run_v2.Service, revisions: set[str]) -> Iterator[str]:
    """Of a whole service."""
    identity = service.name.rpartition("/")[2]
    if not _SERVICE_ID.fullmatch(identity):
        yield f"name: {identity!r} must be up to 49 lower-case letters, digits and hyphens, a letter first"
    yield from label_flaws("labels", service.labels)
    yield from label_flaws("template.labels", service.template.labels)
    for where in (service.annotations, service.template.annotations):
        for key in where:
            if key.partition("/")[0] in _RESERVED_SPACES:
                yield f"annotations: {key} is of a reserved namespace"
    yield from traffic_flaws(service, revisions)
    yield from template_flaws(service.template)


def label_flaws(path: str, labels: Mapping[str, str]) -> Iterator[str]:
    """Keys and values as Resource Manager wants them."""
    if len(labels) > 64:
        yield f"{path}: more than 64"
    for key, value in labels.items():
        if not _LABEL_KEY.fullmatch(key) or key.partition("/")[0] in _RESERVED_SPACES:
            yield f"{path}: key {key!r}"
        if not _LABEL_VALUE.fullmatch(value):
            yield f"{path}: value {value!r} of {key}"


def traffic_flaws(service: run_v2.Service, revisions: set[str]) -> Iterator[str]:
    """Percents make a hundred, and every revision that is named exists."""
    if service.traffic and sum(one.percent for one in service.traffic) != 100:
        yield "traffic: the percents do not make 100"
    for one in service.traffic:
        named = one.type_.name == "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"
        if named and one.revision.rpartition("/")[2] not in revisions:
            yield f"traffic: Revision {one.revision} is not found"
        if not named and one.revision:
            yield "traffic: a revision with the type LATEST"


def template_flaws(template: run_v2.RevisionTemplate) -> Iterator[str]:
    """Sizes that go together, one port, probes within bounds."""
    if len(template.containers) != 1:
        yield "template.containers: one is expected"
        return
    container = template.containers[0]
    if not _PULLABLE.fullmatch(container.image):
        yield (
            f"template.containers[0].image: Expected an image path like [host/]repo-path[:tag | @digest], "
            f"where host is one of [region.]gcr.io, [region-]docker.pkg.dev or docker.io but got "
            f"{container.image}"
        )
    if len(container.ports) > 1:
        yield "template.containers[0].ports: only one"
    names = [one.name for one in container.env]
    for name in sorted({name for name in names if names.count(name) > 1 or name in _RESERVED_NAMES}):
        yield f"template.containers[0].env: {name} is reserved or there twice"
    for one in container.env:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", one.name) or len(one.value.encode()) > 32768:
            yield f"template.containers[0].env: {one.name}"
    yield from _size_flaws(template, container.resources.limits)
    yield from _probe_flaws("startup_probe", container.startup_probe, 240)
    yield from _probe_flaws("liveness_probe", container.liveness_probe, 3600)
    scaling = template.scaling
    if scaling.max_instance_count and scaling.min_instance_count > scaling.max_instance_count:
        yield "template.scaling: min is above max"
    seconds = template.timeout.total_seconds() if template.timeout else 300
    if not 0 < seconds <= 3600:
        yield "template.timeout: 1 s to 3600 s"


def _size_flaws(template: run_v2.RevisionTemplate, limits: Mapping[str, str]) -> Iterator[str]:
    cpu = limits.get("cpu", "1")
    vcpus = Decimal(cpu[:-1]) / 1000 if cpu.endswith("m") else Decimal(cpu)
    text = limits.get("memory", "512Mi")
    mib = Decimal(text[:-2]) * (1024 if text.endswith("Gi") else 1)
    if vcpus >= 1:
        if int(vcpus) != vcpus or int(vcpus) not in _MEMORY:
            yield f"resources.limits.cpu: {cpu}"
            return
        least, most = _MEMORY[int(vcpus)]
        if not least <= mib <= most:
            yield f"resources.limits.memory: {text} with {cpu} CPU"
    elif template.max_instance_request_concurrency > 1:
        yield "max_instance_request_concurrency: must be 1 with less than 1 CPU"
    if not 0 <= template.max_instance_request_concurrency <= 1000:
        yield "max_instance_request_concurrency: 1 to 1000"


def _probe_flaws(name: str, probe: run_v2.Probe, longest: int) -> Iterator[str]:
    if not probe:
        return
    ways = [probe.http_get.path, probe.tcp_socket.port, probe.grpc.port]
    if sum(map(bool, ways)) != 1:
        yield f"{name}: exactly one of http_get, tcp_socket and grpc"
    period, answer = probe.period_seconds or 10, probe.timeout_seconds or 1
    if not 1 <= period <= longest or answer > period:
        yield f"{name}: period {period} s, timeout {answer} s"
    if longest == 240 and period * (probe.failure_threshold or 3) > 240:
        yield f"{name}: it may take 240 s at most"

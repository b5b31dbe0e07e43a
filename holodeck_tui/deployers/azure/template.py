"""From settings to the app that shall be, as a value of our own; and the live app in the same words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.azure.names import full_revision, location, tags_of
from holodeck_tui.deployers.azure.place import azure_config
from holodeck_tui.deployers.azure.registry import Pull
from holodeck_tui.deployers.azure.secrets import AppSecret, Values
from holodeck_tui.deployers.azure.status import low
from holodeck_tui.deployers.base import ServiceSpec

if TYPE_CHECKING:
    from azure.mgmt.appcontainers.models import Container, ContainerApp, ContainerAppProbe

CONTAINER = "agent"
LATEST = "latest"
# Facts of the app as a whole: changing them makes no new revision.
APP_WIDE = (
    "ingress.",
    "traffic.",
    "revisions",
    "registry",
    "identity",
    "tags.",
    "location",
    "environment_id",
)
_MASK = "***"
# learn.microsoft.com, Container Apps, health probes: a threshold is 10 at most.
_MOST_FAILURES = 10


@dataclass(frozen=True)
class Wanted:
    """The app that shall be. ``facts`` is flat: dotted path → JSON value; no value of a secret is in it.

    ``masked`` are the paths whose value must not be shown. ``traffic`` is by full revision name, or
    ``latest``; None: all to the newest one that is ready.
    """

    name: str
    facts: Mapping[str, Any]
    values: Values = field(repr=False)
    pull: Pull | None
    masked: frozenset[str]
    traffic: Mapping[str, int] | None
    tags: Mapping[str, str]

    @property
    def password(self) -> AppSecret | None:
        """The app secret that the image is pulled with."""
        return self.pull.secret if self.pull else None


def make_wanted(spec: ServiceSpec, values: Values, pull: Pull | None, environment_id: str | None) -> Wanted:
    """What ``spec`` asks for. ``environment_id`` None: not known (yet), so not compared."""
    config, overlay = azure_config(spec.settings), spec.settings.overlay.azure
    external = config.ingress_external if overlay.ingress_external is None else overlay.ingress_external
    traffic = None
    if overlay.traffic:
        names = {n: LATEST if n.lower() == LATEST else full_revision(spec.name, n) for n in overlay.traffic}
        traffic = {names[name]: percent for name, percent in overlay.traffic.items() if percent}
    facts: dict[str, Any] = {
        "image": None if spec.image is None else spec.image.pinned,
        "cpu": float(config.vcpus),
        "memory": config.memory_gib,
        "scale.min_replicas": config.min_replicas,
        "scale.max_replicas": config.max_replicas,
        "ingress.external": external,
        "ingress.port": spec.port,
        "ingress.transport": "auto",
        "revisions": "single" if traffic is None else "multiple",
        "identity": overlay.identity,
        "registry": _registry(pull),
        **{f"traffic.{name}": percent for name, percent in (traffic or {LATEST: 100}).items()},
        **{f"env.{name}": value for name, value in values.plain.items()},
        **{f"env.{name}": f"secret {ref}" for name, ref in values.refs.items()},
        **_probes(spec),
    }
    if environment_id is not None:
        facts["environment_id"] = environment_id.lower()
    tags = tags_of(spec.tags)
    facts |= {f"tags.{name}": value for name, value in tags.items()}
    masked = frozenset(f"env.{name}" for name in values.variable)
    return Wanted(spec.name, facts, values, pull, masked, traffic, tags)


def startup_period(spec: ServiceSpec) -> int:
    """Seconds between two questions: all the time a revision has, over as many as Azure allows."""
    return min(240, max(1, math.ceil(spec.health.timeout / _MOST_FAILURES)))


def _probes(spec: ServiceSpec) -> dict[str, Any]:
    path, ready = spec.health.path, spec.health.ready
    return {
        "probe.startup": f"GET :{spec.port}{path} every {startup_period(spec)} s, {_MOST_FAILURES} times",
        "probe.liveness": f"GET :{spec.port}{path} every 30 s, 3 times",
        "probe.readiness": f"GET :{spec.port}{ready} every 10 s, 6 times",
    }


def _registry(pull: Pull | None) -> str | None:
    if pull is None:
        return None
    return _puller(pull.server, pull.identity, pull.username)


def _puller(server: str | None, identity: str | None, username: str | None) -> str:
    # Azure answers with ids of resources in whatever case it likes.
    return f"{server} as {identity.lower() if identity else username}"


def live_facts(app: ContainerApp) -> dict[str, Any]:
    """The same words for what runs, after undoing what Azure rewrites (case, spaces, numbers)."""
    properties = app.properties
    assert properties is not None
    configuration, template = properties.configuration, properties.template
    ingress = configuration.ingress if configuration else None
    scale = template.scale if template else None
    container = container_of(app)
    resources = container.resources if container else None
    registries = (configuration.registries if configuration else None) or []
    facts: dict[str, Any] = {
        "image": container.image if container else None,
        "cpu": float(resources.cpu) if resources and resources.cpu is not None else None,
        "memory": _memory(resources.memory) if resources else None,
        "scale.min_replicas": (scale.min_replicas if scale else None) or 0,
        "scale.max_replicas": scale.max_replicas if scale and scale.max_replicas is not None else 10,
        "ingress.external": bool(ingress.external) if ingress else None,
        "ingress.port": ingress.target_port if ingress else None,
        "ingress.transport": low(ingress.transport) or "auto" if ingress else None,
        "revisions": low(configuration and configuration.active_revisions_mode) or "single",
        "identity": _identity(app),
        "registry": next((_puller(r.server, r.identity, r.username) for r in registries), None),
        "environment_id": (properties.environment_id or properties.managed_environment_id or "").lower(),
    }
    for weight in (ingress.traffic if ingress else None) or []:
        name = LATEST if weight.latest_revision else weight.revision_name
        if weight.weight:
            facts[f"traffic.{name}"] = weight.weight
    for entry in (container.env if container else None) or []:
        facts[f"env.{entry.name}"] = f"secret {entry.secret_ref}" if entry.secret_ref else entry.value or ""
    for probe in (container.probes if container else None) or []:
        facts[f"probe.{low(probe.type)}"] = _asked(probe)
    facts |= {f"tags.{name}": value for name, value in (app.tags or {}).items()}
    return facts


def _asked(probe: ContainerAppProbe) -> str:
    get = probe.http_get
    if get is None:
        return "another kind"
    period, failures = probe.period_seconds or 10, probe.failure_threshold or 3
    return f"GET :{get.port}{get.path} every {period} s, {failures} times"


def differences(wanted: Wanted, live: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What differs: path → (live, wanted). Tags and identities of others are left out: they stay."""
    found: dict[str, tuple[Any, Any]] = {}
    for path in sorted({*wanted.facts, *live}):
        before, after = live.get(path), wanted.facts.get(path)
        if path.startswith("tags.") and not (path in wanted.facts or path.startswith("tags.holodeck-")):
            continue
        if path == "environment_id" and path not in wanted.facts:
            continue
        if path == "identity" and (after is None or _has_identity(before, after)):
            continue
        if path == "image" and after is None:
            continue
        if before != after:
            found[path] = (before, after)
    return found


def shown(wanted: Wanted, path: str, value: Any) -> Any:
    """A value as it may be shown."""
    return _MASK if value is not None and path in wanted.masked else value


def needs_revision(paths: Mapping[str, Any]) -> bool:
    """Whether any of the differences is one of the revision's own template."""
    return any(not path.startswith(APP_WIDE) for path in paths)


def container_of(app: ContainerApp) -> Container | None:
    """The agent's container: ours by name, else the first."""
    template = app.properties.template if app.properties else None
    containers = (template.containers if template else None) or []
    return next((one for one in containers if one.name == CONTAINER), containers[0] if containers else None)


def check_location(wanted: str, app: ContainerApp) -> None:
    """An app cannot move. Raises ``config-invalid``."""
    if app.location and location(app.location) != location(wanted):
        raise DeploymentError(
            "config-invalid",
            f"{app.name} cannot be moved to {wanted}.",
            reason=f"it is in {location(app.location)}, and Azure moves no app",
            remedy=f"holodeck-deploy-tui set deployment.target.azure.location={location(app.location)}",
        )


def _memory(text: str | None) -> str | None:
    from holodeck_tui.models import sizes

    amount = sizes.mebibytes(text)
    return text if amount is None else sizes.as_gibibytes(amount)


def _identity(app: ContainerApp) -> str | None:
    """All identities of the app in one text, user-assigned ones by their ids in lower case."""
    identity = app.identity
    kind = low(identity and identity.type)
    names = sorted(name.lower() for name in (identity.user_assigned_identities or {})) if identity else []
    return " ".join([*(["system"] if "systemassigned" in kind else []), *names]) or None


def _has_identity(before: Any, after: Any) -> bool:
    return before is not None and str(after).lower() in str(before).split()

"""What is sent: the wanted app in Microsoft's models, with what others set on the live one kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from holodeck_tui.deployers.azure.names import CONTENT_HASH, VERSION
from holodeck_tui.deployers.azure.secrets import AppSecret
from holodeck_tui.deployers.azure.status import low
from holodeck_tui.deployers.azure.template import CONTAINER, LATEST, Wanted, startup_period
from holodeck_tui.deployers.base import ServiceSpec

if TYPE_CHECKING:
    from azure.mgmt.appcontainers import models as m


def make_app(
    spec: ServiceSpec,
    wanted: Wanted,
    secrets: Sequence[AppSecret],
    live: m.ContainerApp | None,
    *,
    location: str,
    environment_id: str,
    suffix: str | None,
) -> m.ContainerApp:
    """The whole app. A PUT replaces everything, so secrets, domains and tags of others are in it too."""
    from azure.mgmt.appcontainers import models as m

    facts = wanted.facts
    kept = live.properties.configuration if live is not None and live.properties else None
    configuration = m.Configuration(
        active_revisions_mode="Single" if wanted.traffic is None else "Multiple",
        ingress=_ingress(wanted, kept.ingress if kept else None),
        secrets=to_secrets(secrets),
        registries=_registries(wanted),
        dapr=kept.dapr if kept else None,
        runtime=kept.runtime if kept else None,
        service=kept.service if kept else None,
        max_inactive_revisions=kept.max_inactive_revisions if kept else None,
        identity_settings=kept.identity_settings if kept else None,
    )
    container = m.Container(
        name=CONTAINER,
        image=facts["image"],
        env=_env(wanted),
        resources=m.ContainerResources(cpu=facts["cpu"], memory=facts["memory"]),
        probes=_probes(spec),
    )
    template = m.Template(
        revision_suffix=suffix,
        containers=[container],
        scale=m.Scale(min_replicas=facts["scale.min_replicas"], max_replicas=facts["scale.max_replicas"]),
    )
    properties = m.ContainerAppProperties(
        environment_id=environment_id,
        configuration=configuration,
        template=template,
        workload_profile_name=live.properties.workload_profile_name if live and live.properties else None,
    )
    return m.ContainerApp(
        location=live.location if live is not None else location,
        tags={**_others_tags(live), **wanted.tags},
        identity=_identity(facts["identity"], live),
        properties=properties,
    )


def with_template(
    live: m.ContainerApp, template: m.Template, secrets: Sequence[AppSecret], *, suffix: str
) -> m.ContainerApp:
    """The live app with the template of an earlier revision, which becomes a new revision.

    The tags that say what was deployed do not hold then, and go.
    """
    from azure.mgmt.appcontainers import models as m

    properties = live.properties
    assert properties is not None
    kept = properties.configuration
    assert kept is not None
    ingress = kept.ingress
    return m.ContainerApp(
        location=live.location,
        tags=without_content(live.tags),
        identity=_identity(None, live),
        properties=m.ContainerAppProperties(
            environment_id=properties.environment_id or properties.managed_environment_id,
            workload_profile_name=properties.workload_profile_name,
            configuration=m.Configuration(
                active_revisions_mode=kept.active_revisions_mode,
                ingress=None if ingress is None else _same_ingress(ingress),
                secrets=to_secrets(secrets),
                registries=kept.registries,
                dapr=kept.dapr,
                runtime=kept.runtime,
                service=kept.service,
                max_inactive_revisions=kept.max_inactive_revisions,
                identity_settings=kept.identity_settings,
            ),
            template=m.Template(
                revision_suffix=suffix,
                containers=[_same_container(one) for one in template.containers or ()],
                scale=template.scale,
                volumes=template.volumes,
                termination_grace_period_seconds=template.termination_grace_period_seconds,
            ),
        ),
    )


def without_content(tags: dict[str, str] | None) -> dict[str, str]:
    """Tags without those that say which files and version run."""
    return {name: value for name, value in (tags or {}).items() if name not in {CONTENT_HASH, VERSION}}


def to_secrets(secrets: Sequence[AppSecret]) -> list[m.Secret]:
    """The secrets as they are sent."""
    from azure.mgmt.appcontainers import models as m

    return [
        m.Secret(name=one.name, value=one.value)
        if one.url is None
        else m.Secret(name=one.name, key_vault_url=one.url, identity=one.identity)
        for one in secrets
    ]


def traffic_weights(wanted: Wanted) -> list[m.TrafficWeight]:
    """``latest`` or full revision names, by percent."""
    from azure.mgmt.appcontainers import models as m

    split = wanted.traffic or {LATEST: 100}
    return [
        m.TrafficWeight(latest_revision=True, weight=percent)
        if name == LATEST
        else m.TrafficWeight(revision_name=name, weight=percent)
        for name, percent in split.items()
    ]


def _ingress(wanted: Wanted, live: m.Ingress | None) -> m.Ingress:
    ingress = _same_ingress(live)
    ingress.external = wanted.facts["ingress.external"]
    ingress.target_port = wanted.facts["ingress.port"]
    ingress.transport = wanted.facts["ingress.transport"]
    ingress.traffic = traffic_weights(wanted)
    return ingress


def _same_ingress(live: m.Ingress | None) -> m.Ingress:
    """All of it but what Azure makes itself."""
    from azure.mgmt.appcontainers import models as m

    if live is None:
        return m.Ingress(allow_insecure=False)
    return m.Ingress({name: value for name, value in live.items() if name != "fqdn" and value is not None})


def _same_container(container: m.Container) -> m.Container:
    from azure.mgmt.appcontainers import models as m

    resources = container.resources
    same = {name: value for name, value in container.items() if name != "resources" and value is not None}
    copy = m.Container(same)
    if resources is not None:
        copy.resources = m.ContainerResources(cpu=resources.cpu, memory=resources.memory)
    return copy


def _env(wanted: Wanted) -> list[m.EnvironmentVar]:
    from azure.mgmt.appcontainers import models as m

    plain = [m.EnvironmentVar(name=name, value=value) for name, value in sorted(wanted.values.plain.items())]
    hidden = [m.EnvironmentVar(name=name, secret_ref=ref) for name, ref in sorted(wanted.values.refs.items())]
    return [*plain, *hidden]


def _probes(spec: ServiceSpec) -> list[m.ContainerAppProbe]:
    from azure.mgmt.appcontainers import models as m

    def probe(kind: str, path: str, period: int, failures: int) -> m.ContainerAppProbe:
        get = m.ContainerAppProbeHttpGet(path=path, port=spec.port, scheme="HTTP")
        return m.ContainerAppProbe(
            type=kind, http_get=get, timeout_seconds=5, period_seconds=period, failure_threshold=failures
        )

    return [
        probe("Startup", spec.health.path, startup_period(spec), 10),
        probe("Liveness", spec.health.path, 30, 3),
        probe("Readiness", spec.health.ready, 10, 6),
    ]


def _registries(wanted: Wanted) -> list[m.RegistryCredentials]:
    from azure.mgmt.appcontainers import models as m

    pull = wanted.pull
    if pull is None:
        return []
    if pull.identity is not None:
        return [m.RegistryCredentials(server=pull.server, identity=pull.identity)]
    secret = pull.secret
    name = secret.name if secret else None
    return [m.RegistryCredentials(server=pull.server, username=pull.username, password_secret_ref=name)]


def _identity(wanted: str | None, live: m.ContainerApp | None) -> m.ManagedServiceIdentity | None:
    """What is wanted and what is there: identities that somebody else gave the app stay."""
    from azure.mgmt.appcontainers import models as m

    there = live.identity if live is not None else None
    kind = low(there and there.type)
    system = wanted == "system" or "systemassigned" in kind
    users: dict[str, Any] = {name: {} for name in ((there.user_assigned_identities or {}) if there else {})}
    if wanted not in {None, "system"} and str(wanted).lower() not in {name.lower() for name in users}:
        users[str(wanted)] = {}
    if not system and not users:
        return None
    kinds = [*(["SystemAssigned"] if system else []), *(["UserAssigned"] if users else [])]
    return m.ManagedServiceIdentity(type=",".join(kinds), user_assigned_identities=users or None)


def _others_tags(live: m.ContainerApp | None) -> dict[str, str]:
    tags = (live.tags or {}) if live is not None else {}
    return {name: value for name, value in tags.items() if not name.startswith("holodeck-")}

"""What the container gets: plain values, and values that are kept as secrets of the app."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.azure.client import Azure
from holodeck_tui.deployers.azure.errors import Task
from holodeck_tui.deployers.azure.names import is_own_secret, secret_name
from holodeck_tui.deployers.azure.place import Place
from holodeck_tui.deployers.base import Secret, ServiceSpec
from holodeck_tui.deployers.environment import expand


@dataclass(frozen=True)
class AppSecret:
    """A secret of an app: a value, or the address of one in Key Vault and the identity that reads it."""

    name: str
    value: str | None = field(default=None, repr=False)
    url: str | None = None
    identity: str | None = None


@dataclass(frozen=True)
class Values:
    """The container's environment. ``variable`` are the plain names whose value came from a variable."""

    plain: Mapping[str, str] = field(repr=False)
    refs: Mapping[str, str]
    secrets: tuple[AppSecret, ...]
    variable: frozenset[str]


def make_values(spec: ServiceSpec, identity: str | None, ctx: Context, *, lenient: bool = False) -> Values:
    """The environment in Azure's terms; see :func:`holodeck_tui.deployers.environment.expand`.

    Raises ``variable-missing`` and ``config-invalid``.
    """
    found = expand(spec, ctx, lenient=lenient)
    refs = {name: secret_name(name) for name in found.secret}
    secrets = [AppSecret(refs[name], value) for name, value in found.secret.items()]
    for secret in spec.secrets:
        if secret.ref is not None:
            refs[secret.name], referred = _referred(secret, identity)
            secrets += [referred] if referred is not None else []
        elif secret.name not in found.secret:
            raise _empty(secret)
    return Values(found.plain, refs, tuple(sorted(secrets, key=lambda one: one.name)), found.variable)


def live_secrets(azure: Azure, place: Place, app: str) -> dict[str, AppSecret]:
    """What the app has, with values, which become known to the redactor. Needs a right of its own.

    Without it a rotated value would go unnoticed, and a PUT would drop what somebody else keeps there.
    """
    task = Task(f"The secrets of {app} could not be read.", "deploy-failed")
    found = azure.ask(task, lambda: azure.sdk.container_apps.list_secrets(place.group, app, **azure.call))
    secrets = [
        AppSecret(one.name or "", None if one.key_vault_url else one.value, one.key_vault_url, one.identity)
        for one in found.value or ()
    ]
    azure.ctx.redactor.add(*(one.value for one in secrets if one.value))
    return {one.name: one for one in secrets}


def all_secrets(
    values: Values, pull: AppSecret | None, live: Mapping[str, AppSecret]
) -> tuple[AppSecret, ...]:
    """Everything the app shall have: ours, and those of others, which a PUT without them would drop.

    Raises ``config-invalid`` where deploy.yaml refers to one that the app has not.
    """
    kept = {name: one for name, one in live.items() if not is_own_secret(name)}
    ours = {one.name: one for one in (*values.secrets, *([pull] if pull else ()))}
    for variable, name in values.refs.items():
        if name not in ours and name not in kept:
            raise DeploymentError(
                "config-invalid",
                f"The secret {variable} cannot be referred to.",
                reason=f"the app has no secret {name}",
                remedy=f"Refer to Key Vault in deploy.yaml: {variable}: "
                "{ref: https://VAULT.vault.azure.net/secrets/NAME}",
            )
    return tuple(sorted({**kept, **ours}.values(), key=lambda one: one.name))


def rotated(wanted: tuple[AppSecret, ...], live: Mapping[str, AppSecret]) -> list[str]:
    """Secrets whose value differs, is new, or is to go."""
    names = {one.name: one for one in wanted}
    changed = [name for name, one in names.items() if name not in live or _plain(live[name]) != _plain(one)]
    return sorted({*changed, *(live.keys() - names.keys())})


def _plain(secret: AppSecret) -> AppSecret:
    """Ids of resources come back in another case."""
    return replace(secret, identity=secret.identity and secret.identity.lower())


def _referred(secret: Secret, identity: str | None) -> tuple[str, AppSecret | None]:
    ref = secret.ref or ""
    if not ref.startswith("https://"):
        return ref, None
    if identity is None:
        raise DeploymentError(
            "config-invalid",
            f"The secret {secret.name} cannot be read from Key Vault.",
            reason="the app has no identity to read it with",
            remedy="In deploy.yaml: azure: {identity: RESOURCE_ID}  (of one that may read the vault)",
        )
    name = secret_name(secret.name)
    return name, AppSecret(name, None, ref, identity)


def _empty(secret: Secret) -> DeploymentError:
    return DeploymentError(
        "variable-missing",
        f"The secret {secret.name} has no value.",
        reason=f"{secret.text} is empty, and Azure keeps no empty secrets",
        remedy=f"export {(secret.text or '').strip('${}')}=…",
    )

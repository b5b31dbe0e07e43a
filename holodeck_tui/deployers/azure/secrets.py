"""What the container gets: plain values, and values that are kept as secrets of the app."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from holodeck_tui.bundle.container import looks_like_token
from holodeck_tui.config.resolve import Settings
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.redact import looks_secret
from holodeck_tui.deployers.azure.client import Azure
from holodeck_tui.deployers.azure.errors import Task
from holodeck_tui.deployers.azure.names import is_own_secret, secret_name
from holodeck_tui.deployers.azure.place import Place
from holodeck_tui.deployers.base import Secret, ServiceSpec


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
    """Expand everything; what is secret becomes known to the redactor.

    Secret is what deploy.yaml lists and every entry that refers to a ``${VAR}`` that looks secret, by its
    name or its value. ``lenient`` leaves a text as it is where a variable in it is set nowhere: good
    enough to compare. Raises ``variable-missing`` and ``config-invalid``.
    """
    variables = spec.settings.variables

    def value(text: str) -> str:
        return text if lenient and variables.missing(text) else variables.expand(text)

    plain: dict[str, str] = {}
    refs: dict[str, str] = {}
    secrets: list[AppSecret] = []
    for name, text in spec.env.items():
        expanded = value(text)
        if expanded and _is_secret(name, text, expanded, spec.settings):
            refs[name] = secret_name(name)
            secrets.append(AppSecret(refs[name], expanded))
            # The variable's own value too: the agent may print it without what stands around it.
            ctx.redactor.add(expanded, *(variables.get(one) or "" for one in variables.references(text)))
        else:
            plain[name] = expanded
    for secret in spec.secrets:
        if secret.text is None:
            refs[secret.name], referred = _referred(secret, identity)
            secrets += [referred] if referred is not None else []
            continue
        expanded = value(secret.text)
        if not expanded:
            raise _empty(secret)
        refs[secret.name] = secret_name(secret.name)
        secrets.append(AppSecret(refs[secret.name], expanded))
        ctx.redactor.add(expanded)
    variable = frozenset(name for name in plain if variables.references(spec.env[name]))
    return Values(plain, refs, tuple(sorted(secrets, key=lambda one: one.name)), variable)


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
            remedy="Write azure: {identity: RESOURCE_ID} in deploy.yaml, that may read the vault.",
        )
    name = secret_name(secret.name)
    return name, AppSecret(name, None, ref, identity)


def _is_secret(name: str, text: str, expanded: str, settings: Settings) -> bool:
    used = settings.variables.references(text)
    if not used or name in settings.overlay.allow_plain:
        return False
    return looks_secret(name) or any(map(looks_secret, used)) or looks_like_token(expanded)


def _empty(secret: Secret) -> DeploymentError:
    return DeploymentError(
        "variable-missing",
        f"The secret {secret.name} has no value.",
        reason=f"{secret.text} is empty, and Azure keeps no empty secrets",
        remedy=f"export {(secret.text or '').strip('${}')}=…",
    )

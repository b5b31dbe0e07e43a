"""The environment of the container: what HoloDeck itself reads, what the user wrote, what is referenced.

Values stay text with ``${VAR}``; they are expanded where they are handed over and nowhere before.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from holodeck_tui.bundle.bundle import AGENT_FILE, Bundle
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.redact import looks_secret
from holodeck_tui.models.base import REFERENCE

if TYPE_CHECKING:
    from holodeck_tui.config.resolve import Settings

FOLDER = "/app"
"""Where the bundle is in the container."""

OWN_NAMES = frozenset({"HOLODECK_PORT", "HOLODECK_PROTOCOL", "HOLODECK_AGENT_CONFIG", "HOLODECK_LOG_LEVEL"})
"""What the entrypoint of the base image reads."""

ContainerSecret = tuple[str, str | None, str | None]

# The published shapes of tokens: OpenAI and Anthropic, GitHub, GitLab, Slack, AWS, Google, Hugging Face,
# Stripe, JSON web tokens, private keys.
_TOKENS = re.compile(
    r"sk-[A-Za-z0-9_-]{20,}|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|glpat-[\w-]{20,}|"
    r"xox[abprs]-[A-Za-z0-9-]{10,}|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[\w-]{35}|hf_[A-Za-z0-9]{30,}|"
    r"[rs]k_live_[A-Za-z0-9]{16,}|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+|-----BEGIN [A-Z ]*PRIVATE KEY"
)
_PASSWORD_IN_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s:@]*:(?!\$\{)[^/\s@]+@", re.IGNORECASE)
# Names that say "secret" and values that cannot be one.
_HARMLESS = re.compile(r"(?:true|false|yes|no|none|null|disabled|\d{1,6}|/[\w./-]*)?", re.IGNORECASE)


def container_env(settings: Settings, bundle: Bundle) -> tuple[dict[str, str], tuple[ContainerSecret, ...]]:
    """``(env, secrets)``: texts by name, and ``(name, text, ref)`` with exactly one of text and ref.

    ``env`` has what HoloDeck itself reads, ``deployment.environment``, and ``NAME: ${NAME}`` for each
    needed variable that has a value on this side; ``secrets`` those of deploy.yaml. Port, protocol and
    the agent's path are ours; the log level is the user's if they set it. Raises ``plain-secret`` when a
    secret is written out, except for this machine (there it is a warning of the bundle).
    """
    plain = plain_secrets(settings)
    if plain and settings.target != "local":
        raise _refused(settings, plain)
    secrets = settings.overlay.secrets
    env = {"HOLODECK_LOG_LEVEL": "info"}
    env |= {name: text for name, text in settings.container_environment.items() if name not in secrets}
    asked = {need.name for need in bundle.needs if need.source not in {"environment", "secrets", "missing"}}
    filled_in = _filled_in(settings)
    for name in sorted(asked - env.keys() - secrets.keys()):
        # A variable that only another entry's value refers to is not the container's business.
        if name not in filled_in or name in _asked_by_agent(bundle):
            env[name] = f"${{{name}}}"
    env |= _own(settings)
    listed: list[ContainerSecret] = []
    for name, source in secrets.items():
        env.pop(name, None)
        listed.append((name, None if source.env is None else f"${{{source.env}}}", source.ref))
    return dict(sorted(env.items())), tuple(sorted(listed))


def _own(settings: Settings) -> dict[str, str]:
    return {
        "HOLODECK_PORT": str(settings.port),
        "HOLODECK_PROTOCOL": settings.protocol,
        "HOLODECK_AGENT_CONFIG": f"{FOLDER}/{AGENT_FILE}",
    }


def _filled_in(settings: Settings) -> set[str]:
    names = {name for text in settings.container_environment.values() for name in REFERENCE.findall(text)}
    return names | {source.env for source in settings.overlay.secrets.values() if source.env}


def _asked_by_agent(bundle: Bundle) -> set[str]:
    texts = (file.content.decode("utf-8") for file in bundle.files if file.content is not None)
    return {name for text in texts for name in REFERENCE.findall(text)}


def visible_value(settings: Settings, name: str) -> str | None:
    """The value of ``name`` inside the container, None where it has none (yet). Never to be shown."""
    own = {"HOLODECK_LOG_LEVEL": "info", **settings.container_environment, **_own(settings)}
    secret = settings.overlay.secrets.get(name)
    if secret is not None:
        return None if secret.env is None else settings.variables.get(secret.env)
    if name not in own:
        return settings.variables.get(name)
    if settings.variables.missing(own[name]):
        return None
    return settings.variables.expand(own[name])


def plain_secrets(settings: Settings) -> tuple[str, ...]:
    """Names of environment entries whose value is a secret in plain text and is not allowed to be."""
    allowed = set(settings.overlay.allow_plain) | set(settings.overlay.secrets)
    return tuple(
        name
        for name, text in settings.container_environment.items()
        if name not in allowed and (looks_like_token(text) or (looks_secret(name) and _is_literal(text)))
    )


def looks_like_token(text: str) -> bool:
    """Whether ``text`` has the published shape of a token, or is a URL with a password in it."""
    return _TOKENS.search(text) is not None or _PASSWORD_IN_URL.search(text) is not None


def _is_literal(text: str) -> bool:
    return not REFERENCE.search(text) and _HARMLESS.fullmatch(text) is None


def environment_warnings(settings: Settings) -> list[str]:
    """What is odd in ``deployment.environment`` and yet goes on."""
    own = _own(settings)
    warnings = [
        f"deployment.environment.{name} has no effect: the container gets {own[name]}."
        for name, text in settings.container_environment.items()
        if name in own and text != own[name]
    ]
    if settings.target == "local":
        warnings += [
            f"deployment.environment.{name} is a secret in plain text, which a cloud target refuses: "
            f"write ${{{name}}}."
            for name in plain_secrets(settings)
        ]
    return warnings


def _refused(settings: Settings, names: tuple[str, ...]) -> DeploymentError:
    first, many = names[0], len(names) > 1
    places = [f"{settings.source(f'deployment.environment.{name}')}  {name}" for name in names]
    return DeploymentError(
        "plain-secret",
        "deployment.environment holds a secret in plain text.",
        reason=f"{', '.join(names)} {'look like secrets' if many else 'looks like a secret'}",
        remedy=f"Set it in the shell and write in its place: {first}: ${{{first}}}  (or, if it is no secret, "
        f"in deploy.yaml: allow_plain: [{', '.join(names)}])",
        details=places,
    )

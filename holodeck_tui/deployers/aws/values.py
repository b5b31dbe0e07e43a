"""What the container gets, with its values: plain ones, secret ones, and references to somebody's store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from holodeck_tui.bundle.container import looks_like_token
from holodeck_tui.config.resolve import Settings
from holodeck_tui.core.context import Context
from holodeck_tui.core.redact import looks_secret
from holodeck_tui.deployers.base import ServiceSpec


@dataclass(frozen=True, repr=False)
class Values:
    """``plain`` and ``secret`` by name, with their values; ``refs`` by name, what AWS calls the secret."""

    plain: Mapping[str, str]
    secret: Mapping[str, str]
    refs: Mapping[str, str]


def expand(spec: ServiceSpec, ctx: Context, *, lenient: bool = False) -> Values:
    """Every variable of the container. What is secret becomes known to the redactor.

    Secret is what deploy.yaml lists, and every entry that refers to a ``${VAR}`` whose name looks secret
    or whose value has a token's shape, unless ``allow_plain`` names it. A secret without any character
    cannot be stored and hides nothing: it is plain. ``lenient`` leaves a text as it is where a variable
    in it is set nowhere. Raises ``variable-missing``.
    """
    variables = spec.settings.variables

    def value(text: str) -> str:
        return text if lenient and variables.missing(text) else variables.expand(text)

    plain = {name: value(text) for name, text in spec.env.items()}
    hidden = {name for name, text in spec.env.items() if is_secret(name, text, spec.settings)}
    secret = {name: plain.pop(name) for name in hidden}
    refs = {each.name: each.ref for each in spec.secrets if each.ref is not None}
    for each in spec.secrets:
        if each.text is not None:
            secret[each.name] = value(each.text)
    used = [*(spec.env[name] for name in hidden), *(each.text or "" for each in spec.secrets)]
    # The variable's own value too: the agent may print it without what stands around it.
    ctx.redactor.add(*secret.values())
    ctx.redactor.add(*(variables.get(name) or "" for text in used for name in variables.references(text)))
    plain |= {name: text for name, text in secret.items() if not text}
    return Values(plain, {name: text for name, text in sorted(secret.items()) if text}, refs)


def is_secret(name: str, text: str, settings: Settings) -> bool:
    """Whether an entry of the environment must not be sent in plain text."""
    variables = settings.variables
    used = variables.references(text)
    if not used or name in settings.overlay.allow_plain:
        return False
    if looks_secret(name) or any(map(looks_secret, used)):
        return True
    return not variables.missing(text) and looks_like_token(variables.expand(text))

"""What the container gets, for every vendor alike: plain values, secret ones, and references to a store."""

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
    """``plain`` and ``secret`` by name, with their values; ``refs`` by name, what the vendor calls it.

    ``variable`` are the plain names whose value came from a variable; ``unset`` the names whose text holds
    a variable that is set nowhere and stayed as it is written.
    """

    plain: Mapping[str, str]
    secret: Mapping[str, str]
    refs: Mapping[str, str]
    variable: frozenset[str]
    unset: frozenset[str]


def expand(spec: ServiceSpec, ctx: Context, *, lenient: bool = False) -> Values:
    """Every variable of the container. What is secret becomes known to the redactor.

    Secret is what deploy.yaml lists, and every entry that refers to a ``${VAR}`` whose name looks secret
    or whose value has a token's shape, unless ``allow_plain`` names it. A secret without any character
    cannot be stored and hides nothing: it is plain. ``lenient`` leaves a text as it is where a variable
    in it is set nowhere. Raises ``variable-missing``.
    """
    variables = spec.settings.variables
    listed = {each.name: each.text for each in spec.secrets if each.text is not None}
    refs = {each.name: each.ref for each in spec.secrets if each.ref is not None}
    texts = {**{name: text for name, text in spec.env.items() if name not in refs}, **listed}
    unset = frozenset(name for name, text in texts.items() if lenient and variables.missing(text))
    values = {name: text if name in unset else variables.expand(text) for name, text in texts.items()}
    hidden = {name for name in texts if name in listed or is_secret(name, texts[name], spec.settings)}
    ctx.redactor.add(*(values[name] for name in hidden if name not in unset))
    # The variable's own value too: the agent may print it without what stands around it.
    used = {one for name in hidden for one in variables.references(texts[name])}
    ctx.redactor.add(*(variables.get(one) or "" for one in used))
    secret = {name: values[name] for name in sorted(hidden) if values[name]}
    plain = {name: text for name, text in values.items() if name not in secret}
    variable = frozenset(name for name in plain if variables.references(texts[name]))
    return Values(plain, secret, refs, variable, unset)


def is_secret(name: str, text: str, settings: Settings) -> bool:
    """Whether an entry of the environment must not be sent in plain text."""
    variables = settings.variables
    used = variables.references(text)
    if not used or name in settings.overlay.allow_plain:
        return False
    if looks_secret(name) or any(map(looks_secret, used)):
        return True
    return not variables.missing(text) and looks_like_token(variables.expand(text))

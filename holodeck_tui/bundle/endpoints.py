"""What is right on the developer's machine and wrong in a container: localhost, ~/.holodeck, plain keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from holodeck_tui.bundle.container import looks_like_token, visible_value
from holodeck_tui.bundle.leaves import leaves
from holodeck_tui.bundle.sanitise import AGENT_DROPS, CONFIG_DROPS
from holodeck_tui.config.document import Document
from holodeck_tui.core.redact import looks_secret, sanitize
from holodeck_tui.models.base import REFERENCE

if TYPE_CHECKING:
    from holodeck_tui.config.resolve import Settings

_LOCALHOST = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://(?:[^/\s@]*@)?)?(?P<host>localhost|127(?:\.\d{1,3}){3}|\[::1\]|0\.0\.0\.0)"
    r"(?P<port>:\d{1,5})?(?:[/?].*)?",
    re.IGNORECASE,
)


def localhost_endpoints(settings: Settings) -> tuple[str, ...]:
    """A sentence for each endpoint of the agent that only this machine reaches; doctor shows them."""
    found = [*_endpoints(settings, settings.agent_document, AGENT_DROPS)]
    if settings.files.project is not None:
        found += _endpoints(settings, settings.files.project.document, CONFIG_DROPS)
    found += _defaults(settings)
    return tuple(found)


def _endpoints(settings: Settings, document: Document, drops: tuple[str, ...]) -> Iterator[str]:
    name = document.path.name if document.path else "agent.yaml"
    for key, text in leaves(document.data, drops):
        if _switched_off(document, key) or not _used(settings, key):
            continue
        value = REFERENCE.sub(lambda match: visible_value(settings, match[1]) or "", text)
        match = _LOCALHOST.fullmatch(value.strip())
        if match and ("://" in value or match["port"]):
            dotted = ".".join(map(str, key))
            # A reference is shown as one: its value may hold more than a host.
            shown = sanitize(text) if REFERENCE.search(text) else f"{match['host']}{match['port'] or ''}"
            where = f"{name}:{document.position(key)[0]}  {dotted}"
            yield f"{where}: a container does not reach {shown}; use host.docker.internal or a real host."


def _switched_off(document: Document, key: tuple[str | int, ...]) -> bool:
    return any(
        document.get((*key[:length], "enabled")) is False
        for length in range(1, len(key))
        if isinstance(document.get(key[:length]), Mapping)
    )


def _used(settings: Settings, key: tuple[str | int, ...]) -> bool:
    """Whether the agent uses the entry of config.yaml that ``key`` leads to; agent.yaml is used as it is."""
    match key:
        case ("vectorstores", name, *_):
            tools = settings.agent_document.get(("tools",)) or ()
            return any(isinstance(tool, Mapping) and tool.get("database") == name for tool in tools)
        case ("providers", name, *_):
            own = settings.agent_document.get(("model", "endpoint"))
            return own is None and name == settings.agent.model.provider
        case _:
            return True


def _defaults(settings: Settings) -> Iterator[str]:
    """Endpoints that nobody wrote: holodeck-ai's own defaults (models/observability.py)."""
    observability: Mapping[str, Any] = settings.agent.observability or {}
    exporters = observability.get("exporters")
    otlp = exporters.get("otlp") if isinstance(exporters, Mapping) else None
    otlp = otlp if observability.get("enabled") and isinstance(otlp, Mapping) else {"enabled": False}
    if otlp.get("enabled", True) and "endpoint" not in otlp:
        where = "observability.exporters.otlp.endpoint"
        yield f"{where}: a container does not reach its default localhost:4317; write an endpoint."


def home_config_warnings(settings: Settings) -> list[str]:
    """What the agent has from the user's own configuration, which the container has not."""
    user = settings.files.user
    data = user.document.data if user is not None else None
    if user is None or not isinstance(data, Mapping):
        return []
    used = [name for name in ("providers", "vectorstores", "mcp_servers") if data.get(name)]
    shown = sanitize(f"~/.holodeck/{user.path.name}")
    what = " and ".join(used)
    return (
        [f"{shown} does not ship: write what the agent needs of its {what} into config.yaml."] if used else []
    )


def plain_text_warnings(agent: Document, config: Document | None) -> list[str]:
    """Keys and passwords written out in the YAML that ships: they would stand in the image."""
    warnings = []
    for document, drops in ((agent, AGENT_DROPS), (config, CONFIG_DROPS)):
        if document is None or document.path is None:
            continue
        for key, text in leaves(document.data, drops):
            named = looks_secret(str(key[-1])) and key[-1] in {"api_key", "password", "token", "secret"}
            if looks_like_token(text) or (named and text and not REFERENCE.search(text)):
                where = f"{document.path.name}:{document.position(key)[0]}  {'.'.join(map(str, key))}"
                warnings.append(
                    f"{where}: a secret in plain text ships in the image; write ${{VAR}} instead."
                )
    return warnings

"""Which variables the container needs, and where each comes from, known before anything is built."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from holodeck_tui.bundle.bundle import Bundle, BundleFile, Variable, VariableSource
from holodeck_tui.bundle.container import OWN_NAMES
from holodeck_tui.bundle.leaves import leaves
from holodeck_tui.bundle.sanitise import AGENT_DROPS, CONFIG_DROPS
from holodeck_tui.config.document import Document
from holodeck_tui.core.redact import looks_secret
from holodeck_tui.models.agent import provider_variables
from holodeck_tui.models.base import REFERENCE

if TYPE_CHECKING:
    from holodeck_tui.config.resolve import Settings

__all__ = ["Variable", "VariableSource", "find_needs", "missing_variables"]

# A path on the deploying machine: the container would have the variable and not the file.
_HOST_PATHS = frozenset({"GOOGLE_APPLICATION_CREDENTIALS"})


def missing_variables(bundle: Bundle) -> tuple[Variable, ...]:
    """Those of ``bundle.needs`` that have no value anywhere, required ones first."""
    missing = (need for need in bundle.needs if need.source == "missing")
    return tuple(sorted(missing, key=lambda need: (not need.required, need.name)))


def find_needs(
    settings: Settings, agent: Document, config: Document | None, files: Iterable[BundleFile]
) -> tuple[Variable, ...]:
    """Every ``${VAR}`` of the YAML that ships and of the environment, and the provider's own, by name.

    ``agent`` and ``config`` are the files as written (for the lines), ``files`` holds what ships.
    """
    env, secrets, variables = settings.container_environment, settings.overlay.secrets, settings.variables
    needs: dict[str, Variable] = {}
    shipped = {file.path: file.content for file in files if file.content is not None}
    for document, drops in ((agent, AGENT_DROPS), (config, CONFIG_DROPS)):
        if document is None or document.path is None:
            continue
        path = "agent.yaml" if document is agent else document.path.name
        for name, at in _used(document, drops, shipped.get(path, b"").decode("utf-8")):
            source: VariableSource = variables.source(name) or "missing"
            if name in secrets:
                source = "secrets"
            elif name in env or name in OWN_NAMES:
                source = "environment"
            needs.setdefault(name, Variable(name, source, looks_secret(name), required=True, used_at=at))
    # What is filled in on this side: it must be here, whatever the container calls it.
    for entry, text in env.items():
        at = settings.source(f"deployment.environment.{entry}")
        for name in () if entry in secrets else variables.references(text):
            known = needs.get(name)
            secret = looks_secret(name) or looks_secret(entry) or (known is not None and known.secret)
            needs[name] = Variable(
                name, variables.source(name) or "missing", secret, required=True, used_at=at
            )
    for entry, secret_source in secrets.items():
        if secret_source.env is not None:
            name = secret_source.env
            there = variables.source(name)
            kept: VariableSource = "missing" if there is None else "secrets" if name == entry else there
            needs[name] = Variable(
                name, kept, secret=True, required=True, used_at=f"deploy.yaml secrets.{entry}"
            )
    for need in _provider_needs(settings, set(needs) | set(env) | set(secrets)):
        needs[need.name] = need
    return tuple(needs[name] for name in sorted(needs))


def _used(document: Document, drops: tuple[str, ...], shipped: str) -> Iterator[tuple[str, str]]:
    assert document.path is not None
    written = document.text.splitlines()
    starts: dict[str, int] = {}
    for key, text in leaves(document.data, drops):
        for name in REFERENCE.findall(text):
            if name not in starts:
                starts[name] = document.position(key)[0]
    for name in dict.fromkeys(REFERENCE.findall(shipped)):
        # A long value spreads over lines; a reference in a key stands in no value.
        start = starts.get(name, 1)
        behind = enumerate(written[start - 1 :], start)
        line = next((number for number, text in behind if f"${{{name}}}" in text), start)
        yield name, f"{document.path.name}:{line}"


def _provider_needs(settings: Settings, known: set[str]) -> Iterator[Variable]:
    provider = settings.agent.model.provider
    for wanted in provider_variables(settings.agent):
        if known & set(wanted.names):
            continue
        usable = [name for name in wanted.names if name not in _HOST_PATHS]
        # A provider takes an empty value for none.
        name = next((one for one in usable if settings.variables.get(one)), wanted.name)
        source = settings.variables.source(name) if settings.variables.get(name) else None
        at = f"model.provider {provider}"
        yield Variable(name, source or "missing", wanted.secret, required=False, used_at=at)

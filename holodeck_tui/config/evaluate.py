"""One way from files to values: layers merged, variables resolved, everything validated, problems kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from holodeck_tui.config import layers
from holodeck_tui.config.checking import Check, validated
from holodeck_tui.config.layers import Layer, Merged, Resolved
from holodeck_tui.config.merged_agent import agent_data, structural
from holodeck_tui.config.sources import Problem, Severity, Source, Sources
from holodeck_tui.config.variables import Variables

if TYPE_CHECKING:
    from holodeck_tui.models.agent import Agent
    from holodeck_tui.models.deployment import DeploymentConfig, ServiceConfig
    from holodeck_tui.models.overlay import Overlay

CLOUDS = ("aws", "gcp", "azure")
# Values that stay text until they are handed to a container, and names of variables.
KEEP_DEPLOYMENT: tuple[layers.Path, ...] = (("environment",),)
_KEEP_OVERLAY: tuple[layers.Path, ...] = (("secrets", "*", "env"),)
# Entries that have a meaning only as a whole: half of one and half of another is neither.
_WHOLE_OVERLAY = (("secrets", "*"), ("gcp", "traffic"), ("azure", "traffic"))
# What deploy.yaml may say of a key that deployment.target has as well.
_SAID_TWICE = (("gcp", "timeout"), ("azure", "ingress_external"))


@dataclass(frozen=True)
class Question:
    """What to evaluate for: ``missing`` is how bad a structural ``${VAR}`` without a value is."""

    variables: Variables
    environment: str | None = None
    target: str | None = None
    overrides: Mapping[str, Any] = field(default_factory=dict)
    missing: Severity = "error"


@dataclass
class Evaluation:
    """What the files mean for one environment and target; ``problems`` with the kind of each."""

    problems: list[tuple[str, Problem]] = field(default_factory=list)
    agent: Agent | None = None
    overlay: Overlay | None = None
    service: ServiceConfig | None = None
    deployment: DeploymentConfig | None = None
    target: str | None = None
    places: dict[str, str] = field(default_factory=dict)
    has_section: bool = False


def evaluate(sources: Sources, question: Question) -> Evaluation:
    """Merge, resolve and validate everything for one environment."""
    result = Evaluation()
    _agent(sources, question, result)
    overlay = _overlay(sources, question, result)
    merged = layers.merge(deployment_layers(sources, question))
    result.has_section = bool(merged.data)
    result.target = _target(sources, question, overlay, merged)
    if question.target is not None:
        result.places["target"] = layers.COMMAND_LINE
    _choose(merged, overlay, result.target)
    _deployment(merged, question, result)
    result.places |= {**overlay.places(), **merged.places("deployment"), **result.places}
    return result


def deployment_layers(sources: Sources, question: Question) -> list[Layer]:
    """The layers of ``deployment``, lowest first."""
    found: list[Layer] = []
    for source in (sources.user, sources.project, sources.agent):
        found += _part(source, ("deployment",))
    if question.environment is not None:
        found += _part(sources.overlay, ("environments", question.environment, "deployment"))
    own = {name: value for name, value in question.overrides.items() if name.startswith("deployment.")}
    return [*found, *_command_line(own, "deployment.")]


def _part(source: Source | None, prefix: layers.Path) -> list[Layer]:
    value = source.document.get(prefix) if source is not None else None
    return [Layer(source, prefix, value)] if isinstance(value, Mapping) else []


def _command_line(overrides: Mapping[str, Any], prefix: str = "") -> list[Layer]:
    data: dict[str, Any] = {}
    for name, value in overrides.items():
        *parents, last = name.removeprefix(prefix).split(".")
        holder = data
        for parent in parents:
            holder = holder.setdefault(parent, {})
        holder[last] = value
    return [Layer(None, (), data)] if data else []


def _agent(sources: Sources, question: Question, result: Evaluation) -> None:
    from holodeck_tui.models.agent import Agent

    if sources.agent is None:
        return
    configs = [
        Layer(source, (), source.data) for source in (sources.user, sources.project) if source is not None
    ]
    data = agent_data(sources.agent.data, configs)
    # The rest keeps its references, secrets among them.
    resolved = layers.resolve(structural(data), question.variables)
    whole = layers.merge([Layer(None, (), data), Layer(None, (), resolved.data)]).data
    merged = Merged(whole, {(): Layer(sources.agent, (), data)})
    check = Check(merged, Resolved(whole, resolved.used, resolved.unset), question.missing)
    result.agent = validated(Agent, check, result.problems)


def _overlay(sources: Sources, question: Question, result: Evaluation) -> Merged:
    from holodeck_tui.models.overlay import Overlay

    found = [_lean(layer, "environments") for layer in _part(sources.overlay, ())]
    if question.environment is not None:
        parts = _part(sources.overlay, ("environments", question.environment))
        found += [_lean(layer, "deployment") for layer in parts]
    own = {name: value for name, value in question.overrides.items() if not name.startswith("deployment.")}
    merged = layers.merge([*found, *_command_line(own)], whole=_WHOLE_OVERLAY)
    resolved = layers.resolve(merged.data, question.variables, keep=_KEEP_OVERLAY)
    result.overlay = validated(Overlay, Check(merged, resolved, question.missing), result.problems)
    return merged


def _lean(layer: Layer, without: str) -> Layer:
    """The layer without one key and without empty blocks (``aws:`` and nothing below), which say nothing."""
    kept = {name: value for name, value in layer.data.items() if name != without and value is not None}
    return Layer(layer.source, layer.prefix, kept)


def _target(sources: Sources, question: Question, overlay: Merged, merged: Merged) -> str | None:
    """Command line, then the environment, then deploy.yaml, then ``deployment.target.provider``."""
    environment: Mapping[str, Any] = {}
    if question.environment is not None:
        for layer in _part(sources.overlay, ("environments", question.environment)):
            environment = layer.data
    candidates = (
        question.target,
        environment.get("target"),
        _provider(environment.get("deployment")),
        overlay.data.get("target"),
        _provider(merged.data),
    )
    chosen = next((name for name in candidates if isinstance(name, str) and name), None)
    if chosen is None:
        return None
    return str(layers.resolve({"target": chosen}, question.variables).data["target"])


def _provider(deployment: object) -> object:
    target = deployment.get("target") if isinstance(deployment, Mapping) else None
    return target.get("provider") if isinstance(target, Mapping) else None


def _choose(merged: Merged, overlay: Merged, target: str | None) -> None:
    """Put the chosen cloud into ``target``, take the others' blocks out, lay deploy.yaml's keys over."""
    block = merged.data.get("target")
    if not isinstance(block, dict):
        return
    if target in CLOUDS:
        block["provider"] = target
    provider = block.get("provider")
    for other in CLOUDS:
        if provider in CLOUDS and other != provider:
            block.pop(other, None)
    for cloud, name in _SAID_TWICE:
        said = overlay.data.get(cloud)
        layer = overlay.origin((cloud, name))
        if not isinstance(said, Mapping) or said.get(name) is None or layer is None:
            continue
        if isinstance(block.get(cloud), dict):
            block[cloud][name] = said[name]
            path: layers.Path = ("target", cloud, name)
            # A problem there is told at the overlay's own key.
            merged.origins[path] = Layer(layer.source, (*layer.prefix, cloud, name), {}, len(path))


def _deployment(merged: Merged, question: Question, result: Evaluation) -> None:
    from holodeck_tui.models.deployment import DeploymentConfig, ServiceConfig

    resolved = layers.resolve(merged.data, question.variables, keep=KEEP_DEPLOYMENT)
    cloud = frozenset({"registry", "target"})
    check = Check(merged, resolved, question.missing)
    free = result.target is not None and result.target not in CLOUDS
    if free:
        # This machine needs neither, and a third party's target names none of our clouds: what is
        # there must be right, but need not be whole.
        check = replace(check, ignore=frozenset({"missing"}), quiet=cloud)
    if merged.data and (not free or cloud & merged.data.keys()):
        result.deployment = validated(DeploymentConfig, check, result.problems)
    result.service = result.deployment
    if result.service is None and (free or not merged.data):
        plain = replace(check, resolved=resolved.without(cloud))
        result.service = validated(ServiceConfig, plain, result.problems)

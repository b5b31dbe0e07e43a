"""One way from files to values: layers merged, variables resolved, everything validated, problems kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from holodeck_tui.config import layers, told
from holodeck_tui.config.layers import Layer, Merged, Resolved
from holodeck_tui.config.merged_agent import agent_data
from holodeck_tui.config.sources import Problem, Severity, Source, Sources
from holodeck_tui.config.variables import Variables

if TYPE_CHECKING:
    from holodeck_tui.models.agent import Agent
    from holodeck_tui.models.base import Model
    from holodeck_tui.models.deployment import DeploymentConfig, ServiceConfig
    from holodeck_tui.models.overlay import Overlay

CLOUDS = ("aws", "gcp", "azure")
_CONFIG_KEYS = ("providers", "vectorstores", "execution", "deployment", "mcp_servers")
# Values that stay text until they are handed to a container, and names of variables.
_KEEP_DEPLOYMENT = (("environment",),)
_KEEP_OVERLAY = (("secrets", "*", "env"),)
# Entries that have a meaning only as a whole: half of one and half of another is neither.
_WHOLE_OVERLAY = (("secrets", "*"), ("gcp", "traffic"), ("azure", "traffic"))

M = TypeVar("M", bound="Model")


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

    def add(self, problem: Problem, kind: str = "") -> None:
        """Keep a problem, once."""
        if all(problem != known for _, known in self.problems):
            self.problems.append((kind, problem))


@dataclass(frozen=True)
class Question:
    """What to evaluate for: ``missing`` is how bad a structural ``${VAR}`` without a value is."""

    variables: Variables
    environment: str | None = None
    target: str | None = None
    overrides: Mapping[str, Any] = field(default_factory=dict)
    missing: Severity = "error"


def evaluate(sources: Sources, question: Question) -> Evaluation:
    """Merge, resolve and validate everything for one environment."""
    result = Evaluation()
    _agent(sources, question, result)
    overlay = _overlay(sources, question, result)
    merged = layers.merge(deployment_layers(sources, question))
    result.has_section = bool(merged.data)
    result.target = _target(sources, question, overlay, merged, result)
    _deployment(merged, overlay, question, result)
    result.places |= {**merged.places("deployment"), **overlay.places()}
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
    merged = Merged(data, {(): Layer(sources.agent, (), data)})
    # Only these decide anything here; the rest keeps its references, secrets among them.
    plain = {name: data[name] for name in ("name",) if name in data}
    if isinstance(data.get("model"), Mapping):
        plain["model"] = {
            name: data["model"][name] for name in ("provider", "auth_provider") if name in data["model"]
        }
    resolved = layers.resolve(plain, question.variables)
    whole = {**data, **resolved.data}
    if "model" in resolved.data:
        whole["model"] = {**data["model"], **resolved.data["model"]}
    result.agent = _validated(Agent, merged, Resolved(whole, resolved.used, resolved.unset), question, result)


def _overlay(sources: Sources, question: Question, result: Evaluation) -> Merged:
    from holodeck_tui.models.overlay import Overlay

    found: list[Layer] = []
    source = sources.overlay
    if source is not None:
        base = {name: value for name, value in source.data.items() if name != "environments"}
        found.append(Layer(source, (), base))
        if question.environment is not None:
            prefix: layers.Path = ("environments", question.environment)
            for part in _part(source, prefix):
                rest = {name: value for name, value in part.data.items() if name != "deployment"}
                found.append(Layer(source, prefix, rest))
    own = {name: value for name, value in question.overrides.items() if not name.startswith("deployment.")}
    merged = layers.merge([*found, *_command_line(own)], whole=_WHOLE_OVERLAY)
    # An empty `aws:` says nothing.
    merged.data = {name: value for name, value in merged.data.items() if value is not None}
    resolved = layers.resolve(merged.data, question.variables, keep=_KEEP_OVERLAY)
    result.overlay = _validated(Overlay, merged, resolved, question, result)
    return merged


def _target(
    sources: Sources, question: Question, overlay: Merged, merged: Merged, result: Evaluation
) -> str | None:
    environment = next(
        iter(_part(sources.overlay, ("environments", question.environment or ""))), Layer(None, (), {})
    ).data
    nested = environment.get("deployment")
    inner = nested.get("target") if isinstance(nested, Mapping) else None
    written = merged.data.get("target")
    candidates = (
        (question.target, layers.COMMAND_LINE),
        (environment.get("target"), ""),
        (inner.get("provider") if isinstance(inner, Mapping) else None, ""),
        (overlay.data.get("target"), ""),
        (written.get("provider") if isinstance(written, Mapping) else None, ""),
    )
    for name, place in candidates:
        if isinstance(name, str) and name:
            value = layers.resolve({"target": name}, question.variables).data["target"]
            if place:
                result.places["target"] = place
            return str(value)
    return None


def _deployment(merged: Merged, overlay: Merged, question: Question, result: Evaluation) -> None:
    from holodeck_tui.models.deployment import DeploymentConfig, ServiceConfig

    _choose(merged, overlay, result.target)
    resolved = layers.resolve(merged.data, question.variables, keep=_KEEP_DEPLOYMENT)
    local = result.target == "local"
    service = layers.without(resolved.data, [("registry",), ("target",)])
    cloud = {"registry", "target"} & merged.data.keys()
    if not cloud and (local or not merged.data):
        result.service = _validated(ServiceConfig, merged, _replace(resolved, service), question, result)
        return
    before = len(result.problems)
    ignore = {"missing"} if local else set()
    result.deployment = _validated(DeploymentConfig, merged, resolved, question, result, ignore, local=local)
    result.service = result.deployment
    if result.deployment is None and local and len(result.problems) == before:
        result.service = _validated(ServiceConfig, merged, _replace(resolved, service), question, result)


def _replace(resolved: Resolved, data: dict[str, Any]) -> Resolved:
    unset = {path: names for path, names in resolved.unset.items() if path[0] in data}
    return Resolved(data, resolved.used, unset)


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
    for cloud, name in (("gcp", "timeout"), ("azure", "ingress_external")):
        said = overlay.data.get(cloud)
        if isinstance(said, Mapping) and said.get(name) is not None and isinstance(block.get(cloud), dict):
            block[cloud][name] = said[name]
            layer = overlay.origin((cloud, name))
            if layer is not None:
                path: layers.Path = ("target", cloud, name)
                merged.origins[path] = Layer(layer.source, (*layer.prefix, cloud, name), {})


def _validated(
    model: type[M],
    merged: Merged,
    resolved: Resolved,
    question: Question,
    result: Evaluation,
    ignore: set[str] | None = None,
    *,
    local: bool = False,
) -> M | None:
    """The model, or None after its problems were kept."""
    from pydantic import ValidationError

    for path, problem in told.unset(merged, resolved, severity=question.missing):
        # This machine needs neither the registry nor the cloud.
        if not (local and path[0] in {"registry", "target"}):
            result.add(problem, "unset")
    context = {"references": True} if resolved.unset else None
    try:
        return model.model_validate(resolved.data, context=context)
    except ValidationError as error:
        own = list(told.problems(error, merged, resolved, ignore=ignore or ()))
        for kind, problem in own:
            result.add(problem, kind)
        if own or not resolved.unset:
            return None
    # What is no text cannot hold a reference: let its default stand in.
    return _with_defaults(model, resolved)


def _with_defaults(model: type[M], resolved: Resolved) -> M | None:
    from pydantic import ValidationError

    data = resolved.data
    for path in resolved.unset:
        try:
            return model.model_validate(data, context={"references": True})
        except ValidationError:
            data = layers.without(data, [path])
    try:
        return model.model_validate(data, context={"references": True})
    except ValidationError:
        return None


def unknown_keys(source: Source) -> Iterator[Problem]:
    """Keys of agent.yaml or config.yaml that holodeck-ai 0.7.1 does not know."""
    from holodeck_tui.models.agent import AGENT_KEYS
    from holodeck_tui.models.base import nearest
    from holodeck_tui.models.phrases import unknown

    known = AGENT_KEYS if source.kind == "agent" else _CONFIG_KEYS
    for name in source.data:
        if name not in known:
            text = f"holodeck-ai 0.7.1 refuses the file: {unknown('', str(name), known, nearest)}"
            yield source.problem((name,), text, "warning", key=True)

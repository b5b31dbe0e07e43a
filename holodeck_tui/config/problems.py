"""Everything that is wrong with an agent's files, at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from holodeck_tui.config import layers
from holodeck_tui.config.checking import Check, told
from holodeck_tui.config.document import Document
from holodeck_tui.config.evaluate import KEEP_DEPLOYMENT, Evaluation, Question, deployment_layers, evaluate
from holodeck_tui.config.layers import Layer
from holodeck_tui.config.sources import Problem, Severity, Source, Sources, check_environment, read_sources
from holodeck_tui.config.variables import Variables

__all__ = ["Problem", "find_problems"]

_CONFIG_KEYS = ("providers", "vectorstores", "execution", "deployment", "mcp_servers")
# Another file may complete a section, and may change one of a pair.
_NOT_ALONE = frozenset({"missing", "pair"})


def find_problems(
    agent: Path,
    *,
    target: str | None = None,
    environment: str | None = None,
    environ: Mapping[str, str],
    cwd: Path,
    home: Path,
    missing: Severity = "error",
    edited: Document | None = None,
) -> list[Problem]:
    """All problems of agent.yaml, deploy.yaml and the config files, in the order of the files.

    Without ``environment`` every named environment is looked at. ``missing`` is the severity of a
    ``${VAR}`` that the deployment itself needs and nobody has set. ``edited`` stands for agent.yaml or
    deploy.yaml as it would be. Raises ``agent-not-found``,
    ``agent-unreadable``, ``file-unreadable`` (another file, or a ``.env``) and ``environment-unknown``.
    """
    sources = read_sources(agent, home, edited)
    check_environment(sources, environment)
    variables = Variables(environ, cwd=cwd, agent_dir=agent.absolute().parent, home=home)
    question = Question(variables, environment, target, missing=missing)
    names = sources.environments if environment is None else (environment,)
    found = [*sources.problems, *own_problems(sources, question, names)]
    if all(problem.severity == "warning" for problem in sources.problems):
        found += _merged_problems(sources, question)
    return sort_problems(found, sources)


def _merged_problems(sources: Sources, question: Question) -> list[Problem]:
    base = evaluate(sources, question)
    names = sources.environments if question.environment is None else ()
    others = [evaluate(sources, replace(question, environment=name)) for name in names]
    # What only the environments say is not missing.
    whole = any(_whole(other) for other in others)
    found = [problem for kind, problem in base.problems if kind != "missing" or not whole]
    return [*found, *(problem for other in others for _, problem in other.problems)]


def _whole(evaluation: Evaluation) -> bool:
    return evaluation.has_section and all(kind != "missing" for kind, _ in evaluation.problems)


def own_problems(sources: Sources, question: Question, environments: Collection[str]) -> list[Problem]:
    """What is wrong with each file by itself, also where another overrides it.

    Of deploy.yaml's environments only those named are looked at.
    """
    found: list[Problem] = []
    for source in sources.all:
        if source.kind == "overlay":
            found += _overlay_problems(source, question, environments)
        else:
            found += [*_unknown_keys(source), *_section_problems(source, question)]
    return found


def _unknown_keys(source: Source) -> Iterator[Problem]:
    from holodeck_tui.models.agent import AGENT_KEYS
    from holodeck_tui.models.base import nearest
    from holodeck_tui.models.phrases import unknown

    known = AGENT_KEYS if source.kind == "agent" else _CONFIG_KEYS
    for name in source.data:
        if name not in known:
            text = f"holodeck-ai 0.7.1 refuses the file: {unknown('', str(name), known, nearest)}"
            yield source.problem((name,), text, "warning", key=True)


def _section_problems(source: Source, question: Question) -> Iterator[Problem]:
    section = source.data.get("deployment")
    if section is None:
        return
    if not isinstance(section, Mapping):
        yield source.problem(("deployment",), "must be a block of keys and values", key=True)
        return
    layer = Layer(source, ("deployment",), section)
    wrong = list(_layer_problems(layer, question))
    yield from wrong
    places = {(problem.line, problem.path) for problem in wrong}
    yield from (one for one in _refusals(layer, question) if (one.line, one.path) not in places)


def _layer_problems(layer: Layer, question: Question) -> Iterator[Problem]:
    from pydantic import ValidationError

    from holodeck_tui.models.deployment import DeploymentConfig

    resolved = layers.resolve(layer.data, question.variables, keep=KEEP_DEPLOYMENT)
    try:
        DeploymentConfig.model_validate(resolved.data, context={"references": True})
    except ValidationError as error:
        for _, problem in told(error, Check.alone(layer, resolved, _NOT_ALONE)):
            yield problem


def _refusals(layer: Layer, question: Question) -> Iterator[Problem]:
    from holodeck_tui.models.compat import refused

    resolved = layers.resolve(layer.data, question.variables, keep=KEEP_DEPLOYMENT)
    for path, message in refused(resolved.data):
        if path not in resolved.used:
            yield layer.problem(path, message, "warning", key=False)


def _overlay_problems(source: Source, question: Question, environments: Collection[str]) -> Iterator[Problem]:
    from pydantic import ValidationError

    from holodeck_tui.models.overlay import Overlay

    data = _filled(source.data)
    every = data.get("environments")
    if isinstance(every, Mapping):
        # A mistake in another environment does not stop this one.
        data = {**data, "environments": {name: every[name] for name in every if name in environments}}
    keep = (
        ("secrets", "*", "env"),
        ("environments", "*", "secrets", "*", "env"),
        ("environments", "*", "deployment"),
    )
    resolved = layers.resolve(data, question.variables, keep=keep)
    try:
        Overlay.model_validate(resolved.data, context={"references": True})
    except ValidationError as error:
        for _, problem in told(error, Check.alone(Layer(source, (), data), resolved, frozenset({"pair"}))):
            yield problem
    for name in environments if isinstance(every, Mapping) else ():
        alone = Sources(None, source, None, None, ())
        for part in deployment_layers(alone, replace(question, environment=name, overrides={})):
            yield from _layer_problems(part, question)


def _filled(data: Mapping[str, object]) -> dict[str, object]:
    """Without empty blocks (``aws:`` and nothing below), which say nothing."""
    kept = {name: value for name, value in data.items() if value is not None}
    every = kept.get("environments")
    if isinstance(every, Mapping):
        kept["environments"] = {
            name: _filled(value) if isinstance(value, Mapping) else ({} if value is None else value)
            for name, value in every.items()
        }
    return kept


def sort_problems(problems: Iterable[Problem], sources: Sources) -> list[Problem]:
    """Each once, by file (agent.yaml first), then by place."""
    order = {source.label: index for index, source in enumerate(sources.all)}
    unique = dict.fromkeys(problems)
    return sorted(unique, key=lambda one: (order.get(one.file, len(order)), one.line, one.column, one.path))

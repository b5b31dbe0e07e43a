"""Everything that is wrong with an agent's files, at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from holodeck_tui.config import layers, told
from holodeck_tui.config.evaluate import Evaluation, Question, deployment_layers, evaluate, unknown_keys
from holodeck_tui.config.layers import Layer
from holodeck_tui.config.sources import Problem, Severity, Source, Sources, read_sources
from holodeck_tui.config.variables import Variables

__all__ = ["Problem", "find_problems"]


def find_problems(
    agent: Path,
    *,
    target: str | None = None,
    environment: str | None = None,
    environ: Mapping[str, str],
    cwd: Path,
    home: Path,
    missing: Severity = "error",
) -> list[Problem]:
    """All problems of agent.yaml, deploy.yaml and the config files, in the order of the files.

    Without ``environment`` every named environment is looked at. ``missing`` is the severity of a
    ``${VAR}`` that the deployment itself needs and nobody has set. Raises ``agent-not-found`` and
    ``agent-unreadable`` only.
    """
    sources = read_sources(agent, home)
    variables = Variables(environ, cwd=cwd, agent_dir=agent.absolute().parent, home=home)
    question = Question(variables, environment, target, missing=missing)
    return sort_problems(all_problems(sources, question), sources)


def all_problems(sources: Sources, question: Question) -> list[Problem]:
    """The problems of all files for one environment, or for all of them where it names none."""
    found = list(sources.problems)
    for source in sources.all:
        found += own_problems(source, question)
    found += [problem for _, problem in _merged_problems(sources, question)]
    return found


def _merged_problems(sources: Sources, question: Question) -> list[tuple[str, Problem]]:
    base = evaluate(sources, question)
    names = environment_names(sources) if question.environment is None else []
    others = [evaluate(sources, replace(question, environment=name)) for name in names]
    found = list(base.problems)
    if any(_complete(other) for other in others):
        # What only the environments say is not missing.
        found = [(kind, problem) for kind, problem in found if kind != "missing"]
    for other in others:
        found += other.problems
    return found


def _complete(evaluation: Evaluation) -> bool:
    return evaluation.has_section and all(kind != "missing" for kind, _ in evaluation.problems)


def environment_names(sources: Sources) -> list[str]:
    """The named environments of deploy.yaml."""
    names = sources.overlay.data.get("environments") if sources.overlay is not None else None
    return [str(name) for name in names] if isinstance(names, Mapping) else []


def own_problems(source: Source, question: Question) -> Iterator[Problem]:
    """What is wrong with one file by itself, also where another file overrides it."""
    if source.kind == "overlay":
        yield from _overlay_problems(source, question)
        return
    yield from unknown_keys(source)
    section = source.data.get("deployment")
    if section is None:
        return
    if not isinstance(section, Mapping):
        yield source.problem(("deployment",), "must be a block of keys and values", key=True)
        return
    layer = Layer(source, ("deployment",), section)
    wrong = list(_layer_problems(layer, question))
    yield from wrong
    yield from _refusals(layer, question, {(problem.line, problem.path) for problem in wrong})


def _layer_problems(layer: Layer, question: Question) -> Iterator[Problem]:
    from pydantic import ValidationError

    from holodeck_tui.models.deployment import DeploymentConfig

    resolved = layers.resolve(layer.data, question.variables, keep=[("environment",)])
    try:
        DeploymentConfig.model_validate(resolved.data, context={"references": True})
    except ValidationError as error:
        # Another file may complete it, and may change one of a pair.
        for _, problem in told.problems(error, told.alone(layer), resolved, ignore={"missing", "pair"}):
            yield problem


def _refusals(layer: Layer, question: Question, wrong: set[tuple[int, str]]) -> Iterator[Problem]:
    from holodeck_tui.models.compat import refused

    resolved = layers.resolve(layer.data, question.variables, keep=[("environment",)])
    for path, message in refused(resolved.data):
        problem = layer.problem(path, message, "warning", key=False)
        hidden = any(used == path for used in resolved.used)
        if not hidden and (problem.line, problem.path) not in wrong:
            yield problem


def _overlay_problems(source: Source, question: Question) -> Iterator[Problem]:
    from pydantic import ValidationError

    from holodeck_tui.models.overlay import Overlay

    data = source.data
    environments = data.get("environments")
    if question.environment is not None and isinstance(environments, Mapping):
        # A mistake in another environment does not stop this one.
        data = {**data, "environments": {question.environment: environments.get(question.environment) or {}}}
    layer = Layer(source, (), _filled(data))
    resolved = layers.resolve(layer.data, question.variables, keep=[("environments", "*", "deployment")])
    try:
        Overlay.model_validate(resolved.data, context={"references": True})
    except ValidationError as error:
        for _, problem in told.problems(error, told.alone(layer), resolved, ignore={"pair"}):
            yield problem
    for name in environments if isinstance(environments, Mapping) else ():
        if question.environment in {None, name}:
            asked = replace(question, environment=str(name))
            for part in deployment_layers(Sources(None, source, None, None, ()), asked):
                yield from _layer_problems(part, question)


def _filled(data: object) -> Mapping[str, object]:
    """Without empty blocks (``aws:`` and nothing below), which say nothing."""
    assert isinstance(data, Mapping)
    kept = {name: value for name, value in data.items() if value is not None}
    environments = kept.get("environments")
    if isinstance(environments, Mapping):
        kept["environments"] = {
            name: _filled(value) if isinstance(value, Mapping) else value or {}
            for name, value in environments.items()
        }
    return kept


def sort_problems(problems: Iterable[Problem], sources: Sources) -> list[Problem]:
    """Each once, by file (agent.yaml first), then by place."""
    order = {source.label: index for index, source in enumerate(sources.all)}
    unique = dict.fromkeys(problems)
    return sorted(unique, key=lambda one: (order.get(one.file, len(order)), one.line, one.column, one.path))

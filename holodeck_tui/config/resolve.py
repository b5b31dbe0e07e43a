"""Settings: all files and the command line as one frozen value; the container's ``${VAR}`` stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from holodeck_tui.config.evaluate import CLOUDS, Evaluation, Question, evaluate
from holodeck_tui.config.problems import own_problems, sort_problems
from holodeck_tui.config.sources import Problem, Severity, Sources, check_environment, read_sources
from holodeck_tui.config.variables import Variables
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.redact import sanitize
from holodeck_tui.core.targets import is_target, known_targets

if TYPE_CHECKING:
    from holodeck_tui.config.document import Document
    from holodeck_tui.models.agent import Agent
    from holodeck_tui.models.deployment import DeploymentConfig, ServiceConfig
    from holodeck_tui.models.overlay import Overlay
    from holodeck_tui.models.registry import RegistryConfig

DEFAULT_BASE = "ghcr.io/justinbarias/holodeck-base:latest"


@dataclass(frozen=True)
class HealthSettings:
    """Where and how long to ask; ``timeout`` in seconds, ``smoke`` one chat message."""

    path: str
    ready: str
    timeout: float
    smoke: str | None


@dataclass(frozen=True)
class Settings:
    """What is to be deployed, where and how.

    ``deployment`` is None where the target is no cloud and no section (or only part of one) is
    written; ``service`` is always there. ``sources`` says by dotted path (``deployment.port``,
    ``image.base``, ``target``) which file and line, or ``command line``, a value came from; what is
    absent is a default. Structural values are resolved; values of ``container_environment`` keep
    their ``${VAR}``: expand them with ``variables`` when they are handed over, never before.
    """

    agent_path: Path
    agent: Agent
    environment: str | None
    target: str
    deployment: DeploymentConfig | None
    service: ServiceConfig
    overlay: Overlay
    variables: Variables
    sources: Mapping[str, str]
    config_files: tuple[Path, ...]
    warnings: tuple[str, ...]
    files: Sources

    @property
    def agent_dir(self) -> Path:
        """The folder every path in agent.yaml is relative to."""
        return self.agent_path.parent

    @property
    def agent_name(self) -> str:
        """The agent's name, as written."""
        return self.agent.name

    @property
    def agent_document(self) -> Document:
        """agent.yaml itself, parsed once, with positions."""
        assert self.files.agent is not None
        return self.files.agent.document

    @property
    def project_config(self) -> Path | None:
        """The ``config.yml`` or ``config.yaml`` beside agent.yaml, which ships with it."""
        return self.files.project.path if self.files.project is not None else None

    @property
    def image_base(self) -> str:
        """The base image, as written or HoloDeck's own."""
        return self.overlay.image.base or DEFAULT_BASE

    @property
    def port(self) -> int:
        """Port in the container."""
        return self.service.port

    @property
    def protocol(self) -> Literal["rest", "ag-ui"]:
        """What the agent speaks."""
        return "ag-ui" if self.service.protocol == "ag-ui" else "rest"

    @property
    def platform(self) -> str:
        """``linux/amd64`` or ``linux/arm64``."""
        return self.service.platform

    @property
    def container_environment(self) -> Mapping[str, str]:
        """``deployment.environment``, with its references."""
        return MappingProxyType(self.service.environment)

    @property
    def registry(self) -> RegistryConfig | None:
        """Where the image goes, if anywhere."""
        return self.deployment.registry if self.deployment is not None else None

    @property
    def health(self) -> HealthSettings:
        """deploy.yaml's health, then the cloud's own path, then that of ``deployment:``."""
        own = self.overlay.health
        path = self.service.health_check_path
        aws = self.deployment.target.aws if self.target == "aws" and self.deployment is not None else None
        if aws is not None and "health_check_path" in aws.model_fields_set:
            path = aws.health_check_path
        return HealthSettings(own.path or path, own.ready, own.timeout, own.smoke)

    def source(self, path: str) -> str:
        """Where the value at a dotted path came from: ``agent.yaml:12``, ``command line``, ``default``."""
        return self.sources.get(path, "default")


def load_settings(
    agent: Path,
    *,
    target: str | None = None,
    environment: str | None = None,
    environ: Mapping[str, str],
    cwd: Path,
    home: Path,
    overrides: Mapping[str, Any] = MappingProxyType({}),
    need_target: bool = True,
    missing: Severity = "error",
) -> Settings:
    """Read, merge and validate everything.

    ``overrides`` are dotted paths the command line sets (``deployment.port``, ``image.builder``). With
    ``need_target`` false, commands that touch no target get ``local`` where nothing says otherwise.
    ``missing="warning"`` (dry runs) lets a structural ``${VAR}`` without a value stand as text.

    Raises DeploymentError: ``agent-not-found``, ``agent-unreadable``, ``yaml-syntax``,
    ``config-invalid`` (every problem is a detail), ``variable-missing``, ``deployment-missing``,
    ``environment-unknown``, ``file-unreadable``, ``usage`` for an unknown target.
    """
    if target is not None and not is_target(target):
        raise DeploymentError(
            "usage",
            f"There is no target {sanitize(target)}.",
            reason="a target is one of " + ", ".join(known_targets()),
            remedy="--target local",
        )
    sources = read_sources(agent, home)
    syntax = [problem for problem in sources.problems if problem.severity == "error"]
    if syntax or sources.agent is None:
        raise _syntax(syntax, sources)
    check_environment(sources, environment)
    path = sources.agent.path
    variables = Variables(environ, cwd=cwd, agent_dir=path.parent, home=home)
    question = Question(variables, environment, target, overrides, missing)
    result = evaluate(sources, question)
    problems = [*sources.problems, *(problem for _, problem in result.problems)]
    # A mistake in an environment that is not chosen stops nothing.
    problems += own_problems(sources, question, () if environment is None else (environment,))
    problems = sort_problems(problems, sources)
    _raise_for(problems, result)
    chosen = _target(result, sources, agent, need_target=need_target)
    if result.agent is None or result.overlay is None or result.service is None:
        raise _invalid(problems)
    return Settings(
        agent_path=path,
        agent=result.agent,
        environment=environment,
        target=chosen,
        deployment=result.deployment,
        service=result.service,
        overlay=result.overlay,
        variables=variables,
        sources=MappingProxyType(result.places),
        config_files=tuple(one.path for one in (sources.project, sources.user) if one is not None),
        warnings=tuple(str(problem) for problem in problems if problem.severity == "warning"),
        files=sources,
    )


def _syntax(problems: Sequence[Problem], sources: Sources) -> DeploymentError:
    first = problems[0]
    return DeploymentError(
        "yaml-syntax",
        f"{first.file} cannot be read as YAML.",
        reason=f"line {first.line}, column {first.column}: {first.message}",
        remedy=f"Correct line {first.line} of {first.file}.",
        details=[str(problem) for problem in sort_problems(problems[1:], sources)],
    )


def _raise_for(problems: Sequence[Problem], result: Evaluation) -> None:
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        unset = {problem for kind, problem in result.problems if kind == "unset"}
        raise _invalid(errors, unset=all(problem in unset for problem in errors))


def _invalid(errors: Sequence[Problem], *, unset: bool = False) -> DeploymentError:
    files = ", ".join(dict.fromkeys(problem.file for problem in errors))
    count = f"{len(errors)} problems" if len(errors) != 1 else "one problem"
    return DeploymentError(
        "variable-missing" if unset else "config-invalid",
        "The configuration needs variables that are not set." if unset else "The configuration is not valid.",
        reason=f"{files} has {count}" if "," not in files else f"{files} have {count}",
        remedy="Set them in the shell or in .env." if unset else "holodeck-deploy-tui validate",
        details=[str(problem) for problem in errors],
    )


def _target(result: Evaluation, sources: Sources, agent: Path, *, need_target: bool) -> str:
    if result.target is not None and (result.target not in CLOUDS or result.deployment is not None):
        return result.target
    if not need_target:
        return result.target or "local"
    name = sanitize(quote(str(agent)))
    wanted = f"--target {result.target} " if result.target in CLOUDS else ""
    section = (
        "a deployment: section" if result.target is None else f"a deployment: section for {result.target}"
    )
    label = sources.agent.label if sources.agent else sanitize(str(agent))
    raise DeploymentError(
        "deployment-missing",
        f"{label} has no {section.removeprefix('a ')}.",
        reason="nothing says where to deploy" if result.target is None else "a cloud needs one",
        remedy=f"holodeck-deploy-tui init {wanted}{name}  (or deploy to this machine: --target local)",
    )

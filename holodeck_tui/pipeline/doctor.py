"""``doctor``: everything a deploy needs, looked at without changing anything, each with what to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.deployers.catalog import create_deployer
from holodeck_tui.deployers.checks import Check, Examinable
from holodeck_tui.pipeline.agent_checks import agent_checks, check_registry
from holodeck_tui.pipeline.machine import check_disk, check_git, check_holodeck, check_python
from holodeck_tui.state.scopes import check_scope

if TYPE_CHECKING:
    from holodeck_tui.config.resolve import Settings

START_ENGINE = "Start the engine, or name it in DOCKER_HOST."


@dataclass(frozen=True)
class Diagnosis:
    """All checks, in the order of a deploy."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether no check failed."""
        return all(check.status != "fail" for check in self.checks)

    def as_json(self) -> dict[str, Any]:
        """The document of ``doctor``."""
        return {"ok": self.ok, "checks": [check.as_json() for check in self.checks]}


def examine(
    agent: Path | None,
    *,
    scopes: Sequence[str],
    target: str | None,
    environment: str | None,
    cwd: Path,
    home: Path,
    ctx: Context,
) -> Diagnosis:
    """Look at this machine, at ``agent`` (None: none is here) and at the target, or at each of ``scopes``.

    Raises ``scope-invalid`` and ``interrupted``; whatever else goes wrong is a check that failed.
    """
    asked = [check_scope(scope) for scope in dict.fromkeys(scopes)]
    checks: list[Check] = []
    settings: Settings | None = None
    if agent is not None:
        about, settings = agent_checks(
            agent, target=target, environment=environment, cwd=cwd, home=home, ctx=ctx
        )
        checks += about
    provider = settings.target if settings is not None else (target or "local")
    runtime = settings.overlay.local.runtime if settings is not None else "auto"
    checks.append(check_python())
    engine = _guarded(
        "engine", ctx, lambda: check_engine(ctx, needed=provider == "local" and runtime == "docker")
    )
    alone = provider == "local" and (runtime == "process" or engine.status != "ok")
    checks += [
        engine,
        _guarded("holodeck", ctx, lambda: check_holodeck(ctx.environ, needed=alone)),
        check_git(ctx.environ, None if agent is None else agent.parent),
        _guarded("disk", ctx, lambda: check_disk(cwd if agent is None else agent.parent)),
    ]
    if settings is not None:
        made = settings
        checks.append(_guarded("registry", ctx, lambda: check_registry(made, ctx)))
    named: list[tuple[str, str | None]] = [(scope.partition(":")[0], scope) for scope in asked]
    for name, scope in named or [(provider, None)]:
        checks += _target(name, scope, settings, ctx)
    return Diagnosis(tuple(checks))


def check_engine(ctx: Context, *, needed: bool) -> Check:
    """Whether the engine that the docker command would use answers."""
    from holodeck_tui.image.engine import connect

    try:
        engine = connect(ctx.environ)
    except DeploymentError as error:
        detail = f"{error}; images are made as layers then, and local agents run as processes"
        return Check("engine", "fail" if needed else "warn", detail, error.remedy or START_ENGINE)
    try:
        return Check(
            "engine", "ok", f"{engine.kind} {engine.version} ({engine.platform}) at {engine.endpoint}"
        )
    finally:
        engine.close()


def _target(provider: str, scope: str | None, settings: Settings | None, ctx: Context) -> list[Check]:
    """What the target's own deployer looks at."""
    name = f"target {scope or provider}"
    try:
        deployer = create_deployer(provider)
        if isinstance(deployer, Examinable):
            return deployer.examine(settings, scope, ctx)
        if provider == "local" and settings is not None and scope is None:
            needs = deployer.needs(settings, ctx)
            return [Check(name, "ok", needs.reason or "ready")]
    except Cancelled:
        raise
    except DeploymentError as error:
        return [Check(name, "fail", str(error), error.remedy)]
    # What this machine needs, an engine or holodeck-ai, has been looked at above.
    return [] if provider == "local" else [Check(name, "skip", "this target brings no checks of its own")]


def _guarded(name: str, ctx: Context, look: Callable[[], Check]) -> Check:
    """One broken part must not hide what the other checks say."""
    ctx.cancel.check()
    try:
        return look()
    except Cancelled:
        raise
    except DeploymentError as error:
        return Check(name, "fail", str(error), error.remedy)
    except OSError as error:
        return Check(name, "fail", ctx.redactor.clean(error.strerror or type(error).__name__))

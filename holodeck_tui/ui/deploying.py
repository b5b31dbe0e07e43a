"""One deploy as the app starts it: which agent, where to, from which step on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from holodeck_tui.core.events import Result
from holodeck_tui.core.values import STEPS, Step
from holodeck_tui.pipeline.types import Plan, RunOptions

if TYPE_CHECKING:
    from holodeck_tui.config.resolve import Settings
    from holodeck_tui.core.context import Context
    from holodeck_tui.ui.backend import Backend


@dataclass(frozen=True)
class Where:
    """None is what the command line or the files say."""

    target: str | None = None
    environment: str | None = None


@dataclass(frozen=True)
class Planned:
    """A plan, and what it was made of. ``scope`` None: the settings do not say."""

    plan: Plan
    scope: str | None
    environments: tuple[str, ...]
    environment: str | None
    target: str


def make_plan(backend: Backend, where: Where, options: RunOptions) -> Planned:
    """Blocks; raises what the engine raises."""
    from holodeck_tui.pipeline import api
    from holodeck_tui.pipeline.listing import own_scope

    with backend.asking() as ctx:
        settings = backend.settings(target=where.target, environment=where.environment, rehearsal=True)
        plan = api.plan(settings, options, ctx)
    return Planned(
        plan, own_scope(settings), settings.files.environments, settings.environment, settings.target
    )


def environments(backend: Backend) -> tuple[str, ...]:
    """Those of deploy.yaml, also where the rest does not hold. Blocks."""
    from holodeck_tui.config.sources import read_sources

    return read_sources(backend.launch.agent, backend.launch.home).environments


def deploy(
    backend: Backend, where: Where, options: RunOptions, steps: tuple[Step, ...] = STEPS
) -> Callable[[Context], Result]:
    """The work of a run keeper."""

    def work(ctx: Context) -> Result:
        from holodeck_tui.pipeline import api

        settings: Settings = backend.settings(target=where.target, environment=where.environment)
        for warning in settings.warnings:
            ctx.warn(str(warning))
        return api.run(settings, steps, options, ctx)

    return work

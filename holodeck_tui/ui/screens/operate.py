"""What the dashboard does to deployments: asks first, then leaves it to the keeper."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.events import Result
from holodeck_tui.core.redact import sanitize
from holodeck_tui.core.values import STEPS, ServiceRef, Status, Step
from holodeck_tui.ui.backend import Backend, background
from holodeck_tui.ui.base_app import BaseApp
from holodeck_tui.ui.places import PLACES
from holodeck_tui.ui.rows import ago, target, target_of
from holodeck_tui.ui.run_keeper import Again, Work
from holodeck_tui.ui.screens.choose import AskScreen, ChooseScreen
from holodeck_tui.ui.screens.destroy import DestroyScreen

if TYPE_CHECKING:
    from holodeck_tui.config.resolve import Settings
    from holodeck_tui.deployers.base import Revision


def name_of(ref: ServiceRef) -> str:
    """``ticket-routing (prod, cloud run)``."""
    place = f"{ref.environment}, {target(ref)}" if ref.environment else target(ref)
    return sanitize(f"{ref.agent} ({place})")


def start(app: BaseApp, title: str, work: Work, again: Again | None = None) -> None:
    """Hand ``work`` to the keeper, or say why not now."""
    try:
        app.keeper.start(title, work, again)
    except DeploymentError as error:
        tell(app, error)


def tell(app: BaseApp, error: DeploymentError) -> None:
    """An error as a notice: the sentence, the first of what is wrong in detail, and the remedy."""
    more = len(error.details) - 1
    first = f"{error.details[0]}{f' (and {more} more)' if more > 0 else ''}" if error.details else ""
    text = "\n".join(part for part in (str(error), first, error.remedy) if part)
    app.notify(text, title="", severity="error", markup=False, timeout=12)


def _warned(settings: Settings | None, ctx: Context) -> Settings | None:
    """``settings``, their warnings told in the run, as the command does."""
    for warning in settings.warnings if settings else ():
        ctx.warn(str(warning))
    return settings


def destroy(app: BaseApp, refs: Sequence[ServiceRef]) -> None:
    """Ask, then remove them one after the other; one that fails does not stop the others."""

    def work(ctx: Context) -> Result:
        from holodeck_tui.pipeline import found

        results = [found.destroy(ref, ctx, _warned(app.backend.settings_of(ref), ctx)) for ref in refs]
        return next((result for result in results if not result.ok), results[-1])

    def answered(yes: bool | None) -> None:
        if yes:
            names = name_of(refs[0]) if len(refs) == 1 else f"{len(refs)} deployments"
            start(app, f"destroy {names}", work)

    app.push_screen(DestroyScreen(refs), answered)


@dataclass(frozen=True)
class _Wish:
    """What a deploy from the dashboard is of. ``ref``: anew where that is; None where it is not there yet."""

    agent: str
    provider: str
    ref: ServiceRef | None


def deploy(app: BaseApp, ref: ServiceRef | None) -> None:
    """Deploy the app's agent: anew where ``ref`` is, if that is its own, else to its target."""
    background(
        app,
        lambda: _wish(app.backend, ref),
        lambda wish: _ask_deploy(app, wish, ref),
        lambda error: tell(app, error),
    )


def _wish(backend: Backend, ref: ServiceRef | None) -> _Wish:
    settings = backend.settings_of(ref) if ref else None
    if settings is not None and ref is not None:
        return _Wish(settings.agent_name, ref.provider, ref)
    settings = _own_settings(backend)
    return _Wish(settings.agent_name, settings.target, None)


def _ask_deploy(app: BaseApp, wish: _Wish, under_cursor: ServiceRef | None) -> None:
    if app.screen.is_modal:
        return  # something else was asked meanwhile
    backend, ref = app.backend, wish.ref

    def run(steps: tuple[Step, ...], ctx: Context) -> Result:
        from holodeck_tui.pipeline import api

        settings = _warned(backend.settings_of(ref) if ref else backend.settings(target=wish.provider), ctx)
        if settings is None:
            raise DeploymentError(
                "agent-not-found",
                f"{name} cannot be deployed there any more.",
                reason="agent.yaml or deploy.yaml has changed since the question",
                remedy="holodeck-deploy-tui validate",
            )
        return api.run(settings, steps, backend.launch.run_options(), ctx)

    name, where = sanitize(wish.agent), target_of(wish.provider)

    def answered(yes: bool | None) -> None:
        if yes:
            again = partial(partial, run)
            start(app, f"deploy {name} to {where}", again(STEPS), again)
            if any(place.id == "pipeline" for place in PLACES):
                app.action_go("pipeline")

    more = "What serves now, if anything does, goes on until the new one is healthy."
    if under_cursor is not None and ref is None:
        more = f"{name_of(under_cursor)} was not deployed from here: its agent.yaml is somewhere else."
    app.push_screen(AskScreen(f"Deploy {name} to {where}?", more, "Deploy"), answered)


def _own_settings(backend: Backend) -> Settings:
    """Of the command line's target, or the files'; of this machine where nothing says otherwise."""
    try:
        return backend.settings(rehearsal=True)
    except DeploymentError as error:
        if error.code == "deployment-missing" and backend.launch.target is None:
            return backend.settings(target="local", rehearsal=True)
        raise


def rollback(app: BaseApp, status: Status) -> None:
    """Show the revisions, then go back to the chosen one."""
    ref = status.ref

    def ask() -> list[Revision]:
        from holodeck_tui.pipeline import found

        with app.backend.asking() as ctx:
            return found.revisions(ref, ctx)

    def show(revisions: list[Revision]) -> None:
        if not any(not one.active for one in revisions):
            app.notify(f"{name_of(ref)} has no other revision to go back to.", markup=False)
            return
        if app.screen.is_modal:
            return
        first = next(number for number, one in enumerate(revisions) if not one.active)
        lines, explained = _lines(revisions, app)

        def chosen(number: int | None) -> None:
            if number is None:
                return
            if revisions[number].active:
                app.notify("That is the one that serves.", markup=False)
                return
            to = revisions[number].name
            start(app, f"roll {name_of(ref)} back to {sanitize(to)}", _back(app, ref, to))

        app.push_screen(ChooseScreen(f"Go back with {name_of(ref)}", lines, explained, at=first), chosen)

    background(app, ask, show, lambda error: tell(app, error))


def _back(app: BaseApp, ref: ServiceRef, to: str) -> Callable[[Context], Result]:
    def work(ctx: Context) -> Result:
        from holodeck_tui.pipeline import found

        return found.rollback(ref, to, ctx, _warned(app.backend.settings_of(ref), ctx))

    return work


def _lines(revisions: Sequence[Revision], app: BaseApp) -> tuple[list[str], list[str]]:
    from datetime import datetime, timezone

    now = datetime.now(timezone.utc)
    dash = app.glyphs.dash
    serving = next((one for one in revisions if one.active), None)
    lines = [
        sanitize(f"{'serves  ' if one.active else '        '}{one.name}  {ago(one.created_at, now, dash)}")
        for one in revisions
    ]
    explained = []
    for one in revisions:
        before = serving.image_uri if serving and serving.image_uri else dash
        change = (
            f"image  {before}\n    →  {one.image_uri or dash}" if one is not serving else "It serves now."
        )
        explained.append(sanitize(f"{change}\n{one.detail}".rstrip(), keep_newlines=True))
    return lines, explained


def pause(app: BaseApp, status: Status) -> None:
    """Stop serving, or serve again."""
    ref, stopped = status.ref, status.state == "stopped"

    def work() -> Status:
        from holodeck_tui.pipeline import found

        with app.backend.asking() as ctx:
            return (found.resume if stopped else found.pause)(ref, ctx, app.backend.settings_of(ref))

    def done(now: Status) -> None:
        app.notify(f"{name_of(ref)}: {now.state or 'unknown'}", markup=False)
        app.fleet.hurry(ref.scope)

    def answered(yes: bool | None) -> None:
        if yes:
            background(app, work, done, lambda error: tell(app, error))

    if stopped:
        answered(True)
        return
    app.push_screen(
        AskScreen(f"Pause {name_of(ref)}?", "It stops serving and everything of it stays.", "Pause"), answered
    )

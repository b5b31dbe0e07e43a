"""``build``, ``push``, ``run``, ``deploy`` and ``plan``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from holodeck_tui.core.errors import ExitCode
from holodeck_tui.core.events import Result
from holodeck_tui.core.values import Step
from holodeck_tui.headless.answer import Answer
from holodeck_tui.headless.session import Session
from holodeck_tui.headless.tables import facts
from holodeck_tui.pipeline import api


def build_command(session: Session) -> Answer:
    """The image reference."""
    return _answer(session, _run(session, api.BUILD), quiet=_image)


def push_command(session: Session) -> Answer:
    """The reference with its digest."""
    return _answer(session, _run(session, api.PUSH), quiet=_pinned)


def run_command(session: Session) -> Answer:
    """The URL."""
    return _answer(session, _run(session, api.RUN), quiet=_url)


def deploy_command(session: Session) -> Answer:
    """The URL."""
    return _answer(session, _run(session, api.DEPLOY), quiet=_url)


def plan_command(session: Session) -> Answer:
    """Steps and changes; 10 with ``--exit-code`` when there are any."""
    settings = session.settings(rehearsal=True)
    plan = api.plan(settings, api.RunOptions(), session.ctx)
    for warning in plan.warnings:
        session.ctx.warn(warning)
    changed = session.given["exit_code"] and not plan.up_to_date
    word = "up to date" if plan.up_to_date else "changes"
    against = "the live service" if plan.source == "live" else "the last record"
    return Answer(
        text=(f"{plan.agent}: {word} (compared with {against})", *plan_lines(plan)),
        quiet=(word,),
        data=plan.as_json(),
        exit_code=ExitCode.CHANGES if changed else ExitCode.DONE,
    )


def plan_lines(plan: api.Plan) -> list[str]:
    """Steps, then changes, then where each variable comes from."""
    lines = facts([(step.step, f"{step.action:4}  {step.reason}") for step in plan.steps], indent=2)
    for change in plan.changes:
        lines.append(f"  {change.path}: {_shown(change.before)} -> {_shown(change.after)}")
    if plan.variables:
        lines.append("Variables of the container:")
        lines += facts(
            [
                (need.name, f"from {need.source}" if need.source != "missing" else "missing")
                for need in plan.variables
            ],
            indent=2,
        )
    return lines


def _shown(value: object) -> str:
    return "(absent)" if value is None else str(value)


def _run(session: Session, steps: tuple[Step, ...]) -> Result:
    given = session.given
    layout = given.get("output_layout")
    options = api.RunOptions(
        tag=given.get("tag"),
        builder=given.get("builder"),
        no_cache=bool(given.get("no_cache")),
        create=bool(given.get("create")),
        dry_run=bool(given.get("dry_run")),
        output_layout=session.cwd / Path(layout) if layout else None,
    )
    return api.run(session.settings(), steps, options, session.ctx)


def _answer(session: Session, result: Result, *, quiet: Callable[[Result], str | None]) -> Answer:
    if not result.ok:
        return Answer(exit_code=result.exit_code, result=result)
    essential = quiet(result)
    if session.given.get("dry_run"):
        steps = [(step.step, step.detail) for step in session.finished]
        text = (f"{result.agent}: a dry run, nothing was changed", *facts(steps, indent=2))
    else:
        text = tuple(facts(told(result)))
    return Answer(text=text, quiet=(essential,) if essential else (), result=result)


def told(result: Result) -> list[tuple[str, str]]:
    """What came of a run, as name and value."""
    pairs = [("Agent", result.agent or "")]
    if result.image is not None:
        pairs += [
            ("Image", result.image.uri),
            ("Digest" if result.image.in_registry else "ID", result.image.digest),
        ]
    if result.deployment is not None:
        pairs += [
            ("Service", f"{result.deployment.ref.name} ({result.deployment.ref.scope})"),
            ("State", result.deployment.state),
            ("URL", result.deployment.url or "(none reachable from outside)"),
        ]
    return pairs


def _image(result: Result) -> str | None:
    return None if result.image is None else result.image.uri


def _pinned(result: Result) -> str | None:
    # Where a target needs no registry nothing is pushed; the engine's own name is the nearest thing.
    return None if result.image is None else result.image.pinned


def _url(result: Result) -> str | None:
    return None if result.deployment is None else result.deployment.url

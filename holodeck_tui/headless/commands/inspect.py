"""``validate``, ``bundle``, ``schema`` and ``doctor``: looking without touching."""

from __future__ import annotations

import json
from typing import Any

from holodeck_tui.core.errors import ExitCode
from holodeck_tui.headless.answer import Answer
from holodeck_tui.headless.session import Session


def validate_command(session: Session) -> Answer:
    """All problems at once; exit code 2 when one is an error."""
    from holodeck_tui.pipeline.validate import validate

    report = validate(
        session.agent_path,
        target=session.given["target"],
        environment=session.given["env"],
        cwd=session.cwd,
        home=session.home,
        ctx=session.ctx,
    )
    lines = tuple(f"{problem.severity}: {problem}" for problem in report.problems)
    errors = tuple(f"error: {problem}" for problem in report.errors)
    said = (f"{session.agent_path.name}: valid",) if report.ok else ()
    return Answer(
        text=(*lines, *said),
        quiet=errors,
        data=report.as_json(),
        exit_code=ExitCode.DONE if report.ok else ExitCode.USAGE,
    )


def bundle_command(session: Session) -> Answer:
    """The files that ship; ``--to DIR`` writes them there."""
    from holodeck_tui.bundle.collect import collect
    from holodeck_tui.bundle.ship import write_tree

    bundle = collect(session.settings(rehearsal=True), session.ctx)
    if session.given["to"]:
        write_tree(bundle, session.cwd / session.given["to"], session.ctx)
    for warning in bundle.warnings:
        session.ctx.warn(warning)
    lines = [f"{file.sha256[:12]}  {file.size:>12}  {file.path}" for file in bundle.files]
    return Answer(
        text=(*lines, f"content hash {bundle.content_hash}"),
        quiet=(bundle.content_hash,),
        data=bundle.to_json(),
    )


def schema_command(session: Session) -> Answer:
    """The JSON Schema, the same document in both output forms."""
    from holodeck_tui.models.deployment import schema
    from holodeck_tui.models.overlay import overlay_schema

    document: dict[str, Any] = overlay_schema() if session.given["overlay"] else schema()
    text = tuple(json.dumps(document, indent=2).splitlines())
    return Answer(text=text, quiet=text, data=document)


def doctor_command(session: Session) -> Answer:
    """Every check with what to do; exit code 4 when one fails."""
    from holodeck_tui.pipeline.doctor import examine

    named = session.named_agent or session.agent_path.exists()
    report = examine(
        session.agent_path if named else None,
        scopes=list(session.given["scope"]),
        target=session.given["target"],
        environment=session.given["env"],
        cwd=session.cwd,
        home=session.home,
        ctx=session.ctx,
    )
    lines: list[str] = []
    for check in report.checks:
        lines.append(f"{check.status:4}  {check.name}: {check.detail}")
        if check.remedy:
            lines.append(f"      {check.remedy}")
    bad = tuple(f"{check.name}: {check.detail}" for check in report.checks if check.status == "fail")
    return Answer(
        text=tuple(lines),
        quiet=bad or ("ok",),
        data=report.as_json(),
        exit_code=ExitCode.DONE if report.ok else ExitCode.MISSING,
    )

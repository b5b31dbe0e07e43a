"""``status``, ``list``, ``pause``, ``resume`` and ``chat``: asking about what runs, and it itself."""

from __future__ import annotations

from holodeck_tui.core.values import Status, rfc3339
from holodeck_tui.headless.answer import Answer
from holodeck_tui.headless.session import Session
from holodeck_tui.headless.subject import subject_of
from holodeck_tui.headless.tables import facts, table
from holodeck_tui.pipeline import api


def status_command(session: Session) -> Answer:
    """The judged state; exit code 0 whatever it is."""
    return _status(subject_of(session).status())


def pause_command(session: Session) -> Answer:
    """The state after the pause."""
    return _status(subject_of(session).pause())


def resume_command(session: Session) -> Answer:
    """The state after it serves again."""
    return _status(subject_of(session).resume())


def list_command(session: Session) -> Answer:
    """Every deployment of ours in the scopes; scopes that do not answer are told and listed too."""
    scopes = list(session.given["scope"])
    settings = None if scopes and not session.named_agent else session.optional_settings()
    listing = api.list_deployments(scopes, session.ctx, settings=settings)
    for failure in listing.failures:
        session.ctx.warn(f"{failure.scope}: {failure.error}. {failure.error.remedy}".rstrip())
    rows = [
        (
            status.ref.agent,
            status.ref.environment or "-",
            status.ref.scope,
            status.ref.name,
            status.state or "-",
            status.url or "-",
        )
        for status in listing.deployments
    ]
    head = ("AGENT", "ENVIRONMENT", "SCOPE", "SERVICE", "STATE", "URL")
    return Answer(
        text=tuple(table(head, rows)) if rows else ("No deployments found.",),
        quiet=tuple(status.ref.name for status in listing.deployments),
        data=listing.as_json(),
    )


def chat_command(session: Session) -> Answer:
    """The agent's reply to MESSAGE."""
    reply = subject_of(session).chat(session.given["words"][0])
    return Answer(text=(reply.text,), quiet=(reply.text,), data=reply.as_json())


def _status(status: Status) -> Answer:
    state = status.state or "unknown"
    told = [
        ("Agent", status.ref.agent),
        ("Service", f"{status.ref.name} ({status.ref.scope})"),
        ("State", state + (f": {status.detail}" if status.detail else "")),
    ]
    if status.url:
        told.append(("URL", status.url))
    if status.image_uri:
        told.append(("Image", status.image_uri))
    if status.revision:
        told.append(("Revision", status.revision))
    if status.checked_at:
        told.append(("Checked", rfc3339(status.checked_at)))
    return Answer(text=tuple(facts(told)), quiet=(state,), data=status.as_json())

"""``destroy`` and ``rollback``: what is taken away is asked about first."""

from __future__ import annotations

from shlex import quote

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.headless.answer import Answer
from holodeck_tui.headless.commands.pipeline import told
from holodeck_tui.headless.session import Session
from holodeck_tui.headless.subject import subject_of
from holodeck_tui.headless.tables import facts


def destroy_command(session: Session) -> Answer:
    """``deleted``; what is gone already is success."""
    dry_run = bool(session.given["dry_run"])
    subject = subject_of(session)
    _may_be_answered(session, needed=not dry_run)
    if not dry_run and not session.given["yes"]:
        plan = subject.plan_destroy()
        if plan is not None:
            listed = [f"  - {what}" for what in plan.goes] + [f"  stays: {what}" for what in plan.stays]
            what = [f"This removes {plan.ref.name} ({plan.ref.scope}):", *listed]
            _confirm(session, "\n".join(what), "Remove it?")
    result = subject.destroy(dry_run=dry_run)
    if not result.ok:
        return Answer(exit_code=result.exit_code, result=result)
    if dry_run:
        first = f"{subject.agent}: a dry run, nothing was changed"
        return Answer(text=(first, *(f"  {remark}" for remark in session.remarks)), result=result)
    gone = "deleted" if result.deployment else "nothing was deployed; deleted"
    return Answer(text=(f"{subject.agent}: {gone}",), quiet=("deleted",), result=result)


def rollback_command(session: Session) -> Answer:
    """The URL of the revision gone back to."""
    subject = subject_of(session)
    _may_be_answered(session, needed=True)
    to = session.given["to"]
    if session.ask is not None and not session.given["yes"]:
        known = [
            f"  {'* ' if revision.active else '  '}{revision.name}  {revision.image_uri or ''}".rstrip()
            for revision in subject.revisions()
        ]
        _confirm(
            session,
            "\n".join(["Revisions, newest first (* serves):", *known]),
            f"Go back to {to or 'the one before'}?",
        )
    result = subject.rollback(to)
    if not result.ok:
        return Answer(exit_code=result.exit_code, result=result)
    url = result.deployment.url if result.deployment else None
    return Answer(text=tuple(facts(told(result))), quiet=(url,) if url else (), result=result)


def _may_be_answered(session: Session, *, needed: bool) -> None:
    if needed and not session.given["yes"] and session.ask is None:
        raise DeploymentError(
            "confirmation-needed",
            f"{session.spec.name} was not confirmed; nothing was done.",
            reason="there is no terminal to ask on",
            remedy=_again(session),
        )


def _confirm(session: Session, what: str, question: str) -> None:
    if session.given["yes"] or session.ask is None:
        return
    session.show.close()
    session.streams.tell(session.redactor.clean(what, keep_newlines=True))
    if not session.ask(question):
        raise DeploymentError(
            "confirmation-needed",
            f"{session.spec.name} was not confirmed; nothing was done.",
            reason="the question was answered with no",
            remedy=_again(session),
        )


def _again(session: Session) -> str:
    """The same call with --yes. Without its target it would take away another deployment."""
    given = session.given
    names = ("target", "env", "to", "service")
    named = [f"--{name} {quote(str(given[name]))}" for name in names if given.get(name)]
    named += [f"--scope {quote(scope)}" for scope in given.get("scope") or ()]
    agent = [quote(given["agent"])] if given.get("agent") else []
    return " ".join(["holodeck-deploy-tui", session.spec.name, "--yes", *named, *agent])

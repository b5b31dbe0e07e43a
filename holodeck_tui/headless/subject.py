"""What a command is about: the agent of here, or a deployment that was named by its service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.events import Result
from holodeck_tui.core.values import Status
from holodeck_tui.headless.session import Session
from holodeck_tui.pipeline import api, found

if TYPE_CHECKING:
    from holodeck_tui.config.resolve import Settings
    from holodeck_tui.deployers.base import Destruction, Revision


@dataclass(frozen=True)
class AgentHere:
    """The deployment of the agent file, its target and environment."""

    settings: Settings
    ctx: Context

    @property
    def agent(self) -> str:
        """The agent's name."""
        return self.settings.agent_name

    def status(self) -> Status:
        """The judged state."""
        return api.status(self.settings, self.ctx)

    def pause(self) -> Status:
        """Stop serving."""
        return api.pause(self.settings, self.ctx)

    def resume(self) -> Status:
        """Serve again."""
        return api.resume(self.settings, self.ctx)

    def chat(self, message: str) -> api.ChatReply:
        """Its answer."""
        return api.chat(self.settings, message, self.ctx)

    def logs(self, options: api.LogOptions) -> Result:
        """Its log, as events."""
        return api.logs(self.settings, options, self.ctx)

    def plan_destroy(self) -> Destruction | None:
        """What would go; None where nothing is there."""
        return api.plan_destroy(self.settings, self.ctx)

    def destroy(self, *, dry_run: bool) -> Result:
        """Remove it."""
        return api.destroy(self.settings, self.ctx, dry_run=dry_run)

    def revisions(self) -> Sequence[Revision]:
        """Newest first."""
        return api.revisions(self.settings, self.ctx)

    def rollback(self, to: str | None) -> Result:
        """Go back."""
        return api.rollback(self.settings, self.ctx, to=to)


@dataclass(frozen=True)
class FoundService:
    """A deployment that a listing found; ``own`` are the settings it was made with, where they are here."""

    listed: Status
    own: Settings | None
    ctx: Context

    @property
    def agent(self) -> str:
        """The agent's name."""
        return self.listed.ref.agent

    def status(self) -> Status:
        """The judged state."""
        return found.judge(self.listed.ref, self.ctx)

    def pause(self) -> Status:
        """Stop serving."""
        return found.pause(self.listed.ref, self.ctx, self.own)

    def resume(self) -> Status:
        """Serve again."""
        return found.resume(self.listed.ref, self.ctx, self.own)

    def chat(self, message: str) -> api.ChatReply:
        """Its answer. A listing may not tell the URL."""
        status = self.listed if self.listed.url else self.status()
        return found.chat(status, message, self.ctx, self.own)

    def logs(self, options: api.LogOptions) -> Result:
        """Its log, as events."""
        return found.logs(self.listed.ref, options, self.ctx)

    def plan_destroy(self) -> Destruction | None:
        """What would go."""
        return found.plan_destroy(self.listed.ref, self.ctx)

    def destroy(self, *, dry_run: bool) -> Result:
        """Remove it."""
        return found.destroy(self.listed.ref, self.ctx, self.own, dry_run=dry_run)

    def revisions(self) -> Sequence[Revision]:
        """Newest first."""
        return found.revisions(self.listed.ref, self.ctx)

    def rollback(self, to: str | None) -> Result:
        """Go back."""
        return found.rollback(self.listed.ref, to, self.ctx, self.own)


Subject = AgentHere | FoundService


def subject_of(session: Session) -> Subject:
    """By ``--service`` (and ``--scope``) where given, else by the agent file. Raises ``usage`` too."""
    given = session.given
    name, scopes = given.get("service"), list(given.get("scope") or ())
    if not name:
        if scopes:
            raise DeploymentError(
                "usage",
                "The command line is wrong.",
                reason="--scope says where to look for a --service, and none is named",
                remedy=f"holodeck-deploy-tui list {' '.join(f'--scope {quote(scope)}' for scope in scopes)}",
            )
        return AgentHere(session.settings(), session.ctx)
    listed = found.search(name, scopes, session.ctx, target=given.get("target"), environment=given.get("env"))
    session.agent_name = listed.ref.agent
    own = found.settings_of(listed.ref, session.settings_for) if session.agent_path.exists() else None
    return FoundService(listed, own, session.ctx)

"""What Google's default credentials tell without a call: who they are and their project."""

from __future__ import annotations

from holodeck_tui.core.context import Context
from holodeck_tui.deployers.discovery import Found
from holodeck_tui.deployers.gcp.client import Clients


def _project(credentials: object) -> object:
    return getattr(credentials, "project_id", None) or getattr(credentials, "quota_project_id", None)


def look(ctx: Context) -> Found:
    """Raises what a missing package or login is."""
    credentials = Clients(ctx).credentials()
    who = getattr(credentials, "service_account_email", None) or getattr(credentials, "account", None)
    project = ctx.environ.get("GOOGLE_CLOUD_PROJECT") or _project(credentials)
    choices = {}
    if project:
        choices["project_id"] = (str(project),)
        choices["url"] = (f"us-central1-docker.pkg.dev/{project}",)
    name = str(who) if who and who != "default" else "logged in"
    return Found(f"{name}, project {project}" if project else name, choices)

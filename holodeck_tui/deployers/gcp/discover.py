"""What a Google login sees: who it is, its project, and the Artifact Registry repositories of its region."""

from __future__ import annotations

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.discovery import Found
from holodeck_tui.deployers.gcp.client import LIST_SECONDS, Clients

_PATIENCE = 5.0
# Where Cloud Run's own models begin; gcloud's variables say otherwise.
_REGION = "us-central1"


def look(ctx: Context) -> Found:
    """Raises what a missing package or login is; a list that is refused is left out and told."""
    clients = Clients(ctx)
    credentials = None if clients.is_local("ARTIFACTREGISTRY") else clients.credentials()
    who = getattr(credentials, "service_account_email", None) or getattr(credentials, "account", None)
    name = str(who) if who and who != "default" else "logged in"
    project = _said(ctx, "GOOGLE_CLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT") or _project(credentials)
    region = _said(ctx, "CLOUDSDK_RUN_REGION", "CLOUDSDK_COMPUTE_REGION") or _REGION
    if not project:
        return Found(name)
    choices: dict[str, tuple[str, ...]] = {
        "project_id": (project,),
        "region": (region,),
        "url": (f"{region}-docker.pkg.dev/{project}",),
    }
    try:
        choices["repository"] = _repositories(clients, project, region)
    except DeploymentError as error:
        return Found(f"{name}, project {project}", choices, error)
    return Found(f"{name}, project {project}", choices)


def _repositories(clients: Clients, project: str, region: str) -> tuple[str, ...]:
    """The ids of those that hold container images."""
    found = clients.all(
        "Listing the repositories of Artifact Registry",
        clients.artifacts.list_repositories,
        {"parent": f"projects/{project}/locations/{region}"},
        seconds=LIST_SECONDS,
        patience=_PATIENCE,
    )
    return tuple(sorted(one.name.rpartition("/")[2] for one in found if one.format_.name == "DOCKER"))


def _said(ctx: Context, *names: str) -> str:
    return next((ctx.environ[name] for name in names if ctx.environ.get(name)), "")


def _project(credentials: object) -> str:
    found = getattr(credentials, "project_id", None) or getattr(credentials, "quota_project_id", None)
    return str(found or "")

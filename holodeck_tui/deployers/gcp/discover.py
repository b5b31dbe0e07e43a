"""What a Google login sees: who it is, its project, and its Artifact Registry repositories everywhere."""

from __future__ import annotations

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.core.threads import in_threads
from holodeck_tui.deployers.gcp.client import LIST_SECONDS, Clients
from holodeck_tui.deployers.gcp.gcloud import read_gcloud
from holodeck_tui.deployers.gcp.login import identity
from holodeck_tui.deployers.looking import Looking, SeenRegistry

_PATIENCE = 5.0
# Where Cloud Run's own models begin; gcloud's settings say otherwise.
_REGION = "us-central1"
# Artifact Registry has some forty locations, and no question about all of them at once.
_AT_ONCE = 12


def look(ctx: Context, looking: Looking) -> None:
    """Raises what a missing package or login is; a list that is refused is left out and told."""
    looking.doing = "the login to Google Cloud"
    gcloud = read_gcloud(ctx.environ)
    clients = Clients(ctx)
    credentials = None if clients.is_local("ARTIFACTREGISTRY") else clients.credentials()
    name = identity(credentials, gcloud)
    project = gcloud.project or _project(credentials)
    region = gcloud.region or _REGION
    looking.identity = name
    if not project:
        return
    looking.identity = f"{name}, project {project}"
    looking.choices.update(project_id=(project,), region=(region,))
    looking.registries = (SeenRegistry(_url(region, project), None, region),)
    with looking.asking("the repositories of Artifact Registry"):
        # The region of gcloud first: what it says is wanted even where the others are refused.
        here = _repositories(clients, project, region)
        looking.registries = (SeenRegistry(_url(region, project), here, region),)
        found = _elsewhere(clients, project, region, looking)
        looking.registries += tuple(
            SeenRegistry(_url(place, project), names, place) for place, names in found.items() if names
        )
        # Artifact Registry also has places of many regions (us, europe), where no service can run.
        places = [one.region for one in looking.registries if any(sign.isdigit() for sign in one.region)]
        looking.choices["region"] = tuple(dict.fromkeys((region, *places)))


def _url(region: str, project: str) -> str:
    return f"{region}-docker.pkg.dev/{project}"


def _elsewhere(clients: Clients, project: str, without: str, looking: Looking) -> dict[str, tuple[str, ...]]:
    """The repositories of every other location, by its name; one that refuses does not hide the others."""
    answer = clients.call(
        "Listing the locations of Artifact Registry",
        clients.artifacts.list_locations,
        {"name": f"projects/{project}", "page_size": 1000},
        seconds=LIST_SECONDS,
        patience=_PATIENCE,
    )
    places = sorted(one.location_id for one in answer.locations if one.location_id != without)

    def ask(place: str) -> tuple[str, ...]:
        try:
            return _repositories(clients, project, place)
        except Cancelled:
            raise
        except DeploymentError as error:
            looking.refused(error)
            return ()

    found = in_threads(ask, places, at_once=_AT_ONCE, name="locations")
    return dict(zip(places, found, strict=True))


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


def _project(credentials: object) -> str:
    found = getattr(credentials, "project_id", None) or getattr(credentials, "quota_project_id", None)
    return str(found or "")

"""Artifact Registry: whether Cloud Run can pull from a registry, logging in to it, its repositories."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from holodeck_tui.core.cancel import Deadline
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.gcp.client import Clients
from holodeck_tui.deployers.gcp.errors import is_not_found
from holodeck_tui.deployers.gcp.names import MANAGED_BY, OURS, block_of
from holodeck_tui.image.credential import Credential

if TYPE_CHECKING:
    from holodeck_tui.config.resolve import Settings
    from holodeck_tui.models.registry import RegistryConfig

_ARTIFACTS = re.compile(r"([a-z0-9-]+)-docker\.pkg\.dev")
_OLD = re.compile(r"(?:[a-z]+\.)?gcr\.io")
_HUB = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io"})
_SECONDS = 120.0


class GoogleRegistry:
    """Logs in to Artifact Registry with the credentials that Cloud Run is called with."""

    def __init__(self, clients_of: Clients | None = None) -> None:
        self._clients = clients_of

    def credential(self, host: str, ctx: Context) -> Credential | None:
        """A login that lives for an hour at most, asked for anew by each operation."""
        if not is_google(host):
            return None
        clients = self._clients or Clients(ctx)
        credentials = clients.credentials()
        return Credential("oauth2accesstoken", str(credentials.token), origin="Google's own login")


def is_google(host: str) -> bool:
    """Whether ``host`` is a registry of Google's."""
    return bool(_ARTIFACTS.fullmatch(host) or _OLD.fullmatch(host))


def check_pullable(settings: Settings, ctx: Context) -> None:
    """Refuse, before anything is built, what Cloud Run cannot pull. Raises ``registry-unpullable``."""
    registry = settings.registry
    if registry is None:
        return
    if is_google(registry.host):
        if _ARTIFACTS.fullmatch(registry.host) and len(_path(registry)) < 3:
            raise _refused(
                settings,
                f"{registry.image_name} names no repository of Artifact Registry",
                "its images are named PROJECT/REPOSITORY/IMAGE",
            )
        return
    if registry.host in _HUB:
        ctx.warn("Cloud Run pulls from Docker Hub without a login: the image must be public there.")
        return
    raise _refused(
        settings,
        f"Cloud Run cannot pull from {registry.host}",
        "it pulls from Artifact Registry, and public images from Docker Hub",
    )


def repository_name(registry: RegistryConfig) -> str | None:
    """The resource name of the repository; None where it is not one of Artifact Registry."""
    match = _ARTIFACTS.fullmatch(registry.host)
    path = _path(registry)
    if match is None or len(path) < 3:
        return None
    return f"projects/{path[0]}/locations/{match[1]}/repositories/{path[1]}"


def find_repository(clients: Clients, name: str) -> bool:
    """Whether it is there."""
    client = clients.artifacts

    def get(**options: object) -> bool:
        try:
            client.get_repository(**options)  # type: ignore[arg-type]
        except Exception as error:
            if is_not_found(error):
                return False
            raise
        return True

    return clients.call("Looking the repository up in Artifact Registry", get, {"name": name})


def create_repository(clients: Clients, settings: Settings, ctx: Context) -> bool:
    """Make the repository that the settings name; False where it is there or is not Google's."""
    name = repository_name(settings.registry) if settings.registry is not None else None
    if name is None or find_repository(clients, name):
        return False
    from google.api_core.exceptions import AlreadyExists

    parent, _, identity = name.rpartition("/repositories/")
    client = clients.artifacts

    def create(**options: object) -> str | None:
        try:
            return str(client.create_repository(**options).operation.name)  # type: ignore[arg-type]
        except AlreadyExists:
            return None

    request = {
        "parent": parent,
        "repository_id": identity,
        "repository": {"format_": "DOCKER", "description": "Agents", "labels": {MANAGED_BY: OURS}},
    }
    operation = clients.call(f"Making the repository {identity} in Artifact Registry", create, request)
    if operation is None:
        return False
    deadline = Deadline(_SECONDS, f"the repository {identity}")
    while True:
        found = clients.call("Asking about the repository", client.get_operation, {"name": operation})
        if found.done:
            break
        deadline.check()
        ctx.cancel.sleep(0.5)
    if found.HasField("error"):
        raise DeploymentError(
            "push-failed",
            f"Artifact Registry did not make the repository {identity}.",
            reason=ctx.redactor.clean(found.error.message),
            remedy=f"gcloud artifacts repositories create {identity} --repository-format docker "
            f"--location {parent.rpartition('/')[2]} --project {parent.split('/')[1]}",
        )
    return True


def _path(registry: RegistryConfig) -> list[str]:
    return registry.image_name.split("/")[1:]


def _refused(settings: Settings, message: str, reason: str) -> DeploymentError:
    block = block_of(settings)
    image = settings.registry.repository.rpartition("/")[2] if settings.registry is not None else "agent"
    return DeploymentError(
        "registry-unpullable",
        f"{message}.",
        reason=reason,
        remedy=f"holodeck-deploy-tui set deployment.registry.url={block.region}-docker.pkg.dev "
        f"deployment.registry.repository={block.project_id}/holodeck/{image}  "
        "(then deploy with --create, which makes the repository)",
    )

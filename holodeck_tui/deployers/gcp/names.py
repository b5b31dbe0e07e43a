"""Names and labels that Google Cloud accepts: stable, and different for different agents."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from holodeck_tui.core.errors import DeploymentError

if TYPE_CHECKING:
    from holodeck_tui.config.resolve import Settings
    from holodeck_tui.models.gcp import GCPCloudRunConfig

# CreateServiceRequest.service_id: fewer than 50 characters, a letter first, no hyphen at the end.
_LONGEST = 49
_PREFIX = "holodeck-"
# Label values: at most 63 lower-case letters, digits, - and _.
_LONGEST_LABEL = 63

MANAGED_BY = "managed-by"
OURS = "holodeck"
SERVICE_LABEL = "holodeck-service"
# Annotations hold the texts that labels have no room for, exactly as they are.
AGENT_NOTE = "holodeck-agent"
ENVIRONMENT_NOTE = "holodeck-environment"
IMAGE_NOTE = "holodeck-image"
DEPLOY_NOTE = "holodeck-deploy"
ATTEMPT_NOTE = "holodeck-attempt"


@dataclass(frozen=True)
class Place:
    """A project and a location (a region) in it."""

    project: str
    location: str

    @property
    def scope(self) -> str:
        """``gcp:PROJECT/LOCATION``."""
        return f"gcp:{self.project}/{self.location}"

    @property
    def parent(self) -> str:
        """``projects/PROJECT/locations/LOCATION``."""
        return f"projects/{self.project}/locations/{self.location}"

    def service(self, name: str) -> str:
        """The full resource name of the service ``name``."""
        return f"{self.parent}/services/{name}"


def place_of(settings: Settings) -> Place:
    """Where the settings deploy to."""
    block = block_of(settings)
    return Place(block.project_id, block.region)


def block_of(settings: Settings) -> GCPCloudRunConfig:
    """``deployment.target.gcp``. Raises ``config-invalid`` where the section is for another cloud."""
    block = settings.deployment.target.gcp if settings.deployment is not None else None
    if block is None:
        raise DeploymentError(
            "config-invalid",
            "There is no configuration for Google Cloud Run.",
            reason="deployment.target.gcp is not set",
            remedy="holodeck-deploy-tui set deployment.target.gcp.project_id=PROJECT",
        )
    return block


def place_of_scope(scope: str) -> Place:
    """The place in ``gcp:PROJECT/LOCATION``."""
    project, _, location = scope.partition(":")[2].partition("/")
    return Place(project, location)


def place_of_name(name: str) -> Place:
    """The place in ``projects/PROJECT/locations/LOCATION/…``."""
    parts = name.split("/")
    return Place(parts[1], parts[3])


def service_name(agent: str, environment: str | None) -> str:
    """``holodeck-<agent>`` or ``holodeck-<agent>--<environment>``, at most 49 characters.

    Where a name had to be changed to fit, a hash of it follows, so that ``My Agent`` and ``my-agent``
    stay two services. ``--`` never comes out of a name itself.
    """
    name = "--".join([_slug(agent), *([_slug(environment)] if environment else [])])
    if len(name) > _LONGEST - len(_PREFIX):
        name = f"{name[: _LONGEST - len(_PREFIX) - 9].rstrip('-')}-{_hash(name)}"
    return f"{_PREFIX}{name}"


def secret_id(service: str, variable: str) -> str:
    """The id in Secret Manager of the value that ``variable`` of ``service`` gets."""
    return f"{service}-{variable}"


def label(value: str) -> str:
    """``value`` if it may be a label's value, else its nearest one with a hash of it."""
    plain = re.sub(r"[^a-z0-9_-]+", "-", value.lower())
    if plain == value and len(plain) <= _LONGEST_LABEL:
        return plain
    return f"{plain[: _LONGEST_LABEL - 9].strip('-')}-{_hash(value)}".lstrip("-")


def labels(tags: Mapping[str, str], service: str) -> dict[str, str]:
    """What everything we make for ``service`` carries: ``managed-by`` and our facts about it."""
    found = {MANAGED_BY: OURS, SERVICE_LABEL: service}
    for key, value in tags.items():
        if key == "content-hash":
            # 64 hexadecimal digits are one too many for a label.
            found["holodeck-content-hash"] = value[:32]
        elif key != MANAGED_BY:
            found[f"holodeck-{key}"] = label(value)
    return found


def short(resource: str) -> str:
    """The last part of a resource name: the service's, revision's or operation's own."""
    return resource.rpartition("/")[2]


def _slug(text: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return plain if plain == text and plain else f"{plain}-{_hash(text)}".lstrip("-")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]

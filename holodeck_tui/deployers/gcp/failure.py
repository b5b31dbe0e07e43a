"""Why a new revision did not come up, as one error with a remedy."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.gcp.changes import traffic
from holodeck_tui.deployers.gcp.names import place_of_name, short
from holodeck_tui.deployers.gcp.status import failed_condition, reason_word, why

if TYPE_CHECKING:
    from google.cloud.run_v2 import Service

_LOGS = "holodeck-deploy-tui logs --tail 200"
_PULL = (
    "gcloud projects add-iam-policy-binding {project} --role roles/artifactregistry.reader --member "
    "serviceAccount:service-PROJECT_NUMBER@serverless-robot-prod.iam.gserviceaccount.com"
)
_READ = (
    "gcloud projects add-iam-policy-binding {project} --role roles/secretmanager.secretAccessor --member "
    "serviceAccount:ACCOUNT_OF_THE_SERVICE"
)
# Condition.CommonReason and Condition.RevisionReason -> code, remedy.
_REASONS: dict[str, tuple[str, str]] = {
    "CONTAINER_MISSING": ("image-pull", "holodeck-deploy-tui push"),
    "CONTAINER_PERMISSION_DENIED": ("image-pull", _PULL),
    "CONTAINER_IMAGE_UNAUTHORIZED": ("image-pull", _PULL),
    "CONTAINER_IMAGE_AUTHORIZATION_CHECK_FAILED": ("image-pull", _PULL),
    "SECRETS_ACCESS_CHECK_FAILED": ("permission-denied", _READ),
    "HEALTH_CHECK_CONTAINER_ERROR": ("unhealthy", _LOGS),
    "PROGRESS_DEADLINE_EXCEEDED": ("unhealthy", _LOGS),
    "MIN_INSTANCES_NOT_PROVISIONED": (
        "quota",
        "holodeck-deploy-tui set deployment.target.gcp.min_instances=0",
    ),
    "ACTIVE_REVISION_LIMIT_REACHED": ("quota", "Remove revisions that are not needed any more."),
}
_STARTING = re.compile(r"failed to start and(?: then)? listen on the port|health check", re.IGNORECASE)
_GONE_IMAGE = re.compile(r"image.+not found|manifest unknown", re.IGNORECASE)


def failure(service: Service, said: str, lines: Sequence[str], ctx: Context) -> DeploymentError:
    """``said`` is the operation's own error, ``lines`` the end of the revision's log."""
    condition = failed_condition(service)
    word = reason_word(condition) if condition is not None else ""
    reason = why(service) if condition is not None else said or "Cloud Run gives no reason"
    code, remedy = _REASONS.get(word, ("", ""))
    if not code and _STARTING.search(f"{reason} {said}"):
        code, remedy = "unhealthy", _LOGS
    if not code and _GONE_IMAGE.search(f"{reason} {said}"):
        code, remedy = _REASONS["CONTAINER_MISSING"]
    created, ready = short(service.latest_created_revision), short(service.latest_ready_revision)
    details = [*lines]
    if ready and ready != created:
        pinned = "latest" not in traffic(service)
        details.append(
            f"The revision before it, {ready}, still serves." if not pinned else "The traffic is as before."
        )
    project = place_of_name(service.name).project
    return DeploymentError(
        code or "deploy-failed",
        f"Cloud Run did not bring up {created or short(service.name)}.",
        reason=ctx.redactor.clean(reason),
        remedy=(remedy or _LOGS).format(project=project),
        details=[ctx.redactor.clean(line) for line in details],
    )

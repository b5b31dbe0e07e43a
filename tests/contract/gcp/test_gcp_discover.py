"""What setup finds out of a Google project: Artifact Registry by the real SDK over gRPC."""

from __future__ import annotations

import pytest
from google.cloud import artifactregistry_v1 as artifacts

from holodeck_tui.core.context import Context
from holodeck_tui.deployers.discovery import discover
from holodeck_tui.ui.setting_up import wanted
from tests.contract.gcp.agents import PROJECT
from tests.contract.gcp.server import Cloud

pytestmark = pytest.mark.contract


def _put(google: Cloud, region: str, name: str, form: str) -> None:
    full = f"projects/{PROJECT}/locations/{region}/repositories/{name}"
    google.world.repositories[full] = artifacts.Repository(name=full, format_=form)


def test_the_project_its_region_and_the_repositories_that_hold_images(google: Cloud) -> None:
    for region, name, form in (
        ("europe-west1", "team", "DOCKER"),
        ("europe-west1", "wheels", "PYTHON"),
        ("us-central1", "elsewhere", "DOCKER"),
    ):
        _put(google, region, name, form)
    environ = {**google.environ, "GOOGLE_CLOUD_PROJECT": PROJECT, "CLOUDSDK_RUN_REGION": "europe-west1"}
    found = discover("gcp", Context(environ=environ))
    assert found.error is None
    assert PROJECT in found.identity
    assert dict(found.choices) == {
        "project_id": (PROJECT,),
        "region": ("europe-west1",),
        "url": (f"europe-west1-docker.pkg.dev/{PROJECT}",),
        "repository": ("team",),
    }
    proposed = {one.path[-1]: one.proposal for one in wanted("gcp", "Ticket Routing", found.choices)}
    assert proposed["repository"] == "team/ticket-routing"
    assert proposed["project_id"] == PROJECT


def test_a_list_that_is_refused_leaves_what_is_known(google: Cloud) -> None:
    google.world.control(
        {"fail": {"method": "ListRepositories", "code": "PERMISSION_DENIED", "message": "no"}}
    )
    found = discover("gcp", Context(environ={**google.environ, "GOOGLE_CLOUD_PROJECT": PROJECT}))
    assert found.choices["project_id"] == (PROJECT,)
    assert "repository" not in found.choices
    assert found.error is not None
    assert found.error.code == "permission-denied"

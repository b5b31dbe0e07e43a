"""What setup finds out of a Google project: Artifact Registry by the real SDK over gRPC."""

from __future__ import annotations

from pathlib import Path

import pytest
from google.cloud import artifactregistry_v1 as artifacts

from holodeck_tui.core.context import Context
from holodeck_tui.deployers.discovery import discover
from tests.contract.gcp.agents import PROJECT
from tests.contract.gcp.server import Cloud

pytestmark = pytest.mark.contract


def _put(google: Cloud, region: str, name: str, form: str) -> None:
    full = f"projects/{PROJECT}/locations/{region}/repositories/{name}"
    google.world.repositories[full] = artifacts.Repository(name=full, format_=form)


def test_the_project_and_the_repositories_of_images_in_every_region(google: Cloud) -> None:
    for region, name, form in (
        ("europe-west1", "team", "DOCKER"),
        ("europe-west1", "wheels", "PYTHON"),
        ("us-central1", "elsewhere", "DOCKER"),
        ("us", "everywhere", "DOCKER"),
    ):
        _put(google, region, name, form)
    environ = {**google.environ, "GOOGLE_CLOUD_PROJECT": PROJECT, "CLOUDSDK_RUN_REGION": "europe-west1"}
    found = discover("gcp", Context(environ=environ))
    assert found.error is None
    assert PROJECT in found.identity
    assert dict(found.choices) == {"project_id": (PROJECT,), "region": ("europe-west1", "us-central1")}
    assert [(one.url, one.repositories) for one in found.registries] == [
        (f"europe-west1-docker.pkg.dev/{PROJECT}", ("team",)),
        (f"us-docker.pkg.dev/{PROJECT}", ("everywhere",)),
        (f"us-central1-docker.pkg.dev/{PROJECT}", ("elsewhere",)),
    ]


@pytest.mark.parametrize("settings", ["variables", "files"])
def test_project_and_region_are_gclouds(google: Cloud, settings: str, tmp_path: Path) -> None:
    environ = {**google.environ, "HOME": str(tmp_path), "CLOUDSDK_CONFIG": str(tmp_path)}
    if settings == "variables":
        environ.update(CLOUDSDK_CORE_PROJECT=PROJECT, CLOUDSDK_COMPUTE_REGION="us-east4")
    else:
        (tmp_path / "configurations").mkdir()
        (tmp_path / "active_config").write_text("work")
        text = f"[core]\nproject = {PROJECT}\n[compute]\nregion = us-east4\n"
        (tmp_path / "configurations" / "config_work").write_text(text)
    found = discover("gcp", Context(environ=environ))
    assert found.choices["project_id"] == (PROJECT,)
    assert found.choices["region"][0] == "us-east4"
    assert found.registries[0].repositories == ()


def test_a_list_that_is_refused_leaves_what_is_known(google: Cloud) -> None:
    google.world.control(
        {"fail": {"method": "ListRepositories", "code": "PERMISSION_DENIED", "message": "no"}}
    )
    found = discover("gcp", Context(environ={**google.environ, "GOOGLE_CLOUD_PROJECT": PROJECT}))
    assert found.choices["project_id"] == (PROJECT,)
    assert [one.repositories for one in found.registries] == [None]
    assert found.error is not None
    assert found.error.code == "permission-denied"


def test_without_the_list_of_regions_gclouds_own_is_left(google: Cloud) -> None:
    for region in ("us-central1", "us-east4"):
        _put(google, region, "team", "DOCKER")
    environ = {**google.environ, "GOOGLE_CLOUD_PROJECT": PROJECT}
    with_all = discover("gcp", Context(environ=environ))
    assert len(with_all.registries) == 2
    google.world.control({"fail": {"method": "ListLocations", "code": "PERMISSION_DENIED", "message": "no"}})
    found = discover("gcp", Context(environ=environ))
    assert [one.region for one in found.registries] == ["us-central1"]
    assert found.registries[0].repositories == ("team",)
    assert found.error is not None

"""Targets that an installed third party brings are as good as ours, in every file and on the command line."""

from __future__ import annotations

import pytest

from tests.unit.config.support import AGENT

pytestmark = pytest.mark.unit

CLOUD = (
    "deployment:\n"
    "  registry: {url: ghcr.io, repository: team/shop}\n"
    "  target: {provider: gcp, gcp: {project_id: my-project-1}}\n"
)


@pytest.fixture
def acme(tmp_path_factory, monkeypatch) -> None:
    """An installed distribution that names a deployer ``acme``; it is not loaded to know the name."""
    site = tmp_path_factory.mktemp("site")
    facts = site / "acme_target-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-target\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[holodeck_tui.deployers]\nacme = acme_target:NotImported\n")
    monkeypatch.syspath_prepend(str(site))


def test_it_may_stand_on_the_command_line_and_in_deploy_yaml(project, acme):
    assert project.load(target="acme").target == "acme"
    project.write("deploy.yaml", "target: acme\nenvironments: {here: {target: local}}\n")
    assert project.load().target == "acme"
    assert project.load(environment="here").target == "local"


def test_a_section_written_for_a_cloud_serves_its_registry(project, acme):
    project.write("agent.yaml", AGENT + CLOUD)
    settings = project.load(target="acme")
    assert settings.registry is not None
    assert settings.registry.host == "ghcr.io"
    assert settings.target == "acme"


def test_a_name_that_nobody_brings_is_told_with_those_that_are_there(project, acme):
    project.write("deploy.yaml", "target: acne\n")
    error = project.refused()
    assert error.code == "config-invalid"
    said = "must be one of local, aws, gcp, azure, acme; did you mean `acme`?"
    assert error.details == (f"deploy.yaml:1:9: target: {said}",)
    assert [problem.message for problem in project.errors()] == [said]
    refused = project.refused(target="mars")
    assert refused.code == "usage"
    assert "acme" in refused.reason


def test_without_its_distribution_it_is_unknown(project):
    assert project.refused(target="acme").code == "usage"

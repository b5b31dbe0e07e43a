"""What must work with nothing: no engine, no credentials, no vendor's package, nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.contract.conftest import AGENT, Project

pytestmark = pytest.mark.integration

BLOCKS = {
    "aws": ("public.ecr.aws", "{provider: aws, aws: {region: us-east-1}}"),
    "gcp": ("us-central1-docker.pkg.dev", "{provider: gcp, gcp: {project_id: my-project-1}}"),
    "azure": (
        "ghcr.io",
        (
            "{provider: azure, azure: {subscription_id: 11111111-2222-3333-4444-555555555555, "
            "resource_group: rg, environment_name: env}}"
        ),
    ),
}
# Nobody listens there, and no vendor's package can be imported.
NOTHING = {"DOCKER_HOST": "unix:///nonexistent/docker.sock"}
BLOCKER = """\
import sys


class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"boto3", "botocore", "azure", "grpc", "msrest"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        if name == "google" or name.startswith(("google.cloud", "google.api_core", "google.auth")):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


sys.meta_path.insert(0, Blocked())
"""


@pytest.fixture
def bare(project: Project, tmp_path: Path) -> Project:
    """Calls run in a Python in which no SDK of a vendor can be imported."""
    site = tmp_path / "blocked"
    site.mkdir()
    (site / "sitecustomize.py").write_text(BLOCKER)
    project.environ.update(NOTHING, PYTHONPATH=str(site), AWS_EC2_METADATA_DISABLED="true")
    return project


def section(project: Project, provider: str) -> None:
    host, target = BLOCKS[provider]
    repository = "my-project-1/agents/helper" if provider == "gcp" else "team/helper"
    project.write(
        "agent.yaml",
        AGENT.format(name=project.name)
        + f"deployment:\n  registry: {{url: {host}, repository: {repository}}}\n  target: {target}\n",
    )


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("provider", [*BLOCKS, "local"])
def test_dry_runs_plan_and_destroy_need_nothing(bare: Project, provider: str) -> None:
    if provider in BLOCKS:
        section(bare, provider)
    before = files(bare.folder)
    for command, steps in (
        ("deploy", ["bundle", "build", "push", "run", "verify"]),
        ("build", ["bundle", "build"]),
        ("push", ["push"]),
        ("run", ["bundle", "run", "verify"]),
    ):
        ended = bare.call(command, "--dry-run", "--target", provider, "--output", "json")
        assert ended.code == 0, ended.err
        assert [line["step"] for line in ended.lines if line["event"] == "step.finished"] == steps
        assert ended.result["ok"] is True
    told = bare.call("deploy", "--dry-run", "--target", provider)
    assert told.out.startswith(f"{bare.name}: a dry run, nothing was changed\n  bundle")
    gone = bare.call("destroy", "--dry-run", "--target", provider, "--output", "json")
    assert gone.code == 0, gone.err
    plan = bare.call("plan", "--target", provider, "--output", "json", "--exit-code")
    assert plan.code == 10, plan.err
    assert set(plan.document) == {"agent", "source", "up_to_date", "steps", "changes"}
    if provider != "local":
        assert plan.document["source"] == "record"
    assert files(bare.folder) == before


def test_a_deploy_without_the_vendors_package_names_the_extra(bare: Project) -> None:
    section(bare, "aws")
    ended = bare.call("status", "--output", "json")
    assert ended.code == 4, ended.out
    assert ended.document["error"]["code"] == "sdk-missing"
    assert "holodeck-deploy-tui[aws]" in ended.document["error"]["remedy"]


def test_missing_variables_are_warnings_of_a_dry_run_and_errors_of_a_run(acme: Project) -> None:
    text = AGENT.format(name=acme.name) + "description: asks ${CONTRACT_GONE}\n"
    acme.write("agent.yaml", text)
    dry = acme.call("--no-ui", "--target", "acme", "--dry-run", env=NOTHING)
    assert dry.code == 0, dry.err
    assert "CONTRACT_GONE" in dry.err
    real = acme.call("--no-ui", "--target", "acme", "--output", "json", env=NOTHING)
    assert (real.code, real.result["error"]["code"]) == (2, "variable-missing")
    assert [line["event"] for line in real.lines][-2:] == ["step.failed", "result"]


def test_a_quiet_rehearsal_says_nothing_but_its_result(bare: Project) -> None:
    ended = bare.call("--no-ui", "--target", "local", "--dry-run", "--output", "json", "-q")
    assert [line["event"] for line in ended.lines] == ["result"]
    assert ended.err == ""

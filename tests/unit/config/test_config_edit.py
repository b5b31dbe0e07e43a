"""set, unset and init: valid or not at all, and what changed."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest

from holodeck_tui.config.document import Document
from holodeck_tui.config.edit import Surroundings, init_section, set_values, unset_values
from holodeck_tui.core.errors import DeploymentError

pytestmark = pytest.mark.unit

AGENT = """\
# My agent
name: My Agent
model:
  provider: openai
  name: gpt-4o  # cheap
instructions: {inline: "hi"}
"""
SECTION = """\
deployment:
  registry: {url: ghcr.io, repository: team/agent}
  target:
    provider: gcp
    gcp:
      project_id: my-project  # ours
"""


@pytest.fixture
def agent(tmp_path: Path) -> Path:
    path = tmp_path / "project" / "agent.yaml"
    path.parent.mkdir()
    path.write_text(AGENT)
    return path


@pytest.fixture
def around(tmp_path: Path) -> Surroundings:
    return Surroundings({}, tmp_path, tmp_path)


def shown(changes):
    return [(change.path, change.before, change.after) for change in changes]


def refused(call) -> DeploymentError:
    with pytest.raises(DeploymentError) as caught:
        call()
    return caught.value


def test_set_says_what_changed_and_keeps_the_rest(agent, around):
    agent.write_text(AGENT + SECTION)
    changes = set_values(agent, ["deployment.port=8081", "deployment.environment.A=1"], around=around)
    assert shown(changes) == [("deployment.port", None, 8081), ("deployment.environment.A", None, "1")]
    assert agent.read_text() == AGENT + SECTION + '  port: 8081\n  environment:\n    A: "1"\n'
    assert shown(set_values(agent, ["deployment.port=8082"], around=around)) == [
        ("deployment.port", 8081, 8082)
    ]
    assert set_values(agent, ["deployment.port=8082"], around=around) == []


def test_set_then_unset_restores_the_bytes(agent, around):
    agent.write_text(AGENT + SECTION)
    words = ["deployment.environment.A.b=1"]
    assert refused(lambda: set_values(agent, words, around=around)).code == "config-invalid"
    set_values(agent, ["deployment.environment.A=1", "deployment.port=80"], around=around)
    changes = unset_values(agent, ["deployment.environment.A", "deployment.port"], around=around)
    assert shown(changes) == [("deployment.environment.A", "1", None), ("deployment.port", 80, None)]
    assert agent.read_text() == AGENT + SECTION


def test_an_invalid_result_is_refused_with_all_problems_and_nothing_is_written(agent, around):
    agent.write_text(AGENT + SECTION)
    before = agent.stat()
    error = refused(
        lambda: set_values(
            agent,
            ["deployment.port=99999", "deployment.prot=rest", "deployment.registry.url=https://ghcr.io"],
            around=around,
        )
    )
    assert (error.code, error.exit_code) == ("config-invalid", 2)
    assert len(error.details) == 3
    assert all(line.startswith("agent.yaml:") for line in error.details)
    assert agent.read_text() == AGENT + SECTION
    assert agent.stat().st_ino == before.st_ino
    assert os.listdir(agent.parent) == ["agent.yaml"]


def test_half_a_section_is_neither_begun_nor_left(agent, around):
    error = refused(lambda: set_values(agent, ["deployment.port=80"], around=around))
    assert error.code == "config-invalid"
    assert any("registry" in line for line in error.details)
    (agent.parent / "deploy.yaml").write_text("target: local\n")
    assert refused(lambda: set_values(agent, ["deployment.port=80"], around=around)).code == "config-invalid"
    assert agent.read_text() == AGENT
    agent.write_text(AGENT + SECTION)
    assert (
        refused(lambda: unset_values(agent, ["deployment.registry.url"], around=around)).code
        == "config-invalid"
    )
    assert refused(lambda: unset_values(agent, ["deployment.target"], around=around)).code == "config-invalid"
    assert agent.read_text() == AGENT + SECTION


def test_what_config_yaml_has_need_not_stand_in_agent_yaml(agent, around):
    (agent.parent / "config.yaml").write_text(SECTION)
    set_values(agent, ["deployment.port=80"], around=around)
    assert agent.read_text() == AGENT + "deployment:\n  port: 80\n"


def test_an_edit_that_breaks_another_file_is_refused(agent, around):
    agent.write_text(AGENT + SECTION)
    overlay = agent.parent / "deploy.yaml"
    overlay.write_text("environments:\n  staging: {deployment: {target: {gcp: {cpu: 4, memory: 2Gi}}}}\n")
    error = refused(lambda: set_values(agent, ["deployment.target.gcp.memory=64Gi"], around=around))
    assert error.code == "config-invalid"


def test_a_mistake_elsewhere_does_not_stop_an_edit(agent, around):
    agent.write_text(AGENT + SECTION)
    (agent.parent / "deploy.yaml").write_text("imaeg: {}\n")
    assert set_values(agent, ["deployment.port=80"], around=around)


def test_a_reference_needs_no_value_and_a_secret_is_not_shown(agent, around):
    agent.write_text(AGENT + SECTION)
    words = ["deployment.registry.repository=${REPO}", "deployment.environment.DB_PASSWORD=hunter2"]
    changes = set_values(agent, words, around=around)
    assert shown(changes) == [
        ("deployment.registry.repository", "team/agent", "${REPO}"),
        ("deployment.environment.DB_PASSWORD", None, "***"),
    ]


def test_unset_of_what_is_not_there_names_what_is(agent, around):
    agent.write_text(AGENT + SECTION)
    error = refused(lambda: unset_values(agent, ["deployment.registry.urll"], around=around))
    assert error.code == "usage"
    assert "deployment.registry.url" in error.remedy


def test_several_keys_are_all_or_nothing(agent, around):
    agent.write_text(AGENT + SECTION)
    assert (
        refused(lambda: set_values(agent, ["deployment.port=80", "deployment.port.x=1"], around=around)).code
        == "edit-impossible"
    )
    assert agent.read_text() == AGENT + SECTION


def test_broken_and_missing_files(agent, around):
    agent.write_text("a: b: c\n")
    error = refused(lambda: set_values(agent, ["a=1"], around=around))
    assert (error.code, error.exit_code) == ("yaml-syntax", 2)
    assert "line 1, column 5" in error.reason
    missing = agent.parent / "none.yaml"
    assert refused(lambda: set_values(missing, ["a=1"], around=around)).code == "agent-not-found"
    assert refused(lambda: set_values(agent.parent, ["a=1"], around=around)).code == "agent-not-found"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everything")
def test_a_read_only_file_is_respected(agent, around):
    agent.write_text(AGENT + SECTION)
    agent.chmod(0o444)
    assert refused(lambda: set_values(agent, ["deployment.port=80"], around=around)).code == "file-unwritable"


AWS = """\
  registry:
    url: 123456789012.dkr.ecr.eu-west-1.amazonaws.com
    repository: my-agent
  target:
    provider: aws
    aws:
      region: eu-west-1
"""
GCP = """\
  registry:
    url: europe-west1-docker.pkg.dev
    repository: my-project/agents/one
  target:
    provider: gcp
    gcp:
      project_id: my-project
      region: europe-west1
"""
AZURE = """\
  registry:
    url: mine.azurecr.io
    repository: my-agent
    tag_strategy: git_sha
  target:
    provider: azure
    azure:
      subscription_id: 00000000-0000-0000-0000-000000000001
      resource_group: agents
"""
INIT = {
    "aws": (["aws", "123456789012.dkr.ecr.eu-west-1.amazonaws.com", None], [], AWS),
    "gcp, from the registry alone": ([None, "europe-west1-docker.pkg.dev", "my-project/agents/one"], [], GCP),
    "azure": (
        ["azure", "mine.azurecr.io", None],
        [
            "deployment.target.azure.subscription_id=00000000-0000-0000-0000-000000000001",
            "deployment.target.azure.resource_group=agents",
            "deployment.registry.tag_strategy=git-sha",
        ],
        AZURE,
    ),
}


@pytest.mark.parametrize(("options", "sets", "section"), INIT.values(), ids=INIT)
def test_init_writes_the_smallest_section(agent, around, options, sets, section):
    changes = init_section(agent, *options, sets, around=around)
    assert agent.read_text() == AGENT + "deployment:\n" + section
    assert all(change.path.startswith("deployment.") and change.before is None for change in changes)
    error = refused(lambda: init_section(agent, *options, sets, around=around))
    assert (error.code, error.exit_code) == ("deployment-exists", 2)
    assert "line 7" in error.reason


def test_init_fills_an_empty_section(agent, around):
    agent.write_text(AGENT + "deployment:  # later\n")
    init_section(agent, "aws", "ghcr.io", "team/agent", around=around)
    assert agent.read_text().startswith(AGENT + "deployment:  # later\n  registry:\n    url: ghcr.io\n")


def test_init_tells_what_is_missing_and_writes_nothing(agent, around):
    error = refused(lambda: init_section(agent, "gcp", "ghcr.io", around=around))
    assert error.code == "config-invalid"
    assert "--set deployment.target.gcp.project_id=" in error.remedy
    assert refused(lambda: init_section(agent, "aws", around=around)).code == "usage"
    assert refused(lambda: init_section(agent, around=around)).code == "usage"
    assert (
        refused(lambda: init_section(agent, "aws", "ghcr.io", None, ["name=x"], around=around)).code
        == "usage"
    )
    assert agent.read_text() == AGENT


def test_init_for_this_machine_writes_deploy_yaml_alone(agent, around):
    overlay = agent.parent / "deploy.yaml"
    assert shown(init_section(agent, "local", around=around)) == [("target", None, "local")]
    assert overlay.read_text() == "target: local\n"
    assert refused(lambda: init_section(agent, "local", around=around)).code == "deployment-exists"
    overlay.write_text("# ours\nimage: {keep: 3}\n")
    init_section(agent, "local", around=around)
    assert overlay.read_text() == "# ours\nimage: {keep: 3}\ntarget: local\n"
    assert refused(lambda: init_section(agent, "local", "ghcr.io", around=around)).code == "usage"
    assert agent.read_text() == AGENT


def test_a_file_changed_while_it_is_judged_is_not_overwritten(agent, around, monkeypatch):
    agent.write_text(AGENT + SECTION)
    written = Document.save

    def slow(document: Document) -> bool:
        agent.write_text(AGENT + SECTION + "# somebody else\n")
        return written(document)

    monkeypatch.setattr(Document, "save", slow)
    assert refused(lambda: set_values(agent, ["deployment.port=80"], around=around)).code == "file-changed"
    assert agent.read_text().endswith("# somebody else\n")


def test_a_folder_that_refuses_is_what_is_to_be_allowed(agent, around, monkeypatch):
    def refuse(_self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Document, "save", refuse)
    agent.write_text(AGENT + SECTION)
    error = refused(lambda: set_values(agent, ["deployment.port=80"], around=around))
    assert error.code == "file-unwritable"
    assert shlex.split(error.remedy) == ["chmod", "u+w", str(agent.parent)]

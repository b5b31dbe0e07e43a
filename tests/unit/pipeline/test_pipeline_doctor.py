"""Each check says what is, and what to do where something is wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.checks import Check
from holodeck_tui.pipeline import machine
from holodeck_tui.pipeline.agent_checks import agent_checks
from holodeck_tui.pipeline.doctor import check_engine, examine

pytestmark = pytest.mark.unit

Checks = Callable[..., dict[str, Check]]


@pytest.fixture
def agent(tmp_path: Path) -> Path:
    path = tmp_path / "agent.yaml"
    path.write_text(
        "name: helper\nmodel: {provider: openai, name: gpt-4o}\ninstructions: {inline: 'Help ${WHOM}.'}\n"
    )
    return path


@pytest.fixture
def checks(agent: Path, tmp_path: Path) -> Checks:
    def run(target: str | None = None, **environ: str) -> dict[str, Check]:
        found, _ = agent_checks(
            agent, target=target, environment=None, cwd=tmp_path, home=tmp_path, ctx=Context(environ=environ)
        )
        return {check.name: check for check in found}

    return run


def fake_environment(folder: Path, *distributions: str) -> Path:
    """The bin folder of something like a virtual environment with a holodeck command."""
    python = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    for name in distributions:
        project, _, version = name.partition("==")
        info = folder / "lib" / python / "site-packages" / f"{project.replace('-', '_')}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project}\nVersion: {version}\n")
    command = folder / "bin" / "holodeck"
    command.parent.mkdir()
    command.write_text("#!/bin/sh\n")
    command.chmod(0o755)
    return folder / "bin"


def test_holodeck_is_found_on_the_path_with_its_version(tmp_path: Path) -> None:
    folder = fake_environment(tmp_path, "holodeck-ai==0.7.1", "exceptiongroup==1.2.0")
    check = machine.check_holodeck(
        {"PATH": str(folder)}, needed=True, executable=tmp_path / "none" / "python"
    )
    assert (check.status, check.remedy) == ("ok", "")
    assert check.detail.startswith("0.7.1 at ")


def test_a_missing_holodeck_fails_only_where_it_is_needed(tmp_path: Path) -> None:
    nowhere = {"environ": {"PATH": str(tmp_path)}, "executable": tmp_path / "python"}
    assert machine.check_holodeck(**nowhere, needed=False).status == "warn"
    check = machine.check_holodeck(**nowhere, needed=True)
    assert check.status == "fail"
    assert check.remedy == "pip install 'holodeck-deploy-tui[local]'"


def test_another_holodeck_warns(tmp_path: Path) -> None:
    folder = fake_environment(tmp_path, "holodeck-ai==0.6.0", "exceptiongroup==1.2.0")
    check = machine.check_holodeck({"PATH": str(folder)}, needed=True, executable=tmp_path / "python")
    assert check.status == "warn"
    assert check.remedy == "pip install holodeck-ai==0.7.1"


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="holodeck-ai needs it below Python 3.12 only")
def test_the_dependency_that_holodeck_forgot_is_named(tmp_path: Path) -> None:
    folder = fake_environment(tmp_path, "holodeck-ai==0.7.1")
    check = machine.check_holodeck({"PATH": str(folder)}, needed=True, executable=tmp_path / "python")
    assert check.status == "fail"
    assert check.remedy == "pip install exceptiongroup"


def test_python_and_git(tmp_path: Path) -> None:
    assert machine.check_python((3, 10)).status == "ok"
    assert machine.check_python((3, 15)).status == "warn"
    assert machine.check_git({"PATH": str(tmp_path)}, None).remedy == "Install git."


def test_little_disk_fails_and_says_what_frees_some(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    usage = machine.shutil.disk_usage(tmp_path)
    for free, status in ((1_000_000_000, "fail"), (3_000_000_000, "warn"), (9_000_000_000, "ok")):
        monkeypatch.setattr(machine.shutil, "disk_usage", lambda _path, free=free: usage._replace(free=free))
        assert machine.check_disk(tmp_path).status == status


def test_an_agent_in_order(checks: Checks) -> None:
    found = checks(WHOM="people", OPENAI_API_KEY="sk-not-a-real-one")
    assert {name: check.status for name, check in found.items()} == dict.fromkeys(
        ["configuration", "files", "variables", "endpoints", "memory"], "ok"
    )


def test_missing_variables_are_named_and_a_providers_own_key_only_warns(checks: Checks) -> None:
    assert checks(WHOM="people")["variables"].status == "warn"
    check = checks()["variables"]
    assert check.status == "fail"
    assert "WHOM" in check.detail
    assert check.remedy.startswith("export WHOM=")


def test_missing_files_are_named(agent: Path, checks: Checks) -> None:
    agent.write_text(agent.read_text().replace("inline: 'Help ${WHOM}.'", "file: none.md"))
    check = checks()["files"]
    assert check.status == "fail"
    assert "none.md" in check.detail


def test_a_broken_file_is_one_failed_check(agent: Path, checks: Checks) -> None:
    agent.write_text("name: [\n")
    found = checks()
    assert list(found) == ["configuration"]
    assert found["configuration"].status == "fail"
    assert found["configuration"].detail.startswith("agent.yaml:")


def test_little_memory_warns(agent: Path, checks: Checks) -> None:
    (agent.parent / "deploy.yaml").write_text("target: local\nlocal: {memory: 512Mi}\n")
    check = checks()["memory"]
    assert check.status == "warn"
    assert "512 MiB" in check.detail
    assert "1Gi" in check.remedy


def test_endpoints_on_localhost_warn(agent: Path, checks: Checks) -> None:
    agent.write_text(
        agent.read_text()
        + "tools:\n- {type: mcp, name: m, description: d, transport: http, url: 'http://localhost:9000'}\n"
    )
    check = checks()["endpoints"]
    assert check.status == "warn"
    assert "localhost:9000" in check.detail


def test_no_engine_is_a_warning_unless_it_is_needed(tmp_path: Path) -> None:
    ctx = Context(environ={"DOCKER_HOST": f"unix://{tmp_path}/none.sock"})
    assert check_engine(ctx, needed=False).status == "warn"
    check = check_engine(ctx, needed=True)
    assert check.status == "fail"
    assert check.remedy


def test_scopes_are_checked_before_anything_is_asked(tmp_path: Path) -> None:
    with pytest.raises(DeploymentError) as raised:
        examine(
            None, scopes=["mars"], target=None, environment=None, cwd=tmp_path, home=tmp_path, ctx=Context()
        )
    assert raised.value.code == "scope-invalid"


def test_a_target_without_a_deployer_is_a_failed_check(tmp_path: Path) -> None:
    environ = {"DOCKER_HOST": f"unix://{tmp_path}/none.sock", "PATH": str(tmp_path)}
    found = examine(
        None,
        scopes=["mars:red"],
        target=None,
        environment=None,
        cwd=tmp_path,
        home=tmp_path,
        ctx=Context(environ=environ),
    )
    assert not found.ok
    (check,) = [check for check in found.checks if check.name == "target mars:red"]
    assert check.status == "fail"
    assert found.as_json()["checks"][0] == {
        "name": "python",
        "status": "ok",
        "detail": found.checks[0].detail,
        "remedy": "",
    }

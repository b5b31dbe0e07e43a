"""Commands that print one document: its shape, its text, its -q, and their exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.cli.cli_calls import Call

pytestmark = pytest.mark.integration

INIT = ("--target", "gcp", "--registry", "ghcr.io", "--repository", "team/helper")
PROJECT = ("--set", "deployment.target.gcp.project_id=my-project-1")


def test_init_set_unset_change_and_say_so(call: Call, agent: Path) -> None:
    before = agent.read_text()
    ended = call("init", *INIT, *PROJECT, "--output", "json")
    assert ended.code == 0, ended.err
    assert set(ended.document) == {"changed"}
    assert all(set(change) == {"path", "from", "to"} for change in ended.document["changed"])
    assert agent.read_text().startswith(before)
    assert call("validate").code == 0

    ended = call("set", "deployment.port=8081", "--output", "json")
    assert ended.document == {"changed": [{"path": "deployment.port", "from": None, "to": 8081}]}
    ended = call("unset", "agent.yaml", "deployment.port", "--output", "json")
    assert ended.document == {"changed": [{"path": "deployment.port", "from": 8081, "to": None}]}


def test_init_twice_and_an_invalid_value_write_nothing(call: Call, agent: Path) -> None:
    assert call("init", *INIT, *PROJECT).code == 0
    before = agent.read_bytes()
    ended = call("init", *INIT, *PROJECT, "--output", "json")
    assert ended.code == 2
    assert ended.document["error"]["code"] == "deployment-exists"
    ended = call("set", "deployment.port=lots")
    assert ended.code == 2
    assert ended.out == ""
    assert "  agent.yaml:" in ended.err
    assert agent.read_bytes() == before


def test_validate_tells_all_problems_and_ends_with_2(call: Call, agent: Path) -> None:
    agent.write_text(
        agent.read_text().replace("prompt.md", "none.md") + "tools:\n- {type: function, file: no.py}\n"
    )
    ended = call("validate", "--output", "json")
    assert ended.code == 2
    assert ended.document["ok"] is False
    errors = [problem for problem in ended.document["problems"] if problem["severity"] == "error"]
    assert {problem["path"] for problem in errors} >= {"instructions.file", "tools[0].file"}
    assert all(set(one) == {"file", "line", "column", "path", "message", "severity"} for one in errors)
    text = call("validate")
    assert text.code == 2
    assert "error: agent.yaml:7:" in text.out
    assert call("validate", "-q").out.splitlines() == [
        line for line in text.out.splitlines() if line.startswith("error: ")
    ]


def test_validate_of_a_valid_agent(call: Call, agent: Path) -> None:
    ended = call("validate", env={"OPENAI_API_KEY": "sk-none-at-all"})
    assert (ended.code, ended.out, ended.err) == (0, "agent.yaml: valid\n", "")
    ended = call("validate", "--output", "json")
    assert ended.document["ok"] is True


def test_bundle_lists_and_writes_the_files(call: Call, agent: Path, tmp_path: Path) -> None:
    ended = call("bundle", "--output", "json", "--to", "out")
    assert ended.code == 0, ended.err
    assert set(ended.document) == {"content_hash", "files", "warnings"}
    assert [set(file) for file in ended.document["files"]] == [{"path", "bytes", "sha256"}] * 2
    written = {
        path.relative_to(tmp_path / "out").as_posix()
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    }
    assert written == {file["path"] for file in ended.document["files"]}
    assert call("bundle", "-q").out == ended.document["content_hash"] + "\n"


def test_schema_prints_both_schemas(call: Call) -> None:
    assert "registry" in call("schema").document["properties"]
    assert "environments" in call("schema", "--overlay", "--output", "json").document["properties"]


def test_plan_and_its_exit_code(call: Call, agent: Path) -> None:
    ended = call("plan", "--target", "local", "--output", "json")
    assert ended.code == 0, ended.err
    assert set(ended.document) == {"agent", "source", "up_to_date", "steps", "changes"}
    assert [step["step"] for step in ended.document["steps"]] == ["bundle", "build", "push", "run", "verify"]
    assert call("plan", "--target", "local", "--exit-code").code == 10


def test_without_a_section_and_a_target_both_ways_out_are_named(call: Call, agent: Path) -> None:
    ended = call("--no-ui")
    assert ended.code == 2
    assert "init" in ended.err
    assert "--target local" in ended.err


def test_doctor_says_what_to_do_and_ends_with_4_when_a_check_fails(call: Call, agent: Path) -> None:
    agent.write_text(agent.read_text().replace("prompt.md", "none.md"))
    ended = call("doctor", "--output", "json", "--target", "local")
    assert ended.code == 4
    assert ended.document["ok"] is False
    assert all(set(check) == {"name", "status", "detail", "remedy"} for check in ended.document["checks"])
    names = {check["name"] for check in ended.document["checks"]}
    assert names >= {"configuration", "files", "python", "engine", "holodeck", "git", "disk"}
    assert "fail  files: " in call("doctor", "--target", "local").out


def test_list_needs_no_agent(call: Call) -> None:
    ended = call("list", "--scope", "local", "--output", "json")
    assert ended.code == 0, ended.err
    assert set(ended.document) == {"deployments", "errors"}
    ended = call("list", "--scope", "mars", "--output", "json")
    assert ended.code == 2
    assert ended.document["error"]["code"] == "scope-invalid"


def test_status_of_nothing_is_missing_and_0(call: Call, agent: Path) -> None:
    ended = call("status", "--target", "local", "-q")
    assert (ended.code, ended.out) == (0, "missing\n")
    document = call("status", "--target", "local", "--output", "json").document
    assert set(document) == {
        *("agent", "provider", "service_id", "service_name", "url", "state", "detail"),
        *("image_uri", "revision", "checked_at"),
    }

"""All problems at once, each with its place, and warnings that stop nobody."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.pipeline.validate import Report, validate

pytestmark = pytest.mark.unit
Validate = Callable[..., Report]


@pytest.fixture
def check(tmp_path: Path) -> Validate:
    def run(text: str, environment: str | None = None, **environ: str) -> Report:
        agent = tmp_path / "agent.yaml"
        agent.write_text(text)
        ctx = Context(environ=environ)
        return validate(agent, target=None, environment=environment, cwd=tmp_path, home=tmp_path, ctx=ctx)

    return run


AGENT = "name: helper\nmodel:\n  provider: openai\n  name: gpt-4o\n"


def test_every_missing_file_has_the_line_that_names_it(check: Validate) -> None:
    report = check(
        AGENT + "instructions:\n  file: no/prompt.md\ntools:\n"
        "- {type: function, name: f, description: d, file: no_tool.py, function: f}\n"
    )
    assert not report.ok
    assert [(one.file, one.line, one.path) for one in report.errors] == [
        ("agent.yaml", 6, "instructions.file"),
        ("agent.yaml", 8, "tools[0].file"),
    ]


def test_missing_variables_are_warnings_with_the_place_that_asks(check: Validate) -> None:
    report = check(AGENT + "instructions:\n  inline: Help ${WHOM}\n")
    assert report.ok
    found = {(one.line, one.path, one.severity) for one in report.problems}
    assert found == {(6, "", "warning"), (3, "model.provider", "warning")}
    assert check(AGENT + "instructions: {inline: hi}\n", OPENAI_API_KEY="sk-none").problems == ()


def test_configuration_and_syntax_are_told_with_places(check: Validate) -> None:
    report = check(
        AGENT + "instructions: {inline: hi}\ndeployment:\n  prot: 1\n  port: 99999999\n"
        "  registry: {url: 'https://x', repository: a//b}\n  target: {provider: gcp}\n"
    )
    assert {one.path for one in report.errors} >= {
        "deployment.prot",
        "deployment.port",
        "deployment.registry.url",
        "deployment.registry.repository",
    }
    assert all(one.line > 5 for one in report.errors)
    broken = check("name: [\n")
    assert [one.severity for one in broken.problems] == ["error"]
    assert set(broken.as_json()["problems"][0]) == {"file", "line", "column", "path", "message", "severity"}


def test_an_unknown_environment_is_an_error_of_the_call(check: Validate) -> None:
    with pytest.raises(DeploymentError) as raised:
        check(AGENT + "instructions: {inline: hi}\n", environment="staging")
    assert raised.value.code == "environment-unknown"

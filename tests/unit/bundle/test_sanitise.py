"""What ships of agent.yaml and config.yaml."""

from __future__ import annotations

import re

import pytest

from holodeck_tui.bundle.sanitise import AGENT_DROPS, sanitised
from holodeck_tui.config.document import Document

from .conftest import FIXTURES, Bundles

pytestmark = pytest.mark.unit


def shipped(bundle_of: Bundles, agent: str, name: str = "agent.yaml") -> str:
    file = bundle_of(FIXTURES / agent / "agent.yaml").get(name)
    assert file is not None
    return file.open().read().decode()


def clean(text: str) -> str:
    return sanitised(Document.parse(text.encode()), AGENT_DROPS, {}).decode()


def test_sections_that_serving_does_not_need_go(bundle_of: Bundles) -> None:
    text = shipped(bundle_of, "everything-dropped")
    assert sorted(re.findall(r"^(\w+):", text, re.MULTILINE)) == [
        "description",
        "execution",
        "instructions",
        "model",
        "name",
    ]
    variables = set(re.findall(r"\$\{(\w+)\}", text))
    assert variables == {"KEPT", "TOPIC", "IN_THE_TEXT"}


def test_the_projects_deployment_defaults_go_too(bundle_of: Bundles) -> None:
    text = shipped(bundle_of, "azure-config", "config.yaml")
    assert "deployment" not in text
    assert set(re.findall(r"\$\{(\w+)\}", text)) == {"AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_KEY"}


def test_every_other_byte_stays() -> None:
    before, after = "# head\r\nname: 'x'   # why\r\n\r\ntools: [ a,b ]\r\n", "# tail\r\nexecution: {}"
    assert clean(before + "deployment:\r\n  port: 1\r\n" + after) == before + after


def test_paths_are_spelled_as_the_container_needs_them(bundle_of: Bundles) -> None:
    text = shipped(bundle_of, "windows-paths")
    assert "file: prompts/system.md\n" in text
    assert "source: 'data/docs'" in text
    assert "file: tools/twice.py\n" in text


@pytest.mark.parametrize(
    "text",
    [
        "deployment: {environment: &e {A: yes}}\nexecution: *e\nname: 010\n",
        'evaluations:\n  model: &m {provider: openai, name: "x"}\nmodel: *m\nembedding_provider: *m\n',
        "deployment:\n  x: &text 'on'\nname: *text\ndescription: on\nn: 1_000\nd: 2024-01-01\n",
    ],
)
def test_what_is_shared_with_a_dropped_section_stays(text: str) -> None:
    before = Document.parse(text.encode()).data
    after = Document.parse(clean(text).encode()).data
    assert after == {name: value for name, value in before.items() if name not in AGENT_DROPS}


def test_a_variable_in_a_value_is_not_quoted_or_unquoted() -> None:
    text = 'a: ${PORT}\nb: "${TEXT}"\ndeployment: {x: 1}\n'
    assert clean(text) == 'a: ${PORT}\nb: "${TEXT}"\n'

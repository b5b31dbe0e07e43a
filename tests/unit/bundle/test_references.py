"""Each kind of reference, on agents that stand in tests/fixtures/agents."""

from __future__ import annotations

import pytest

from holodeck_tui.bundle.references import Kind, agent_references, config_references

from .conftest import FIXTURES, Bundles, Make, paths

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("agent", "ships"),
    [
        ("openai-minimal", ["agent.yaml"]),
        (
            "openai-functions",
            [
                "agent.yaml",
                "prompts/system.md",
                "schemas/answer.json",
                "shop/__init__.py",
                "shop/catalogue.py",
                "shop/numbers.py",
                "shop/tax.py",
                "tools/greeting.py",
                "tools/prices.py",
            ],
        ),
        (
            "openai-mcp",
            [
                "agent.yaml",
                "config.yaml",
                "notes/first.md",
                "servers/clock.py",
                "servers/clockface.py",
                "servers/lib/list.js",
                "servers/notes.env",
                "servers/notes.js",
                "servers/package.json",
            ],
        ),
        ("azure-config", ["agent.yaml", "config.yaml", "system.md"]),
        (
            "anthropic-subagents",
            ["CLAUDE.md", "agent.yaml", "prompts/main.md", "prompts/reviewer.md", "workspace/guide.md"],
        ),
        (
            "ollama-data",
            [
                "agent.yaml",
                "data/a.md",
                "data/deep/er/b.md",
                "facts.json",
                "manual.v1/index.md",
                "prompts/summary.md",
            ],
        ),
        ("everything-dropped", ["agent.yaml"]),
        ("windows-paths", ["agent.yaml", "data/docs/read me.md", "prompts/system.md", "tools/twice.py"]),
    ],
)
def test_exactly_what_is_named_ships(bundle_of: Bundles, agent: str, ships: list[str]) -> None:
    bundle = bundle_of(FIXTURES / agent / "agent.yaml", {"KEPT_FROM_SHELL": "x"})
    assert paths(bundle) == ships


def test_another_file_name_ships_as_agent_yaml(bundle_of: Bundles, make: Make) -> None:
    other = "name: other\nmodel: {provider: ollama, name: x}\ninstructions: {file: b.md}\n"
    folder = make("instructions: {file: a.md}\n", {"other.yaml": other, "a.md": "a", "b.md": "b"})
    bundle = bundle_of(folder.parent / "other.yaml")
    assert paths(bundle) == ["agent.yaml", "b.md"]
    shipped = bundle.get("agent.yaml")
    assert shipped is not None
    assert b"name: other" in shipped.open().read()


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "text",
        {"tools": "none"},
        {"tools": [None, 3, {"type": 7}]},
        {"claude": {"agents": []}},
        {"instructions": []},
        {"tools": [{"type": "mcp", "args": "x"}]},
        {"tools": [{"type": "function", "file": 3}]},
    ],
)
def test_what_has_another_form_names_nothing(data: object) -> None:
    assert list(agent_references(data)) == []
    assert list(config_references(data)) == []


@pytest.mark.parametrize(
    ("source", "text"),
    [("s3://bucket/x", None), ("https://x.example/y", None), ("file://data/x", "data/x"), ("data", "data")],
)
def test_remote_sources_name_no_file_and_file_urls_do(source: str, text: str | None) -> None:
    tool = {"type": "vectorstore", "source": source}
    found = [reference.text for reference in agent_references({"tools": [tool]})]
    assert found == ([] if text is None else [text])


def test_a_reference_knows_its_place() -> None:
    data = {"tools": [{}, {"type": "mcp", "args": ["-y", "./x.js"]}]}
    last = list(agent_references(data))[-1]
    assert (last.dotted, last.kind) == ("tools[1].args[1]", Kind.ARGUMENT)

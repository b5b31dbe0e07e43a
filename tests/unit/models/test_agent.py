"""What a deploy must know of an agent."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from holodeck_tui.models.agent import Agent, needs_node, provider_variables, required_extras

pytestmark = pytest.mark.unit


def agent(provider="openai", tools=(), **more):
    model = {"provider": provider, "name": "m", **more.pop("model", {})}
    if provider == "azure_openai":
        model.setdefault("endpoint", "${AZURE_OPENAI_ENDPOINT}")
    return Agent.model_validate(
        {"name": "a", "model": model, "instructions": {"inline": "x"}, "tools": list(tools), **more}
    )


def store(provider, source="data"):
    return {"type": "vectorstore", "name": "s", "source": source, "database": {"provider": provider}}


@pytest.mark.parametrize(
    ("made", "extras"),
    [
        (agent("openai"), ("openai-agents",)),
        (agent("azure_openai"), ("openai-agents",)),
        (agent("anthropic"), ("claude-otel",)),
        (agent("ollama"), ()),
        (agent("ollama", [store("chromadb"), store("qdrant"), store("pinecone"), store("postgres")]),
         ("chromadb", "pinecone", "postgres", "qdrant")),
        (agent("ollama", [store("postgresql")]), ("postgres",)),
        (agent("ollama", [store("in-memory", "s3://bucket/x"), store("faiss", "az://box/x")]),
         ("azure-blob", "s3")),
        (agent("ollama", [store("in-memory", "https://x/y")]), ()),
        (agent("ollama", [{**store(""), "database": "unknown"}]), ()),
        (agent("ollama", [{**store("qdrant"), "type": "hierarchical_document"}]),
         ("qdrant",)),
        (agent("ollama", [{"type": "function", "name": "f", "source": "s3://no"}]), ()),
        (agent("ollama", observability={"enabled": True, "exporters": {"prometheus": {"enabled": True}}}),
         ("otel-prometheus",)),
        (agent("ollama", observability={"enabled": 1, "exporters": {"azure_monitor": {"enabled": True}}}),
         ("otel-azmon",)),
        (agent("ollama", observability={"exporters": {"prometheus": {"enabled": True}}}), ()),
    ],
)  # fmt: skip
def test_extras(made, extras):
    assert required_extras(made) == extras


@pytest.mark.parametrize(
    ("command", "node"),
    [
        ("npx", True),
        ("node", True),
        ("/usr/bin/node", True),
        ("uvx", False),
        ("docker", False),
        (None, False),
    ],
)
def test_node_only_where_an_mcp_command_starts_it(command, node):
    assert needs_node(agent(tools=[{"type": "mcp", "name": "m", "command": command}])) is node


@pytest.mark.parametrize(
    ("made", "names"),
    [
        (agent("openai"), [("OPENAI_API_KEY",)]),
        (agent("openai", model={"api_key": "${MY_KEY}"}), []),
        (agent("azure_openai"), [("AZURE_OPENAI_API_KEY",)]),
        (agent("anthropic"), [("ANTHROPIC_API_KEY",)]),
        # The Claude backend looks the key up by itself, whatever agent.yaml says.
        (agent("anthropic", model={"api_key": "${MY_KEY}"}), [("ANTHROPIC_API_KEY",)]),
        (agent("anthropic", model={"auth_provider": "oauth_token"}), [("CLAUDE_CODE_OAUTH_TOKEN",)]),
        (agent("anthropic", model={"auth_provider": "bedrock"}), [("AWS_REGION", "AWS_DEFAULT_REGION")]),
        (agent("anthropic", model={"auth_provider": "custom"}), [("ANTHROPIC_AUTH_TOKEN",)]),
        (agent("ollama"), [("ANTHROPIC_API_KEY",)]),
    ],
)
def test_the_providers_own_variables(made, names):
    assert [variable.names for variable in provider_variables(made)] == names


def test_vertex_and_foundry_ask_for_a_place():
    vertex = provider_variables(agent("anthropic", model={"auth_provider": "vertex"}))
    assert [variable.name for variable in vertex] == ["CLOUD_ML_REGION", "ANTHROPIC_VERTEX_PROJECT_ID"]
    foundry = provider_variables(agent("anthropic", model={"auth_provider": "foundry"}))
    assert foundry[0].names == ("ANTHROPIC_FOUNDRY_RESOURCE", "ANTHROPIC_FOUNDRY_BASE_URL")


def test_what_only_serving_needs_is_not_looked_at_and_what_matters_is():
    assert agent(evaluations={"whatever": 1}, test_cases=[1], execution=3).name == "a"
    with pytest.raises(ValidationError) as caught:
        Agent.model_validate(
            {"name": " ", "model": {"provider": "opnai"}, "instructions": {"file": "x", "inline": "y"}}
        )
    errors = {".".join(map(str, error["loc"])): error["msg"] for error in caught.value.errors()}
    assert "must not be empty" in errors["name"]
    assert "did you mean `openai`?" in errors["model.provider"]
    assert "`name` is required" in errors["model.name"]
    assert "exactly one" in errors["instructions.file"]
    with pytest.raises(ValidationError, match="endpoint"):
        Agent.model_validate(
            {"name": "a", "model": {"provider": "azure_openai", "name": "m"}, "instructions": {"inline": "x"}}
        )


def test_a_key_is_not_in_the_repr():
    assert "sk-canary" not in repr(agent("openai", model={"api_key": "sk-canary"}))

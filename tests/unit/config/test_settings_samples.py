"""The real samples: nothing is wrong with them, and what they need is known."""

from __future__ import annotations

import pytest

from holodeck_tui.config.problems import find_problems
from holodeck_tui.config.resolve import load_settings
from holodeck_tui.models.agent import needs_node, provider_variables, required_extras

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("folder", "target", "extras", "node", "asks"),
    [
        ("ticket-routing/openai", "local", ("chromadb", "openai-agents"), False, []),
        ("financial-assistant/openai", None, ("openai-agents", "qdrant"), False, []),
        ("content-moderation/ollama", "local", ("chromadb",), False, ["ANTHROPIC_API_KEY"]),
        ("customer-support/azure-openai", "local", ("chromadb", "openai-agents"), True, []),
        ("legal-summarization/openai", "local", ("chromadb", "openai-agents"), True, []),
    ],
)
def test_samples(samples, tmp_path, folder, target, extras, node, asks):
    agent = samples / folder / "agent.yaml"
    where = {"environ": {}, "cwd": tmp_path, "home": tmp_path}
    assert find_problems(agent, **where) == []
    settings = load_settings(agent, target=target, **where)
    assert required_extras(settings.agent) == extras
    assert needs_node(settings.agent) is node
    assert [variable.name for variable in provider_variables(settings.agent)] == asks
    assert settings.warnings == ()


def test_the_financial_sample_is_read_as_written(samples, tmp_path):
    agent = samples / "financial-assistant/openai/agent.yaml"
    settings = load_settings(agent, environ={"QDRANT_REMOTE_URL": "canary"}, cwd=tmp_path, home=tmp_path)
    assert (settings.target, settings.protocol, settings.port) == ("azure", "ag-ui", 8080)
    assert settings.registry is not None
    assert settings.registry.image_name == "ghcr.io/justinbarias/holodeck-financial-assistant"
    assert settings.container_environment["QDRANT_URL"] == "${QDRANT_REMOTE_URL}"
    assert settings.deployment is not None
    assert settings.deployment.target.azure is not None
    assert settings.deployment.target.azure.ingress_external is True
    assert settings.source("deployment.target.azure.cpu").startswith("agent.yaml:")

"""Which variables the container needs, where each comes from, and what it is started with."""

from __future__ import annotations

from pathlib import Path

import pytest

from holodeck_tui.bundle.collect import collect
from holodeck_tui.bundle.container import container_env
from holodeck_tui.bundle.endpoints import localhost_endpoints
from holodeck_tui.bundle.needs import missing_variables
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError

from .conftest import FIXTURES, Bundles, Load, Make

pytestmark = pytest.mark.unit

SECTION = """\
deployment:
  port: 9000
  registry: {url: ghcr.io, repository: example/agent}
  target: {provider: gcp, gcp: {project_id: a-project}}
  environment:
"""
OWN = {
    "HOLODECK_AGENT_CONFIG": "/app/agent.yaml",
    "HOLODECK_LOG_LEVEL": "info",
    "HOLODECK_PORT": "9000",
    "HOLODECK_PROTOCOL": "rest",
}


def needed(bundle_of: Bundles, agent: Path, environ: dict[str, str]) -> dict[str, tuple[str, bool, str]]:
    needs = bundle_of(agent, environ).needs
    return {need.name: (need.source, need.required, need.used_at) for need in needs}


def test_each_source_is_named(load: Load, make: Make, tmp_path: Path) -> None:
    agent = make(
        "instructions:\n  inline: |\n    One ${SHELL_VAR}\n    Two ${DOT_ENV}\n"
        "description: ${HOME_ENV} ${GIVEN} ${LOOKED_UP} ${STORED} ${NOWHERE} ${HOLODECK_PORT}\n"
        f"{SECTION}    GIVEN: literal\n    LOOKED_UP: ${{ELSEWHERE}}\n",
        {"deploy.yaml": "secrets:\n  STORED: {ref: projects/1/secrets/x}\n  OPENAI_API_KEY: {env: MY_KEY}\n"},
    )
    home = tmp_path / "home"
    (home / ".holodeck").mkdir(parents=True)
    (home / ".holodeck" / ".env").write_text("HOME_ENV=a\n")
    cwd = tmp_path / "cwd"
    cwd.mkdir()
    (cwd / ".env").write_text("DOT_ENV=b\nMY_KEY=canary-of-the-key\n")
    settings = load(agent, {"SHELL_VAR": "canary-of-the-shell"}, cwd=cwd, home=home)
    bundle = collect(settings, Context())
    found = {need.name: (need.source, need.used_at) for need in bundle.needs}
    assert found == {
        "SHELL_VAR": ("shell", "agent.yaml:5"),
        "DOT_ENV": (".env", "agent.yaml:6"),
        "HOME_ENV": ("~/.holodeck/.env", "agent.yaml:7"),
        "GIVEN": ("environment", "agent.yaml:7"),
        "LOOKED_UP": ("environment", "agent.yaml:7"),
        "STORED": ("secrets", "agent.yaml:7"),
        "NOWHERE": ("missing", "agent.yaml:7"),
        "HOLODECK_PORT": ("environment", "agent.yaml:7"),
        "ELSEWHERE": ("missing", "agent.yaml:14"),
        "MY_KEY": (".env", "deploy.yaml secrets.OPENAI_API_KEY"),
    }
    assert [need.name for need in missing_variables(bundle)] == ["ELSEWHERE", "NOWHERE"]
    assert "canary" not in repr(bundle)


def test_an_entry_that_passes_itself_on_comes_from_where_its_value_is(bundle_of: Bundles, make: Make) -> None:
    agent = make(f"instructions: {{inline: Hi.}}\n{SECTION}    OPENAI_API_KEY: ${{OPENAI_API_KEY}}\n")
    assert needed(bundle_of, agent, {})["OPENAI_API_KEY"] == ("missing", True, "agent.yaml:9")
    assert needed(bundle_of, agent, {"OPENAI_API_KEY": "x"})["OPENAI_API_KEY"][0] == "shell"


@pytest.mark.parametrize(
    ("model", "names"),
    [
        ("{provider: openai, name: x}", {"OPENAI_API_KEY"}),
        ("{provider: openai, name: x, api_key: '${MY_KEY}'}", {"MY_KEY"}),
        ("{provider: azure_openai, name: x, endpoint: https://x.example}", {"AZURE_OPENAI_API_KEY"}),
        ("{provider: anthropic, name: x}", {"ANTHROPIC_API_KEY"}),
        ("{provider: anthropic, name: x, auth_provider: oauth_token}", {"CLAUDE_CODE_OAUTH_TOKEN"}),
        ("{provider: anthropic, name: x, auth_provider: bedrock}", {"AWS_REGION"}),
        (
            "{provider: anthropic, name: x, auth_provider: vertex}",
            {"CLOUD_ML_REGION", "ANTHROPIC_VERTEX_PROJECT_ID"},
        ),
        ("{provider: anthropic, name: x, auth_provider: foundry}", {"ANTHROPIC_FOUNDRY_RESOURCE"}),
        ("{provider: anthropic, name: x, auth_provider: custom}", {"ANTHROPIC_AUTH_TOKEN"}),
        ("{provider: ollama, name: x}", {"ANTHROPIC_API_KEY"}),
    ],
)
def test_the_providers_own_keys(bundle_of: Bundles, make: Make, model: str, names: set[str]) -> None:
    agent = make(head=f"name: x\nmodel: {model}\n")
    needs = bundle_of(agent).needs
    assert {need.name for need in needs} == names
    for need in needs:
        assert need.source == "missing"
        assert need.required is (need.name == "MY_KEY")


def test_another_name_of_the_provider_will_do(bundle_of: Bundles, make: Make) -> None:
    agent = make(head="name: x\nmodel: {provider: anthropic, name: x, auth_provider: bedrock}\n")
    assert needed(bundle_of, agent, {"AWS_DEFAULT_REGION": "eu-west-1"}) == {
        "AWS_DEFAULT_REGION": ("shell", False, "model.provider anthropic")
    }


def test_an_empty_key_is_none(bundle_of: Bundles, make: Make) -> None:
    assert needed(bundle_of, make(), {"OPENAI_API_KEY": ""})["OPENAI_API_KEY"][0] == "missing"


def test_what_does_not_ship_needs_nothing(bundle_of: Bundles) -> None:
    found = needed(bundle_of, FIXTURES / "everything-dropped" / "agent.yaml", {})
    assert set(found) == {"KEPT", "TOPIC", "IN_THE_TEXT", "KEPT_FROM_SHELL", "OPENAI_API_KEY"}
    assert found["KEPT"][0] == "environment"
    assert found["IN_THE_TEXT"] == ("missing", True, "agent.yaml:10")


def test_the_environment_of_the_container(load: Load, make: Make) -> None:
    agent = make(
        f"instructions: {{inline: '${{ASKED}} ${{RENAMED}}'}}\n{SECTION}"
        "    RENAMED: ${ELSEWHERE}\n    PLAIN: text\n    OPENAI_API_KEY: moves to the secrets\n",
        {"deploy.yaml": "secrets:\n  OPENAI_API_KEY: {env: MY_KEY}\n  STORED: {ref: there}\n"},
    )
    settings = load(
        agent, {"ASKED": "canary-a", "ELSEWHERE": "canary-b", "MY_KEY": "canary-c", "UNRELATED": "x"}
    )
    env, secrets = container_env(settings, collect(settings, Context()))
    assert env == {**OWN, "ASKED": "${ASKED}", "PLAIN": "text", "RENAMED": "${ELSEWHERE}"}
    assert secrets == (("OPENAI_API_KEY", "${MY_KEY}", None), ("STORED", None, "there"))


def test_only_the_log_level_is_the_users(load: Load, make: Make) -> None:
    agent = make(
        f"instructions: {{inline: Hi.}}\n{SECTION}    HOLODECK_LOG_LEVEL: debug\n    HOLODECK_PORT: '1'\n"
    )
    settings = load(agent)
    bundle = collect(settings, Context())
    env, _ = container_env(settings, bundle)
    assert env == {**OWN, "HOLODECK_LOG_LEVEL": "debug"}
    assert "deployment.environment.HOLODECK_PORT has no effect: the container gets 9000." in bundle.warnings


@pytest.mark.parametrize(
    ("entry", "refused"),
    [
        ("DB_PASSWORD: hunter2hunter2", True),
        ("API_KEY: '${API_KEY}'", False),
        ("API_KEY: 'Bearer ${API_KEY}'", False),
        ("USE_TOKEN: 'true'", False),
        ("TOKEN_LIMIT: '4096'", False),
        ("TLS_KEY: /run/secrets/tls", False),
        ("HARMLESS: ghp_abcdefghijklmnopqrstuvwxyz0123456789", True),
        ("HARMLESS: AKIAIOSFODNN7EXAMPLE", True),
        ("HARMLESS: sk-proj-abcdefghijklmnopqrstuvwx", True),
        ("URL: postgres://me:word@host/db", True),
        ("URL: 'postgres://me:${PW}@host/db'", False),
        ("URL: https://host/a:b@c", False),
    ],
)
def test_secrets_in_plain_text(load: Load, make: Make, entry: str, refused: bool) -> None:
    text = f"instructions: {{inline: Hi.}}\n{SECTION}    {entry}\n"
    agent = make(text)
    settings = load(agent, {"API_KEY": "x", "PW": "y"})
    bundle = collect(settings, Context())
    name, _, value = entry.partition(": ")
    if not refused:
        container_env(settings, bundle)
        return
    with pytest.raises(DeploymentError) as caught:
        container_env(settings, bundle)
    error = caught.value
    assert error.code == "plain-secret"
    assert f"allow_plain: [{name}]" in error.remedy
    assert value not in str(error) + error.remedy + "".join(error.details)
    assert error.details == (f"agent.yaml:9  {name}",)
    (agent.parent / "deploy.yaml").write_text(f"allow_plain: [{name}]\n")
    container_env(load(agent), bundle)


def test_on_this_machine_a_plain_secret_is_a_warning(load: Load, make: Make) -> None:
    agent = make(f"instructions: {{inline: Hi.}}\n{SECTION}    DB_PASSWORD: hunter2hunter2\n")
    settings = load(agent, target="local")
    bundle = collect(settings, Context())
    container_env(settings, bundle)
    assert any("DB_PASSWORD is a secret in plain text" in warning for warning in bundle.warnings)
    assert "hunter2" not in repr(bundle.warnings)


def test_a_key_written_into_agent_yaml_is_a_warning(bundle_of: Bundles, make: Make) -> None:
    agent = make(head="name: x\nmodel: {provider: openai, name: x, api_key: canary-in-plain}\n")
    bundle = bundle_of(agent)
    assert bundle.warnings == (
        "agent.yaml:2  model.api_key: a secret in plain text ships in the image; write ${VAR} instead.",
    )


def test_the_users_own_configuration_does_not_ship(load: Load, make: Make, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / ".holodeck").mkdir(parents=True)
    (home / ".holodeck" / "config.yaml").write_text(
        "mcp_servers: [{name: x, description: d, type: mcp, command: npx}]\n"
    )
    bundle = collect(load(make(), home=home), Context())
    assert any(warning.startswith("~/.holodeck/config.yaml does not ship") for warning in bundle.warnings)


def test_a_path_may_hold_a_variable(bundle_of: Bundles, make: Make) -> None:
    agent = make(
        "instructions: {file: 'prompts/${LANGUAGE}.md'}\n", {"prompts/en.md": "x", "prompts/de.md": "y"}
    )
    assert bundle_of(agent, {"LANGUAGE": "en"}).get("prompts/en.md")
    lacking = bundle_of(agent)
    assert [need.name for need in missing_variables(lacking) if need.required] == ["LANGUAGE"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://localhost:4317", "localhost:4317"),
        ("http://127.0.0.1:9200/x", "127.0.0.1:9200"),
        ("https://[::1]/", "[::1]"),
        ("redis://user:pw@localhost:6379", "localhost:6379"),
        ("localhost:4317", "localhost:4317"),
        ("${ENDPOINT}", "${ENDPOINT}"),
        ("http://example.com/localhost", None),
        ("https://localhost.example.com", None),
        ("localhost", None),
        ("talk to http://localhost:1 if you like", None),
    ],
)
def test_endpoints_of_this_machine(load: Load, make: Make, text: str, shown: str | None) -> None:
    observability = f"{{enabled: true, exporters: {{otlp: {{enabled: true, endpoint: '{text}'}}}}}}"
    settings = load(
        make(f"instructions: {{inline: Hi.}}\nobservability: {observability}\n"),
        {"ENDPOINT": "http://user:canary@localhost:4317"},
    )
    found = localhost_endpoints(settings)
    assert len(found) == (shown is not None)
    if shown is not None:
        assert found[0].startswith("agent.yaml:4  observability.exporters.otlp.endpoint: ")
        assert f"does not reach {shown};" in found[0]
        assert "canary" not in found[0]
        assert "pw@" not in found[0]


def test_endpoints_that_are_switched_off_or_unused_are_not_told(load: Load, make: Make) -> None:
    off = "observability: {enabled: false, exporters: {otlp: {endpoint: 'http://localhost:4317'}}}\n"
    config = "vectorstores: {chromadb: {provider: chromadb, connection_string: 'http://localhost:8000'}}\n"
    agent = make(f"instructions: {{inline: Hi.}}\n{off}", {"config.yaml": config})
    assert localhost_endpoints(load(agent)) == ()

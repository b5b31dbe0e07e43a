"""From files to settings: who wins, what is resolved, what stays a reference."""

from __future__ import annotations

import dataclasses

import pytest

from holodeck_tui.config.resolve import DEFAULT_BASE
from tests.unit.config.support import AGENT, AWS, AZURE

pytestmark = pytest.mark.unit


def test_an_agent_without_a_section_goes_to_this_machine_when_asked(project):
    settings = project.load(target="local")
    assert (settings.agent_name, settings.target, settings.deployment) == ("shop", "local", None)
    assert (settings.port, settings.protocol, settings.platform) == (8080, "rest", "linux/amd64")
    assert dict(settings.container_environment) == {}
    assert settings.registry is None
    assert settings.image_base == DEFAULT_BASE
    assert dataclasses.astuple(settings.health) == ("/health", "/ready", 180, None)
    assert settings.source("deployment.port") == "default"
    assert settings.source("target") == "command line"


def test_without_section_and_target_it_says_what_to_do(project):
    error = project.refused()
    assert error.code == "deployment-missing"
    assert "init" in error.remedy
    assert "--target local" in error.remedy
    assert project.load(need_target=False).target == "local"
    assert project.refused(target="gcp").code == "deployment-missing"


def test_deploy_yaml_may_name_the_target(project):
    project.write("deploy.yaml", "target: local\n")
    assert project.load().target == "local"
    project.write("agent.yaml", AGENT + AWS)
    assert project.load().target == "local"
    assert project.load(target="aws").target == "aws"


def test_an_environment_names_the_target_before_deploy_yaml_does(project):
    project.write("agent.yaml", AGENT + AWS)
    project.write(
        "deploy.yaml",
        """\
        target: local
        environments:
          prod: {target: aws}
          nested: {deployment: {target: {provider: aws}}}
          other: {deployment: {port: 9000}}
        """,
    )
    assert project.load(environment="prod").target == "aws"
    assert project.load(environment="nested").target == "aws"
    assert project.load(environment="other").target == "local"


LADDER = [
    ("home/.holodeck/config.yaml", "deployment: {port: 1001}\n"),
    ("home/.holodeck/config.yml", "deployment: {port: 1002}\n"),
    ("config.yaml", "deployment: {port: 1003}\n"),
    ("config.yml", "deployment: {port: 1004}\n"),
    ("agent.yaml", AGENT + AWS + "  port: 1005\n"),
]


def test_precedence_from_home_to_the_command_line(project):
    project.write("agent.yaml", AGENT + AWS)
    assert project.load().port == 8080
    for number, (name, text) in enumerate(LADDER, start=1001):
        project.write(name, text)
        assert project.load().port == number, name
    project.write("deploy.yaml", "environments: {prod: {deployment: {port: 1006}}}\n")
    assert project.load().port == 1005
    assert project.load(environment="prod").port == 1006
    last = project.load(environment="prod", overrides={"deployment.port": 1007})
    assert last.port == 1007
    assert last.source("deployment.port") == "command line"
    assert project.load(environment="prod").source("deployment.port") == "deploy.yaml:1"
    assert project.load().source("deployment.port") == "agent.yaml:9"


def test_sections_merge_deeply(project):
    project.write("home/.holodeck/config.yaml", "deployment: {registry: {url: home.io, repository: h/h}}\n")
    project.write(
        "config.yaml", "deployment: {registry: {tag_strategy: latest}, environment: {A: config, B: config}}\n"
    )
    project.write(
        "agent.yaml",
        AGENT
        + "deployment: {environment: {A: agent}, target: {provider: aws, aws: {cpu: 2, memory: 4096}}}\n",
    )
    project.write(
        "deploy.yaml",
        "environments: {prod: {deployment: {registry: {url: prod.io}, target: {aws: {memory: 6 GB}}}}}\n",
    )
    settings = project.load(environment="prod")
    assert settings.registry is not None
    assert settings.registry.image_name == "prod.io/h/h"
    assert settings.registry.strategy == "latest"
    assert dict(settings.container_environment) == {"A": "agent", "B": "config"}
    assert settings.deployment is not None
    assert settings.deployment.target.aws is not None
    assert settings.deployment.target.aws.memory_mb == 6144
    assert settings.source("deployment.registry.repository") == "~/.holodeck/config.yaml:1"
    assert settings.source("deployment.environment.B") == "config.yaml:1"
    assert settings.config_files == (
        project.root / "config.yaml",
        project.root / "home/.holodeck/config.yaml",
    )
    assert settings.project_config == project.root / "config.yaml"


def test_an_environment_may_change_the_cloud(project):
    project.write("agent.yaml", AGENT + AWS)
    project.write(
        "deploy.yaml",
        """\
        environments:
          google:
            deployment: {target: {provider: gcp, gcp: {project_id: my-project}}}
        """,
    )
    target = project.load(environment="google").deployment.target
    assert (target.provider, target.aws) == ("gcp", None)
    assert target.gcp.project_id == "my-project"
    # The block alone is enough when the command line names the cloud.
    project.write(
        "deploy.yaml", "environments: {g: {deployment: {target: {gcp: {project_id: my-project}}}}}\n"
    )
    assert project.load(environment="g", target="gcp").deployment.target.provider == "gcp"
    assert project.load(environment="g").deployment.target.provider == "aws"


def test_environments_lay_over_the_rest_of_deploy_yaml(project):
    project.write(
        "deploy.yaml",
        """\
        target: local
        image: {base: base:1, keep: 3}
        secrets: {A: {env: A}, B: {env: B}}
        allow_plain: [X]
        gcp: {traffic: {r1: 100}}
        environments:
          prod:
            image: {keep: 9}
            secrets: {A: {ref: vault-a}}
            allow_plain: [Y]
            gcp: {traffic: {r2: 100}}
            local:
        """,
    )
    plain, prod = project.load().overlay, project.load(environment="prod").overlay
    assert (plain.image.base, plain.image.keep) == ("base:1", 3)
    assert (prod.image.base, prod.image.keep) == ("base:1", 9)
    assert (prod.secrets["A"].env, prod.secrets["A"].ref, prod.secrets["B"].env) == (None, "vault-a", "B")
    assert prod.allow_plain == ("Y",)
    assert prod.gcp.traffic == {"r2": 100}
    assert prod.environments == {}
    assert project.load(environment="prod").source("image.keep") == "deploy.yaml:8"


def test_what_deploy_yaml_says_of_a_clouds_key_counts_in_the_clouds_block(project):
    project.write("agent.yaml", AGENT + AZURE)
    project.write(
        "deploy.yaml",
        "azure: {ingress_external: true}\nenvironments: {in: {azure: {ingress_external: false}}}\n",
    )
    settings = project.load()
    assert settings.deployment.target.azure.ingress_external is True
    assert settings.source("deployment.target.azure.ingress_external") == "deploy.yaml:1"
    assert project.load(environment="in").deployment.target.azure.ingress_external is False


def test_health_comes_from_deploy_yaml_then_the_cloud_then_the_section(project):
    project.write("agent.yaml", AGENT + AWS + "  health_check_path: /general\n")
    assert project.load().health.path == "/general"
    project.write("agent.yaml", (AGENT + AWS).replace("us-east-1}", "us-east-1, health_check_path: /aws}"))
    assert project.load().health.path == "/aws"
    assert project.load(target="local").health.path == "/health"
    project.write("deploy.yaml", "health: {path: /mine, timeout: 60, smoke: Hello}\n")
    health = project.load().health
    assert (health.path, health.timeout, health.smoke) == ("/mine", 60, "Hello")


def test_structural_references_are_resolved_and_the_containers_stay(project):
    project.environ = {
        "REGION": "eu-west-1",
        "ORG": "acme",
        "PORT": "9090",
        "EXT": "true",
        "KEY": "canary-123456",
    }
    project.write(
        "agent.yaml",
        AGENT
        + AWS.replace("us-east-1", '"${REGION}"').replace("org/shop", '"${ORG}/shop"')
        + "  port: ${PORT}\n  environment: {API_KEY: '${KEY}', LOST: '${NOWHERE}'}\n",
    )
    settings = project.load()
    assert settings.deployment.target.aws.region == "eu-west-1"
    assert settings.registry.repository == "acme/shop"
    assert settings.port == 9090
    assert settings.container_environment == {"API_KEY": "${KEY}", "LOST": "${NOWHERE}"}
    assert "canary" not in repr(settings)
    assert settings.variables.expand(settings.container_environment["API_KEY"]) == "canary-123456"


def test_the_agent_is_seen_as_holodeck_sees_it(project):
    project.write(
        "agent.yaml", "name: ${NAME}\nmodel: {provider: azure_openai, name: m}\ninstructions: {inline: x}\n"
    )
    project.write(
        "config.yaml",
        """\
        providers: {azure_openai: {provider: azure_openai, name: other, endpoint: "${E}", api_key: "${K}"}}
        mcp_servers: [{name: files, description: d, command: npx}]
        """,
    )
    project.environ = {"NAME": "shop-2", "K": "canary-secret"}
    settings = project.load(target="local")
    assert settings.agent_name == "shop-2"
    assert (settings.agent.model.name, settings.agent.model.endpoint) == ("m", "${E}")
    assert settings.agent.model.api_key == "${K}"
    assert settings.agent.tools[0]["command"] == "npx"


def test_this_machine_needs_no_registry_and_no_cloud(project):
    project.write(
        "agent.yaml",
        AGENT + AZURE.replace("11111111-2222-3333-4444-555555555555", '"${SUB}"') + "  environment: {A: b}\n",
    )
    settings = project.load(target="local")
    assert dict(settings.container_environment) == {"A": "b"}
    assert project.refused().code == "variable-missing"
    project.write("agent.yaml", AGENT + "deployment: {port: 9000, environment: {A: b}}\n")
    settings = project.load(target="local")
    assert (settings.port, settings.deployment) == (9000, None)
    # Incomplete is fine here, wrong is not.
    project.write("agent.yaml", AGENT + "deployment: {port: 9000, registry: {url: 'https://x'}}\n")
    assert "registry.url" in project.refused(target="local").details[0]


def test_a_dry_run_lets_an_unset_variable_stand(project):
    project.write("agent.yaml", AGENT + AWS.replace("us-east-1", '"${REGION}"') + "  port: ${PORT}\n")
    error = project.refused()
    assert error.code == "variable-missing"
    assert any("${REGION}" in line for line in error.details)
    assert any("${PORT}" in line for line in error.details)
    settings = project.load(missing="warning")
    assert settings.deployment.target.aws.region == "${REGION}"
    assert settings.port == 8080
    assert len(settings.warnings) == 2


def test_an_unknown_environment_names_the_nearest(project):
    project.write("deploy.yaml", "target: local\nenvironments: {staging: {}, prod: {}}\n")
    error = project.refused(environment="stagign")
    assert error.code == "environment-unknown"
    assert "staging, prod" in error.reason
    assert error.remedy == "--env staging"
    (project.root / "deploy.yaml").unlink()
    assert "no deploy.yaml" in project.refused(environment="prod").reason


def test_an_agent_that_is_not_there(project):
    project.agent.unlink()
    assert project.refused().code == "agent-not-found"
    project.agent.mkdir()
    assert project.refused().code == "agent-not-found"


def test_an_agent_in_a_folder_below_is_named(project):
    project.agent.unlink()
    assert "path/to/agent.yaml" in project.refused().remedy
    project.write("a/.hidden/agent.yaml", AGENT)
    project.write("b c/openai/agent.yaml", AGENT)
    assert project.refused().remedy.endswith("b c/openai/agent.yaml'")


def test_a_mistake_in_another_environment_stops_nothing(project):
    project.write(
        "deploy.yaml",
        "target: local\nenvironments: {good: {}, bad: {image: {kep: 1}, deployment: {prt: 1}}}\n",
    )
    assert project.load().target == "local"
    assert project.load(environment="good").target == "local"
    assert len(project.refused(environment="bad").details) == 2
    assert len(project.errors()) == 2
